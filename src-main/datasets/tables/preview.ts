import { shortened, shortText } from '../../base/shortened.ts';
import { shortNumber } from './cells.ts';
import { shownSeparator } from './dialect.ts';
import { rangeOf } from './kinds.ts';
import { counted } from './limits.ts';
import type { PreviewColumn, TablePreview, TableQuestion } from './options.ts';
import type { TablePlan } from './plan.ts';
import type { RawTable } from './read.ts';
import type { Understood, UnderstoodTable } from './understand.ts';

const SHOWN_LEVELS = 8;
const SHOWN_SAMPLE = { rows: 20, columns: 100, characters: 60 };

/** A table as it was understood, for a person to confirm or to change. */
export function previewOf(raw: RawTable, table: UnderstoodTable, plan: TablePlan): TablePreview {
  const { target } = table;
  const scaled = new Set(
    plan.features.flatMap(({ column }) => (column.kind === 'number' && column.scale !== null ? [column.name] : [])),
  );
  return {
    format: raw.format,
    separator: raw.separator,
    decimal: raw.decimal,
    header: raw.header,
    rows: { train: plan.split.train.length, test: plan.split.test.length },
    task: target?.kind ?? null,
    target: target === null ? null : table.columns[target.index].facts.name,
    columns: table.columns.map((column) => columnOf(column, table, scaled)),
    questions: [...plan.questions],
    notes: [...table.notes, ...plan.notes],
    encoded: plan.encoded,
    // The number of rows and columns stands beside it.
    sample: shortened(raw.sample, SHOWN_SAMPLE.rows).shown.map((row) =>
      shortened(row, SHOWN_SAMPLE.columns).shown.map((cell) => shortText(cell, SHOWN_SAMPLE.characters)),
    ),
  };
}

function columnOf(column: Understood, { words }: UnderstoodTable, scaled: ReadonlySet<string>): PreviewColumn {
  const { facts, kind, role, why, notes, values } = column;
  const isNumber = kind.kind === 'number';
  const missing = isNumber ? kind.missing : [...(facts.texts ?? facts.words).keys()].filter(words.amongWords);
  const missingWords = missing.filter((word) => word !== '');
  const cells = missingWords.reduce((sum, word) => sum + (facts.words.get(word)?.count ?? 0), facts.empty);
  const [minimum, maximum] = isNumber ? rangeOf(values) : [0, 0];
  return {
    name: facts.name,
    kind: kind.kind === 'unclear' ? 'text' : kind.kind,
    role,
    why,
    missing: cells,
    missingWords,
    range: isNumber && Number.isFinite(minimum) && Number.isFinite(maximum) ? { minimum, maximum } : null,
    levels:
      kind.kind === 'category'
        ? { count: kind.levels.length, first: [...shortened(kind.levels, SHOWN_LEVELS).shown], ordered: kind.ordered }
        : null,
    notes: [
      ...notes,
      ...(scaled.has(facts.name)
        ? ['standardised before it becomes float32, which would not tell its values apart']
        : []),
    ],
  };
}

/** The preview as lines for a person: one on the file, one a column, then notes and questions. */
export function previewLines(preview: TablePreview): string[] {
  const { format, separator, decimal, header, rows, notes, questions } = preview;
  const written =
    format === 'text'
      ? `separator ${shownSeparator(separator ?? '')}, decimal ${decimal === ',' ? 'comma' : 'point'}, ` +
        `${header ? 'a header' : 'no header'}`
      : { arff: 'ARFF', parquet: 'Parquet' }[format];
  return [
    `${written}; ${counted(rows.train)} training and ${counted(rows.test)} test rows`,
    ...preview.columns.map(columnLine),
    ...notes,
    ...questions.map((question) => `? ${questionLine(question)}`),
  ];
}

/** A question with how it is answered on the command line. */
export function questionLine({ message, say }: TableQuestion): string {
  return `${message} Say ${say}.`;
}

/** `a: number, 1 missing (N/A), -2.9 … 6.1`. */
export function columnLine({
  name,
  kind,
  role,
  why,
  missing,
  missingWords,
  range,
  levels,
  notes,
}: PreviewColumn): string {
  if (role === 'ignored') return `${name}: ignored, ${why ?? ''}`;
  const parts: string[] = [role === 'target' ? `target, ${kind === 'number' ? 'numbers' : 'classes'}` : kind];
  if (missing > 0)
    parts.push(`${counted(missing)} missing (${missingWords.length === 0 ? 'empty' : missingWords.join(', ')})`);
  if (range !== null) parts.push(`${shortNumber(range.minimum)} … ${shortNumber(range.maximum)}`);
  if (levels !== null) {
    const rest = levels.count > levels.first.length ? ', …' : '';
    const shown = levels.first.join(levels.ordered ? ' < ' : ', ');
    parts.push(`${counted(levels.count)} ${role === 'target' ? 'classes' : 'levels'} (${shown}${rest})`);
  }
  const [first, ...others] = parts;
  const classes = role === 'target' && kind !== 'number' ? ['target', ...others] : [first, ...others];
  return `${name}: ${[...classes, ...(why === null ? [] : [why]), ...notes].join(', ')}`;
}

import type { TableOptions, TablePreview } from '../../../src-main/workbench/contract/contract.ts';

/** What a person may say of one column in place of what was understood. */
export type ColumnWish = '' | 'number' | 'category' | 'ignored';

/** The form of an import; an empty text stands for "as it was understood". */
export interface TableForm {
  id: string;
  path: string;
  target: string;
  task: '' | 'classes' | 'numbers';
  separator: string;
  decimal: '' | '.' | ',';
  header: '' | 'yes' | 'no';
  encoding: '' | 'windows-1252';
  /** Words for "no value", separated by commas. */
  missing: string;
  testFile: string;
  testPercent: number;
  labels: '' | 'keep' | 'merge';
  dropUnlabelled: boolean;
  /** By the name of the column. */
  columns: Map<string, ColumnWish>;
}

export function emptyForm(): TableForm {
  return {
    ...{ id: '', path: '', target: '', task: '', separator: '', decimal: '', header: '', encoding: '', missing: '' },
    ...{ testFile: '', testPercent: 30, labels: '', dropUnlabelled: false, columns: new Map() },
  };
}

/** What of the form a person has said, as the contract wants it. */
export function optionsOf(form: TableForm): TableOptions {
  const named = (wish: ColumnWish): string[] =>
    [...form.columns].flatMap(([name, said]) => (said === wish && name !== form.target ? [name] : []));
  const missing = form.missing
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  return {
    ...(form.target === '' ? {} : { target: form.target }),
    ...(form.task === '' ? {} : { task: form.task }),
    ...(form.separator === '' ? {} : { separator: form.separator }),
    ...(form.decimal === '' ? {} : { decimal: form.decimal }),
    ...(form.header === '' ? {} : { header: form.header === 'yes' }),
    ...(form.encoding === '' ? {} : { encoding: form.encoding }),
    ...(missing.length === 0 ? {} : { missing }),
    ...(form.labels === '' ? {} : { labels: form.labels }),
    ...(form.dropUnlabelled ? { unlabelled: 'leave-out' } : {}),
    test: form.testFile.trim() === '' ? { share: form.testPercent / 100 } : { file: form.testFile.trim() },
    ignore: named('ignored'),
    categories: named('category'),
    numbers: named('number'),
  };
}

/** `My Table (2).csv.gz` → `my-table-2`. */
export function idOf(path: string): string {
  const name = path.replace(/^.*[/\\]/, '').replace(/\.gz$/i, '');
  const id = name
    .replace(/\.[^.]*$/, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return id === '' ? 'table' : id;
}

const number = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 6 });

/** Range or levels of a column, short. */
export function valuesOf({ range, levels }: TablePreview['columns'][number]): string {
  if (range !== null) return `${number.format(range.minimum)} … ${number.format(range.maximum)}`;
  if (levels === null) return '–';
  const more = levels.count > levels.first.length ? `, … (${levels.count})` : '';
  return `${levels.first.join(levels.ordered ? ' < ' : ', ')}${more}`;
}

/** What was understood of the file, in a line. */
export function summaryOf({ format, separator, decimal, header, rows, encoded }: TablePreview): string {
  const signs = new Map([
    [',', 'comma'],
    [';', 'semicolon'],
    ['\t', 'tab'],
    [' ', 'blank'],
  ]);
  const written =
    format === 'text'
      ? `Separator ${signs.get(separator ?? '') ?? separator ?? ''}, decimal ` +
        `${decimal === ',' ? 'comma' : 'point'}, ${header ? 'with header' : 'no header'}`
      : { arff: 'ARFF', parquet: 'Parquet' }[format];
  return (
    `${written} · ${number.format(rows.train)} training and ${number.format(rows.test)} test rows · ` +
    `${number.format(encoded.columns)} columns for networks`
  );
}

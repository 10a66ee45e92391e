import { refusal } from '../refuse.ts';
import { refuseBeyond } from './beyond.ts';
import { foldedLabel, plainNumber, sortedLevels } from './cells.ts';
import type { MissingWords } from './cells.ts';
import { distinctNumbers } from './column.ts';
import type { ColumnFacts, Seen } from './column.ts';
import { listed, quoted } from './kinds.ts';
import { LIMITS, counted } from './limits.ts';
import type { TableOptions, TableQuestion } from './options.ts';

/** The column to predict, understood. */
export type TableTarget =
  | {
      readonly kind: 'classes';
      readonly index: number;
      readonly classes: readonly string[];
      /** Class of every row; −1 where it is missing. */
      readonly y: Int32Array;
    }
  | { readonly kind: 'numbers'; readonly index: number; readonly y: Float64Array };

export interface FoundTarget {
  readonly target: TableTarget;
  readonly questions: readonly TableQuestion[];
  readonly notes: readonly string[];
}

const NAMES = ['class', 'classes', 'target', 'label', 'labels', 'y', 'outcome'];
/** So many different whole numbers may be classes without anybody saying so. */
const FEW = 20;
const SAY_LABELS = '`--labels merge` or `--labels keep`';

/** Which column is the target; a question when that isn't plain. */
export function chooseTarget(
  columns: readonly ColumnFacts[],
  named: number | null,
  options: TableOptions,
  words: MissingWords,
): { index: number; why: string | null } | { question: TableQuestion } {
  if (named !== null) return { index: named, why: null };
  const byName = columns.flatMap(({ name }, index) => (NAMES.includes(name.trim().toLowerCase()) ? [index] : []));
  const usable = byName.filter((index) => options.task === 'numbers' || mayBeClasses(columns[index], words, false));
  // "y" beside "class" may be a coordinate: what can't be classes is not meant.
  if (usable.length === 1) return { index: usable[0], why: null };
  const candidates = columns.flatMap((facts, index) => (mayBeClasses(facts, words, true) ? [index] : []));
  const [only] = candidates;
  if (
    byName.length === 0 &&
    options.task !== 'numbers' &&
    candidates.length === 1 &&
    (only === 0 || only === columns.length - 1)
  )
    return {
      index: only,
      why: `the ${only === 0 ? 'first' : 'last'} column, and the only one that looks like classes`,
    };
  const names = (usable.length > 1 ? usable : candidates).map((index) => columns[index].name);
  const continuous = byName.length === 1 ? columns[byName[0]].name : null;
  return {
    question: {
      about: 'target',
      column: null,
      message:
        continuous === null
          ? `Which column is the target?${names.length === 0 ? '' : ` ${listed(names, 8)} could be classes.`}`
          : `"${continuous}" has ${counted(distinctNumbers(columns[byName[0]].values))} different numbers: is ` +
            'it the target?',
      say: continuous === null ? '`--target`' : `\`--target ${quoted(continuous)} --task numbers\`, or another target`,
    },
  };
}

/** Whether a column could be classes. `strict`: without anybody having called it the target. */
function mayBeClasses(facts: ColumnFacts, words: MissingWords, strict: boolean): boolean {
  if (facts.texts === null) return false;
  const texts = [...facts.texts].filter(([text]) => !words.amongWords(text));
  const present = texts.reduce((sum, [, { count }]) => sum + count, 0);
  const numbers = texts.every(
    ([text]) => !Number.isNaN(plainNumber(text, '.')) || !Number.isNaN(plainNumber(text, ',')),
  );
  if (texts.length < 2 || texts.length > LIMITS.levels) return false;
  if (!strict) return !(numbers && texts.length > FEW && texts.length > present / 4);
  if (texts.length > present / 2) return false;
  return (
    !numbers || (texts.length <= FEW && facts.values.every((value) => Number.isNaN(value) || Number.isInteger(value)))
  );
}

/**
 * The target's values as classes or numbers.
 *
 * @param trainRows rows of the training file; those after them are of the test file.
 * @throws DatasetError when the column can't be a target of that kind.
 */
export function readTarget(
  facts: ColumnFacts,
  index: number,
  trainRows: number,
  options: TableOptions,
  words: MissingWords,
  where: string,
): FoundTarget {
  const odd = [...facts.words].find(([word]) => !words.amongNumbers(word));
  if (options.task === 'numbers') {
    if (odd !== undefined || facts.numbers === 0)
      throw refusal({
        where: odd === undefined ? where : `${where}, row ${odd[1].line}, column "${facts.name}"`,
        expected: 'a number as target',
        found: odd === undefined ? 'none in any row' : `"${odd[0]}"`,
        remedy: 'Correct the value, name its word for "no value" (`--missing`), or say `--task classes`.',
      });
    refuseBeyond(facts, where);
    return { target: { kind: 'numbers', index, y: facts.values }, questions: [], notes: [] };
  }
  const texts = [...(facts.texts ?? [])].filter(([text]) => !words.amongWords(text));
  const continuous = !mayBeClasses(facts, words, false) && facts.numbers > 0 && odd === undefined;
  const found =
    facts.texts === null
      ? `more than ${counted(10_000)} different values`
      : `${counted(texts.length)} different values`;
  if (facts.texts === null || texts.length < 2 || texts.length > LIMITS.levels || continuous)
    throw refusal({
      where,
      expected: `2 … ${counted(LIMITS.levels)} classes in the target column "${facts.name}"`,
      found: `${found}${continuous ? ', a continuous number' : ''}`,
      remedy: `Choose another target (\`--target\`)${continuous ? ', or keep it as numbers (`--task numbers`)' : ''}.`,
    });
  const within = sameLabels(facts.name, texts, options);
  const testCodes = new Set(facts.codes?.subarray(trainRows));
  const both = texts.some(([, { test, code }]) => !test && testCodes.has(code));
  const across = options.labels === 'keep' ? null : alignTest(facts.name, texts, both && options.labels === undefined);
  const merged = new Map([...within.merged, ...(across?.merged ?? [])]);
  const classes = sortedLevels(new Set(merged.values()));
  const places = new Map(classes.map((name, place) => [name, place]));
  const byCode = new Int32Array(facts.texts.size).fill(-1);
  for (const [text, { code }] of facts.texts) byCode[code] = places.get(merged.get(text) ?? '') ?? -1;
  const y = Int32Array.from(facts.codes ?? [], (code) => byCode[code]);
  return {
    target: { kind: 'classes', index, classes, y },
    questions: within.questions.length > 0 ? within.questions : (across?.questions ?? []),
    notes: [...within.notes, ...(across?.notes ?? [])],
  };
}

interface Labels {
  /** Label in the file → class. */
  readonly merged: ReadonlyMap<string, string>;
  readonly questions: readonly TableQuestion[];
  readonly notes: readonly string[];
}

/** Labels that a person would take for one are asked about, never silently two classes and never silently one. */
function sameLabels(column: string, texts: readonly (readonly [string, Seen])[], options: TableOptions): Labels {
  const groups = new Map<string, (readonly [string, Seen])[]>();
  for (const entry of texts) {
    const key = foldedLabel(entry[0]);
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  const merged = new Map(texts.map(([text]) => [text, text]));
  const notes: string[] = [];
  const questions: TableQuestion[] = [];
  const alike = [...groups.values()].filter((group) => group.length > 1);
  if (options.labels === 'merge') {
    for (const group of alike) {
      const [[kept]] = [...group].sort(([, a], [, b]) => b.count - a.count);
      for (const [text] of group) merged.set(text, kept);
      notes.push(`"${column}": ${group.map(([text]) => shown(text)).join(', ')} are one class, "${kept}".`);
    }
  } else if (alike.length > 0 && options.labels === undefined) {
    const [[a, first], [b, second]] = alike[0];
    questions.push({
      about: 'labels',
      column,
      message:
        `${shown(a)} (row ${first.line}) and ${shown(b)} (row ${second.line}) differ only by ${difference(a, b)}` +
        `${alike.length > 1 ? `, as do ${counted(alike.length - 1)} other labels` : ''}: one class or two?`,
      say: SAY_LABELS,
    });
  }
  return { merged, questions, notes };
}

/**
 * A test file may write every class with a dot behind it (Adult does): then its labels are those of the training file.
 * Where it has some of them as they are, a person must say.
 */
function alignTest(column: string, texts: readonly (readonly [string, Seen])[], both: boolean): Labels {
  const bare = (label: string): string => foldedLabel(label).replace(/\.+$/, '');
  const train = new Map(texts.filter(([, { test }]) => !test).map(([text]) => [bare(text), text]));
  const onlyTest = texts.filter(([, { test }]) => test).map(([text]) => text);
  const alike = onlyTest.filter((text) => train.has(bare(text)));
  const other = onlyTest.filter((text) => !train.has(bare(text)));
  const notes = other.length === 0 ? [] : [`"${column}": ${listed(other, 8)} only in the test file.`];
  if (alike.length === 0) return { merged: new Map(), questions: [], notes };
  if (both || other.length > 0) {
    const known = shown(train.get(bare(alike[0])) ?? '');
    const message = `${shown(alike[0])} is in the test file only, ${known} in the training file: one class or two?`;
    return { merged: new Map(), questions: [{ about: 'labels', column, message, say: SAY_LABELS }], notes };
  }
  const read = alike.map((text) => `${shown(text)} in the test file is read as "${train.get(bare(text)) ?? ''}"`);
  return {
    merged: new Map(alike.map((text) => [text, train.get(bare(text)) ?? text])),
    questions: [],
    notes: [...notes, `"${column}": ${read.join(', ')}.`],
  };
}

/** What two labels that fold to one differ by, in words. */
function difference(a: string, b: string): string {
  const invisible = /[\u00ad\u200b-\u200f\u2060\ufeff]/g;
  if (a.replace(invisible, '') === b.replace(invisible, '')) return 'invisible characters';
  if (a.replace(/\s+/g, '') === b.replace(/\s+/g, '')) return 'blanks';
  if (a.toLowerCase() === b.toLowerCase()) return 'case';
  return Number.isNaN(plainNumber(foldedLabel(a), '.'))
    ? 'case, blanks or invisible characters'
    : 'how the number is written';
}

/** A label in quotes, invisible characters made visible. */
const shown = (label: string): string =>
  `"${label.replace(/[\u00ad\u200b-\u200f\u2060\ufeff\u00a0]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`;

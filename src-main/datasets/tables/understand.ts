import { refusal } from '../refuse.ts';
import { refuseBeyond } from './beyond.ts';
import { missingWords } from './cells.ts';
import type { MissingWords } from './cells.ts';
import type { ColumnFacts } from './column.ts';
import { wholeNumbers } from './exact.ts';
import { kindOf, listed, rowNumber, wishedKind } from './kinds.ts';
import type { Kind, Wish } from './kinds.ts';
import type { TableOptions, TableQuestion } from './options.ts';
import type { RawTable } from './read.ts';
import { chooseTarget, readTarget } from './target.ts';
import type { TableTarget } from './target.ts';

/** A column and what became of it. */
export interface Understood {
  readonly facts: ColumnFacts;
  readonly kind: Kind;
  readonly role: 'feature' | 'target' | 'ignored';
  readonly why: string | null;
  readonly notes: readonly string[];
  /** The numbers of a column of numbers; NaN where there is none. */
  readonly values: Float64Array;
}

export interface UnderstoodTable {
  readonly columns: readonly Understood[];
  readonly target: TableTarget | null;
  readonly words: MissingWords;
  readonly questions: readonly TableQuestion[];
  readonly notes: readonly string[];
}

/**
 * Decides what every column is. What is not plain is a question; what can't be is refused.
 *
 * @throws DatasetError when the person asked for something that the values don't allow.
 */
export function understand(raw: RawTable, options: TableOptions, where: string): UnderstoodTable {
  const words = missingWords(options.missing);
  const find = finder(raw.columns, where);
  const wishes = wishesOf(options, raw.columns, find);
  const ignored = new Set(apart(options.ignore, raw.columns).map(find));
  const questions: TableQuestion[] = [...raw.questions];
  const notes: string[] = [...raw.notes, ...unusedMissing(options, raw.columns)];
  const chosen = chooseTarget(raw.columns, options.target === undefined ? null : find(options.target), options, words);
  let target: TableTarget | null = null;
  if ('question' in chosen) questions.push(chosen.question);
  else {
    if (ignored.has(chosen.index))
      throw refusal({
        where,
        expected: 'a target that is not ignored',
        found: `"${raw.columns[chosen.index].name}" as both`,
        remedy: 'Name another target, or take it out of `--ignore`.',
      });
    const facts = raw.columns[chosen.index];
    const found = readTarget(facts, chosen.index, raw.rows.train, options, words, where);
    target = found.target;
    questions.push(...found.questions);
    notes.push(...found.notes);
  }
  const classes = target?.kind === 'classes' ? target.y : null;
  const columns = raw.columns.map((facts, index): Understood => {
    if (target?.index === index) return targetColumn(facts, target, 'why' in chosen ? chosen.why : null, words);
    if (ignored.has(index)) return left(facts, { kind: 'text', why: 'as asked' });
    const wish = wishes.get(index);
    const kind =
      wish === undefined ? kindOf(facts, words, raw.declared?.[index] ?? null) : wishedKind(facts, wish, words, where);
    if (kind.kind === 'unclear')
      questions.push({ about: 'column', column: facts.name, message: kind.message, say: kind.say });
    if (kind.kind === 'text' || kind.kind === 'unclear') return left(facts, kind);
    if (kind.kind === 'category') return { ...left(facts, kind), role: 'feature', why: null, notes: [] };
    const exact = facts.inexact ? wholeNumbers(facts) : { from: null, values: facts.values };
    if (exact === null)
      return {
        ...left(facts, kind),
        why: 'whole numbers of more than 15 digits, like identifiers (`--categories` takes them as names)',
      };
    const nameless = raw.format === 'text' && raw.header && facts.name === `column ${index + 1}`;
    const why = wish === 'number' ? null : rowNumber({ ...facts, values: exact.values }, nameless, classes);
    if (why !== null) return { ...left(facts, kind), why };
    return numbers(facts, kind, exact, where);
  });
  return { columns, target, words, questions, notes: [...notes, ...trimmedNote(columns)] };
}

/** Finds a column by its name, or as "column 3" or "3" where none is called so. */
function finder(columns: readonly ColumnFacts[], where: string): (named: string) => number {
  const byName = new Map(columns.map(({ name }, index) => [name, index]));
  return (named) => {
    const place = /^(?:column )?(\d+)$/.exec(named.trim());
    const index = byName.get(named) ?? byName.get(named.trim()) ?? (place === null ? -1 : Number(place[1]) - 1);
    if (index >= 0 && index < columns.length) return index;
    throw refusal({
      where,
      expected: `a column out of ${listed(columns.map(({ name }) => name))}`,
      found: `"${named}"`,
      remedy: 'Name one of the columns, or give its number.',
    });
  };
}

/** "a,b" is two columns unless one is called so. */
function apart(named: readonly string[], columns: readonly ColumnFacts[]): string[] {
  const known = new Set(columns.map(({ name }) => name));
  return named.flatMap((name) => (known.has(name) ? [name] : name.split(',').map((part) => part.trim())));
}

function wishesOf(
  options: TableOptions,
  columns: readonly ColumnFacts[],
  find: (named: string) => number,
): Map<number, Wish> {
  return new Map<number, Wish>([
    ...apart(options.categories, columns).map((name) => [find(name), 'category'] as const),
    ...apart(options.numbers, columns).map((name) => [find(name), 'number'] as const),
    ...options.order.map(({ column, levels }) => [find(column), { order: levels }] as const),
  ]);
}

function left(facts: ColumnFacts, kind: Kind): Understood {
  const why = kind.kind === 'text' ? kind.why : kind.kind === 'unclear' ? 'not clear yet' : null;
  return { facts, kind, role: 'ignored', why, notes: [], values: facts.values };
}

function targetColumn(facts: ColumnFacts, target: TableTarget, why: string | null, words: MissingWords): Understood {
  const missing = [...facts.words.keys()].filter((word) => words.amongNumbers(word));
  return {
    facts,
    kind:
      target.kind === 'classes'
        ? { kind: 'category', levels: target.classes, ordered: false }
        : { kind: 'number', missing },
    role: 'target',
    why,
    notes: [],
    values: facts.values,
  };
}

/** A column of numbers as a feature. Throws DatasetError when one of them can't be kept. */
function numbers(
  facts: ColumnFacts,
  kind: Kind,
  exact: { readonly from: string | null; readonly values: Float64Array },
  where: string,
): Understood {
  refuseBeyond(facts, where);
  const notes: string[] = [];
  if (facts.grouped > 0) notes.push('separators of thousands taken off');
  if (facts.percent > 0) notes.push('per cent signs taken off');
  if (exact.from !== null) notes.push(`counted from ${exact.from}`);
  return { facts, kind, role: 'feature', why: null, notes, values: exact.values };
}

/** Blanks around words are taken off, and that is said: they may be why labels looked different. */
function trimmedNote(columns: readonly Understood[]): string[] {
  const names = columns.flatMap(({ facts, kind, role }) =>
    facts.trimmed && role !== 'ignored' && kind.kind === 'category' ? [facts.name] : [],
  );
  if (names.length === 0) return [];
  const where = names.length > 3 ? `in ${names.length} columns` : `in ${listed(names)}`;
  return [`Blanks around values are taken off ${where}.`];
}

/** A word for "no value" that is nowhere in the table is most likely a slip. */
function unusedMissing(options: TableOptions, columns: readonly ColumnFacts[]): string[] {
  return (options.missing ?? [])
    .map((word) => word.trim())
    .filter((word) => word !== '' && !columns.some(({ words }) => words.has(word)))
    .map((word) => `"${word}" is nowhere in the table.`);
}

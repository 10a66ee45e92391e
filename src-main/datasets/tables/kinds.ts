import { shortened } from '../../base/shortened.ts';
import { quoteWord, shellOf } from '../../base/command-line.ts';
import { refusal } from '../refuse.ts';
import type { Attribute } from './arff.ts';
import { isInfinity, sortedLevels, truthLevels } from './cells.ts';
import type { MissingWords } from './cells.ts';
import { distinctNumbers } from './column.ts';
import type { ColumnFacts } from './column.ts';
import { LIMITS, counted } from './limits.ts';

/** What a column holds. `ordered` levels become one column with their rank, others one 0/1 column each. */
export type Kind =
  | { readonly kind: 'number'; readonly missing: readonly string[] }
  | { readonly kind: 'category'; readonly levels: readonly string[]; readonly ordered: boolean }
  /** Not a feature, and why. */
  | { readonly kind: 'text'; readonly why: string }
  /** Only a person can tell. */
  | { readonly kind: 'unclear'; readonly message: string; readonly say: string };

/** What a person asked for a column. */
export type Wish = 'category' | 'number' | { readonly order: readonly string[] };

/** A text column with more levels than this, and fewer than two rows for each, is taken for names. */
const MOST_LEVELS = 50;
const FEW_WORDS = 5;
const DATE = /^\d{4}-\d{1,2}-\d{1,2}(?:[T ]\d{1,2}:\d{2}.*)?$|^\d{1,2}[./]\d{1,2}[./]\d{2,4}(?: \d{1,2}:\d{2}.*)?$/;

/** What the column holds by its values alone. */
export function kindOf(facts: ColumnFacts, words: MissingWords, declared: Attribute | null): Kind {
  if (declared?.kind === 'category') return declaredCategory(facts, declared.levels, words);
  const odd = [...facts.words].filter(([word]) => !words.amongNumbers(word));
  if (facts.numbers > 0) {
    if (odd.length === 0 && facts.wordsLeftOut === 0) return numberKind(facts, words);
    const oddCells = odd.reduce((sum, [, { count }]) => sum + count, facts.wordsLeftOut);
    const share = facts.numbers / (facts.numbers + oddCells);
    const distinct = distinctNumbers(facts.values);
    const [[word, seen]] = odd;
    // One word without digits among many numbers: whatever it is in words, it stands for no value.
    if (
      odd.length === 1 &&
      facts.wordsLeftOut === 0 &&
      share >= 0.95 &&
      distinct > 10 &&
      !/\d/.test(word) &&
      !isInfinity(word)
    )
      return numberKind(facts, words, word);
    // A few words among numbers may be slips; many are names that look like numbers here and there (tickets, codes).
    if (distinct > 20 && (share >= 0.9 || (share >= 0.5 && odd.length <= FEW_WORDS)))
      return {
        kind: 'unclear',
        message:
          `"${facts.name}" has numbers and words: "${word}" in row ${seen.line}` +
          `${odd.length > 1 ? ` and ${counted(odd.length - 1)} others` : ''}. ` +
          'Do they stand for no value, or is it a category?',
        say: [
          '--missing ' + quoted(word),
          ...['--categories', '--ignore'].map((option) => `${option} ${quoted(facts.name)}`),
        ]
          .map((one) => `\`${one}\``)
          .join(', '),
      };
  }
  return categoryKind(facts, words, false);
}

/** What a person asked for, if the values allow it. Throws DatasetError naming the row that does not. */
export function wishedKind(facts: ColumnFacts, wish: Wish, words: MissingWords, where: string): Kind {
  if (wish === 'category') return categoryKind(facts, words, true);
  if (wish === 'number') {
    const odd = [...facts.words].find(([word]) => !words.amongNumbers(word));
    if (odd === undefined) return numberKind(facts, words);
    const [word, { line }] = odd;
    throw refusal({
      where: `${where}, row ${line}, column "${facts.name}"`,
      expected: 'a number',
      found: `"${word}"`,
      remedy:
        `Correct the value, say \`--missing ${quoted(word)}\` if it stands for no value, ` +
        `or \`--categories ${quoted(facts.name)}\`.`,
    });
  }
  for (const [text, { line }] of facts.texts ?? []) {
    if (wish.order.includes(text) || words.amongWords(text)) continue;
    throw refusal({
      where: `${where}, row ${line}, column "${facts.name}"`,
      expected: `a level out of ${listed(wish.order)}`,
      found: `"${text}"`,
      remedy: 'Give all levels in their order (`--order`), or correct the value.',
    });
  }
  return { kind: 'category', levels: wish.order, ordered: true };
}

function numberKind(facts: ColumnFacts, words: MissingWords, also?: string): Kind {
  // Whole numbers that float64 takes for one may differ as they are written.
  const distinct = facts.inexact ? (facts.texts?.size ?? Number.POSITIVE_INFINITY) : distinctNumbers(facts.values);
  if (distinct <= 1) return { kind: 'text', why: 'the same value in every row' };
  return {
    kind: 'number',
    missing: [...facts.words.keys()].filter((word) => word === also || words.amongNumbers(word)),
  };
}

function categoryKind(facts: ColumnFacts, words: MissingWords, asked: boolean): Kind {
  if (facts.texts === null)
    return asked ? tooMany(facts, 'more than 10,000') : { kind: 'text', why: 'more than 10,000 different texts' };
  // What only test rows have is unseen for whoever learns from the training rows.
  const levels = [...facts.texts].filter(([text, { test }]) => !test && !words.amongWords(text)).map(([text]) => text);
  const present = [...facts.texts].reduce((sum, [text, { count }]) => sum + (words.amongWords(text) ? 0 : count), 0);
  if (levels.length === 0) return { kind: 'text', why: 'no value in any row' };
  if (levels.length === 1) return { kind: 'text', why: 'the same value in every row' };
  if (asked && levels.length > LIMITS.levels) return tooMany(facts, counted(levels.length));
  if (!asked) {
    if (levels.every((level) => DATE.test(level)))
      return { kind: 'text', why: 'dates, which are no features as they are' };
    if (levels.length > MOST_LEVELS && levels.length > present / 2)
      return {
        kind: 'text',
        why: `a different text in almost every row (${counted(levels.length)} in ${counted(present)})`,
      };
    if (levels.length > LIMITS.levels) return { kind: 'text', why: `${counted(levels.length)} different texts` };
  }
  const truth = truthLevels(levels);
  return { kind: 'category', levels: truth ?? sortedLevels(levels), ordered: truth !== null };
}

/** A column that its file declares as a category keeps the declared order of levels. */
function declaredCategory(facts: ColumnFacts, declared: readonly string[], words: MissingWords): Kind {
  const kind = categoryKind(facts, words, false);
  if (kind.kind !== 'category') return kind;
  const known = declared.filter((level) => facts.texts?.has(level));
  return { ...kind, levels: [...known, ...kind.levels.filter((level) => !known.includes(level))] };
}

function tooMany(facts: ColumnFacts, found: string): never {
  throw refusal({
    where: `column "${facts.name}"`,
    expected: `at most ${counted(LIMITS.levels)} levels`,
    found,
    remedy: `Leave it out (\`--ignore ${quoted(facts.name)}\`), or bring its values into fewer groups.`,
  });
}

export function listed(levels: readonly string[], most = 12): string {
  const { shown, leftOut } = shortened(levels, most);
  const words = shown.map((level) => `"${level}"`).join(', ');
  return leftOut === 0 ? words : `${words} and ${counted(leftOut)} more`;
}

/** A word as it would be typed on a command line. */
export const quoted = (word: string): string => quoteWord(word, shellOf(process.platform));

const ID_NAME = /^(?:id|index|idx|no|nr|row|rowid|row[ _]?(?:number|id)|unnamed: ?\d+|#)$|[_\s.-]id$/i;

/**
 * Why a column of numbers looks like one that only numbers the rows; null when it does not. Such a column tells nothing
 * of the next example,
 * and in a table that is sorted by class it tells the class.
 *
 * @param nameless the header has no name for it.
 * @param target class of every row, where there is one.
 */
export function rowNumber(facts: ColumnFacts, nameless: boolean, target: Int32Array | null): string | null {
  const { values, rows, name } = facts;
  if (facts.numbers !== rows || !values.every(Number.isInteger) || distinctNumbers(values) !== rows) return null;
  const named = nameless || ID_NAME.test(name) || /[a-z](?:Id|ID)$/.test(name);
  let [rising, falling] = [true, true];
  for (let i = 1; i < rows; i += 1) {
    if (values[i] < values[i - 1]) rising = false;
    else falling = false;
  }
  const [minimum, maximum] = rangeOf(values);
  const dense = maximum - minimum + 1 === rows;
  if ((rising || falling || dense) && (named || rows >= 20)) {
    const how = rising || falling ? `${rising ? 'rising' : 'falling'} with the rows` : 'counting all rows';
    const classes = target === null ? 0 : new Set(target).size;
    const runs =
      target === null ? 0 : target.reduce((sum, label, i) => sum + (i === 0 || label !== target[i - 1] ? 1 : 0), 0);
    const tells =
      (rising || falling) && classes > 1 && runs === classes
        ? '; the rows are sorted by class, so it would tell the class alone'
        : '';
    return `${nameless ? 'row number' : 'a running number'} (a different whole number in every row, ${how}${tells})`;
  }
  if (named) return 'an identifier by its name (a different whole number in every row)';
  return rows >= 100 && maximum > 100 * rows
    ? 'like an identifier (a different large whole number in every row)'
    : null;
}

/** Smallest and largest number; NaN is passed over. */
export function rangeOf(values: Float64Array): [number, number] {
  let [minimum, maximum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
  }
  return [minimum, maximum];
}

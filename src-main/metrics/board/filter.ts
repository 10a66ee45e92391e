import type { LeaderboardRow } from '../records.ts';

/**
 * What a person types to see some rows of a board: words, all of which must be in a row's name, method or family, and
 * settings compared with a value. `ewc lambda>100` shows the configurations of EWC with a λ above 100.
 */

const OPERATORS = ['>=', '<=', '!=', '>', '<', '='] as const;
type Operator = (typeof OPERATORS)[number];

export type Term =
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'setting'; readonly name: string; readonly operator: Operator; readonly value: string };

/** Blanks around an operator do not count; a comparison without a name or a value is a word. */
export function parseFilter(text: string): readonly Term[] {
  const joined = text.replace(/\s*(>=|<=|!=|>|<|=)\s*/g, '$1').trim();
  return joined
    .split(/\s+/)
    .filter((part) => part !== '')
    .map((part): Term => {
      const found = /^([^<>=!]+)(>=|<=|!=|>|<|=)([^<>=!]+)$/.exec(part);
      const operator = OPERATORS.find((each) => each === found?.[2]);
      return found?.[1] === undefined || found[3] === undefined || operator === undefined
        ? { kind: 'word', text: part.toLowerCase() }
        : { kind: 'setting', name: found[1].toLowerCase(), operator, value: found[3] };
    });
}

export type Filterable = Pick<LeaderboardRow, 'name' | 'method' | 'family' | 'hyperParameters'>;

/** Does a row have every word, and every setting as asked? A setting that it does not have it has not as asked. */
export function passesFilter(row: Filterable, terms: readonly Term[]): boolean {
  const words = `${row.name} ${row.method} ${row.family}`.toLowerCase();
  return terms.every((term) => (term.kind === 'word' ? words.includes(term.text) : hasSetting(row, term)));
}

/** What to say of a filter that holds no comparison where one was begun, or that no row passes; null for others. */
export function filterNote(rows: readonly Filterable[], text: string): string | null {
  const terms = parseFilter(text);
  const broken = terms.find((term) => term.kind === 'word' && /[<>=!]/.test(term.text));
  if (broken?.kind === 'word')
    return `"${broken.text}" in the filter is no comparison: write a setting, a sign and a value, as in lambda>100.`;
  if (rows.length === 0 || rows.some((row) => passesFilter(row, terms))) return null;
  const unknown = terms.find((term) => term.kind === 'setting' && !rows.some((row) => settingOf(row, term.name)));
  return unknown?.kind === 'setting'
    ? `No row matches the filter "${text}": none has a setting "${unknown.name}".`
    : `No row matches the filter "${text}".`;
}

/** `method=er` is ER and not DER, which the word "er" is in too; a hyper-parameter of that name goes first. */
const settingOf = ({ hyperParameters, method, family }: Filterable, wanted: string) =>
  [...Object.entries(hyperParameters), ['method', method] as const, ['family', family] as const].find(
    ([name]) => name.toLowerCase() === wanted,
  );

function hasSetting(row: Filterable, term: Extract<Term, { kind: 'setting' }>): boolean {
  const found = settingOf(row, term.name);
  if (found === undefined) return false;
  const [own, asked] = [Number(found[1]), Number(term.value)];
  const numbers = typeof found[1] === 'number' && !Number.isNaN(asked);
  const equal = numbers ? own === asked : String(found[1]).toLowerCase() === term.value.toLowerCase();
  switch (term.operator) {
    case '=':
      return equal;
    case '!=':
      return !equal;
    case '>':
      return numbers && own > asked;
    case '<':
      return numbers && own < asked;
    case '>=':
      return numbers && own >= asked;
    case '<=':
      return numbers && own <= asked;
  }
}

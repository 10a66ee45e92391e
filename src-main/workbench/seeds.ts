import { wholeNumber } from '../base/numbers.ts';

export const MOST_SEEDS = 100;
export const LARGEST_SEED = 2 ** 31 - 1;

export type ParsedSeeds =
  { readonly ok: true; readonly seeds: readonly number[] } | { readonly ok: false; readonly message: string };

const wrong = (message: string): ParsedSeeds => ({ ok: false, message });

/**
 * Seeds as people write them, on the command line and in the form: `0-4, 7` gives 0, 1, 2, 3, 4, 7. Ascending, each
 * once; commas, semicolons or blanks between them.
 */
export function parseSeeds(text: string): ParsedSeeds {
  const parts = text
    .replace(/\s*[-–…]\s*|\s*\.\.\s*/g, '-')
    .split(/[\s,;]+/)
    .filter((part) => part !== '');
  if (parts.length === 0) return wrong('Give at least one seed, for example 0-4.');
  const seeds = new Set<number>();
  for (const part of parts) {
    const [from = '', to = from, ...more] = part.split('-');
    if (!/^\d+$/.test(from) || !/^\d+$/.test(to) || more.length > 0)
      return wrong(`"${part}" is not a seed or a range; write whole numbers such as 0-4, 7.`);
    const first = seed(from);
    const last = seed(to);
    if (first === null || last === null)
      return wrong(`The seed ${first === null ? from : to} is too large; the largest is ${LARGEST_SEED}.`);
    if (last < first) return wrong(`The range ${part} runs backwards; write ${last}-${first}.`);
    if (last - first >= MOST_SEEDS)
      return wrong(`A study has at most ${MOST_SEEDS} seeds; ${part} alone has ${last - first + 1}.`);
    for (let value = first; value <= last; value += 1) seeds.add(value);
  }
  if (seeds.size > MOST_SEEDS) return wrong(`A study has at most ${MOST_SEEDS} seeds; these are ${seeds.size}.`);
  return { ok: true, seeds: [...seeds].sort((a, b) => a - b) };
}

const seed = (text: string): number | null =>
  wholeNumber(text.replace(/^0+(?=\d)/, ''), { least: 0, most: LARGEST_SEED });

/** The shortest way to write seeds down: `0-4, 7`. */
export function seedsText(seeds: readonly number[]): string {
  const ascending = [...new Set(seeds)].sort((a, b) => a - b);
  const runs: { first: number; last: number }[] = [];
  for (const seed of ascending) {
    const run = runs.at(-1);
    if (run !== undefined && run.last === seed - 1) run.last = seed;
    else runs.push({ first: seed, last: seed });
  }
  return runs.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(', ');
}

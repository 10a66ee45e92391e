export const MOST_SEEDS = 100;
const LARGEST_SEED = 2 ** 31 - 1;

export type ParsedSeeds =
  { readonly ok: true; readonly seeds: readonly number[] } | { readonly ok: false; readonly message: string };

const wrong = (message: string): ParsedSeeds => ({ ok: false, message });

/** Seeds as people write them: `0-4, 7` gives 0, 1, 2, 3, 4, 7. Ascending, each once; commas, semicolons or blanks between them. */
export function parseSeeds(text: string): ParsedSeeds {
  const parts = text
    .replace(/\s*[-–…]\s*|\s*\.\.\s*/g, '-')
    .split(/[\s,;]+/)
    .filter((part) => part !== '');
  if (parts.length === 0) return wrong('Give at least one seed, for example 0-4.');
  const seeds = new Set<number>();
  for (const part of parts) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (match === null) return wrong(`"${part}" is not a seed or a range; write whole numbers such as 0-4, 7.`);
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (last < first) return wrong(`The range ${part} runs backwards; write ${last}-${first}.`);
    if (last > LARGEST_SEED) return wrong(`The seed ${last} is too large; the largest is ${LARGEST_SEED}.`);
    if (last - first >= MOST_SEEDS)
      return wrong(`A study has at most ${MOST_SEEDS} seeds; ${part} alone has ${last - first + 1}.`);
    for (let seed = first; seed <= last; seed++) seeds.add(seed);
  }
  if (seeds.size > MOST_SEEDS) return wrong(`A study has at most ${MOST_SEEDS} seeds; these are ${seeds.size}.`);
  return { ok: true, seeds: [...seeds].sort((a, b) => a - b) };
}

import { Command, InvalidArgumentError } from 'commander';
import { wholeNumber } from '../base/numbers.ts';

export interface BenchOptions {
  /** Prefixes of row names; none = every row. */
  readonly only: readonly string[];
  readonly pairs: number;
  readonly seeds: number;
  readonly withPeers: boolean;
  readonly withAvalanche: boolean;
  readonly out: string;
}

const counted =
  (least: number) =>
  (text: string): number => {
    const value = wholeNumber(text, { least, most: 1_000_000 });
    if (value === null) throw new InvalidArgumentError(`It must be a whole number from ${least} on.`);
    return value;
  };

/** The options of `npm run bench -- …`; commander prints help and errors, and ends the process with them. */
export function parseBenchOptions(argv: readonly string[], defaultOut: string): BenchOptions {
  return new Command('npm run bench --')
    .description(
      'Measures the engine, whole studies and the interface on this machine, each against its peers. ' +
        'See docs/benchmark.md.',
    )
    .option(
      '--only <rows...>',
      'only rows whose name begins so (step/mlp, ui, …); the others keep their former record',
      [],
    )
    .option('--pairs <n>', 'interleaved pairs of a row', counted(1), 15)
    .option(
      '--seeds <n>',
      'seeds of our study against Avalanche; of its own it runs one a pair, which takes it minutes',
      counted(1),
      5,
    )
    .option('--with-peers', "also PyTorch and JAX; pip sets them up once in the user's cache", false)
    .option('--with-avalanche', 'also a whole study against Avalanche', false)
    .option('--out <file>', 'where the record is written', defaultOut)
    .parse([...argv], { from: 'user' })
    .opts<{ only: string[]; pairs: number; seeds: number; withPeers: boolean; withAvalanche: boolean; out: string }>();
}

/** Whether a row was asked for: no prefixes ask for all. */
export const isWanted = (only: readonly string[], name: string): boolean =>
  only.length === 0 || only.some((prefix) => name.startsWith(prefix));

/** Whether a row whose name begins with `beginning` may have been asked for. */
export const mayBeWanted = (only: readonly string[], beginning: string): boolean =>
  isWanted(only, beginning) || only.some((prefix) => prefix.startsWith(beginning));

import { stream } from '../../engine/random/streams.ts';
import { scaledPixels } from '../pixels.ts';
import { DatasetError } from '../types.ts';
import type { DatasetSplit } from '../types.ts';
import { digits } from './digits.ts';
import type { GeneratedSize, Generator, PixelSplit, TableSplit } from './generator.ts';
import { mixture } from './mixture.ts';
import { modularAddition } from './modular-addition.ts';
import { rules } from './rules.ts';
import { shapes } from './shapes.ts';

/** Every generator by the name its catalogue entry uses. A new one is added here and in no other place. */
export const GENERATORS: ReadonlyMap<string, Generator> = new Map<string, Generator>([
  ['digits', digits],
  ['shapes', shapes],
  ['mixture', mixture],
  ['rules', rules],
  ['modular-addition-97', modularAddition(97)],
]);

export interface Splits {
  readonly train: DatasetSplit;
  readonly test: DatasetSplit;
}
export interface PixelSplits {
  readonly train: PixelSplit;
  readonly test: PixelSplit;
}

/** What was drawn: pixels are kept as bytes, so that they can be cached small. */
export type Drawn =
  { readonly draws: 'pixels'; readonly splits: PixelSplits } | { readonly draws: 'table'; readonly splits: Splits };

/**
 * Draws a generated dataset: the same bytes for the same name, version, size and seed. Train and test come from the
 * streams `datasets/<generator>-<version>/train` and `/test`, so that the size of one doesn't change the other.
 *
 * @throws DatasetError for an unknown generator.
 */
export function generate(name: string, version: number, size: GeneratedSize, seed: number): Drawn {
  const generator = GENERATORS.get(name);
  if (generator === undefined)
    throw new DatasetError(`There is no generator called "${name}". Known are: ${[...GENERATORS.keys()].join(', ')}.`);
  const of = (part: string) => stream(seed, `datasets/${name}-${version}/${part}`);
  if (generator.draws === 'pixels') {
    return {
      draws: 'pixels',
      splits: { train: generator.split(size.train, of('train')), test: generator.split(size.test, of('test')) },
    };
  }
  const { train, test } = generator.splits(size, { world: of('world'), train: of('train'), test: of('test') });
  return { draws: 'table', splits: { train: counted(train), test: counted(test) } };
}

function counted({ x, y }: TableSplit): DatasetSplit {
  return { rows: y.length, x, y };
}

/** Pixels as the canonical float32 arrays. */
export function scaled({ pixels, labels }: PixelSplit): DatasetSplit {
  return { rows: labels.length, x: scaledPixels(pixels), y: Int32Array.from(labels) };
}

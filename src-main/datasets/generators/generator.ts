import type { z } from 'zod';
import type { catalogueEntry } from '../entry.ts';
import type { Stream } from '../../engine/random/streams.ts';

export interface GeneratedSize {
  readonly train: number;
  readonly test: number;
}

/** One split as bytes; the canonical array is pixels / 255. */
export interface PixelSplit {
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
}

export interface TableSplit {
  readonly x: Float32Array;
  readonly y: Int32Array;
}

interface Described {
  /** Its part of the catalogue; `rows` are the default size. */
  readonly entry: z.input<typeof catalogueEntry>;
}

/** Draws examples one after the other, so that a smaller set is the beginning of a larger one. */
export interface ImageGenerator extends Described {
  readonly draws: 'pixels';
  split(rows: number, stream: Stream): PixelSplit;
}

/** `world` holds what both splits share (cluster centres, rules); it is drawn before either. */
export interface TableGenerator extends Described {
  readonly draws: 'table';
  splits(
    size: GeneratedSize,
    streams: { readonly world: Stream; readonly train: Stream; readonly test: Stream },
  ): { readonly train: TableSplit; readonly test: TableSplit };
}

export type Generator = ImageGenerator | TableGenerator;

/**
 * 65,536 standard normal values from `stream`, to be read from a random place on: pixel noise for a fraction of the
 * cost of fresh draws. A power of two, so that a place wraps round with a mask.
 */
export function noiseTable(stream: Stream): Float32Array {
  const table = new Float32Array(NOISE_VALUES);
  stream.fillNormal(table, 0, 1);
  return table;
}
export const NOISE_VALUES = 65_536;

export function between(stream: Stream, low: number, high: number): number {
  return low + (high - low) * stream.uniform();
}

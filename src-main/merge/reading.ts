import { isFloat, widen } from '../checkpoints/dtypes.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { CheckpointError } from '../checkpoints/error.ts';
import { named } from '../checkpoints/header.ts';

/** Entries of a slice: small enough for the processor's cache to help, large enough for the disk. */
export const SLICE_ENTRIES = 2 ** 17;

/** Reads tensors of one checkpoint as float32, slice by slice, into memory of its own that is used again. */
export class TensorReader {
  readonly #checkpoint: Checkpoint;
  #raw = new Uint8Array(0);
  #values = new Float32Array(0);
  #kept: string | null = null;
  bytesRead = 0;

  constructor(checkpoint: Checkpoint) {
    this.#checkpoint = checkpoint;
  }

  bytesOf(name: string): number {
    return this.#tensor(name).bytes;
  }

  /** Reads a whole tensor as it lies in the file, so that its slices cost no further reading. */
  keep(name: string): void {
    const { file, begin, bytes } = this.#tensor(name);
    this.#raw = sizedFor(this.#raw, bytes);
    const into = this.#raw.subarray(0, bytes);
    file.read(begin, into);
    this.bytesRead += bytes;
    this.#kept = name;
  }

  /**
   * Some entries of a tensor; the array is overwritten by the next call.
   *
   * @throws CheckpointError where one is NaN or infinite, by name and place.
   */
  values(name: string, from: number, count: number): Float32Array {
    const tensor = this.#tensor(name);
    if (!isFloat(tensor.dtype)) throw new Error(`${name} is no tensor of floats.`);
    const size = tensor.bytes / tensor.entries;
    if (this.#values.length < count) this.#values = new Float32Array(count);
    const out = this.#values.subarray(0, count);
    let bad: number;
    if (this.#kept === name) bad = widen(tensor.dtype, this.#raw.subarray(from * size, (from + count) * size), out);
    else bad = this.#widenFrom(name, from, out);
    if (bad >= 0)
      throw new CheckpointError(
        `${this.#checkpoint.path}: ${named(name)} has ${Number.isNaN(out[bad]) ? 'NaN' : 'an infinite number'} at ` +
          `${placeText(from + bad, tensor.shape)}.`,
        'A training that diverged leaves such numbers. Take an earlier checkpoint, or this tensor from another model.',
      );
    return out;
  }

  /** The bytes of a tensor as they lie in the file, in parts that are overwritten by the next. */
  *bytes(name: string): Generator<Uint8Array, void, void> {
    const { file, begin, bytes } = this.#tensor(name);
    this.#kept = null;
    this.#raw = sizedFor(this.#raw, Math.min(bytes, 4 * SLICE_ENTRIES));
    for (let at = 0; at < bytes; at += this.#raw.length) {
      const part = this.#raw.subarray(0, Math.min(this.#raw.length, bytes - at));
      file.read(begin + at, part);
      this.bytesRead += part.length;
      yield part;
    }
  }

  /** Large parts come through a small buffer. */
  #widenFrom(name: string, from: number, out: Float32Array): number {
    const { dtype, file, begin, bytes, entries } = this.#tensor(name);
    if (!isFloat(dtype)) throw new Error(`${name} is no tensor of floats.`);
    const size = bytes / entries;
    this.#kept = null;
    this.#raw = sizedFor(this.#raw, size * Math.min(out.length, SLICE_ENTRIES));
    for (let at = 0; at < out.length; at += SLICE_ENTRIES) {
      const part = out.subarray(at, at + SLICE_ENTRIES);
      const raw = this.#raw.subarray(0, size * part.length);
      file.read(begin + (from + at) * size, raw);
      this.bytesRead += raw.length;
      const bad = widen(dtype, raw, part);
      if (bad >= 0) return at + bad;
    }
    return -1;
  }

  #tensor(name: string) {
    const tensor = this.#checkpoint.tensors.get(name);
    if (tensor === undefined) throw new Error(`${this.#checkpoint.path} has no tensor ${name}.`);
    return tensor;
  }
}

const sizedFor = (buffer: Uint8Array<ArrayBuffer>, bytes: number): Uint8Array<ArrayBuffer> =>
  buffer.length < bytes ? new Uint8Array(bytes) : buffer;

/** The place of an entry along its axes: `[3, 17]`. */
export function placeText(at: number, shape: readonly number[]): string {
  const place: number[] = [];
  let rest = at;
  for (const size of shape.toReversed()) {
    place.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return `[${place.join(', ')}]`;
}

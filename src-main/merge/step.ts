import { firstNotFinite, firstTooLarge, isFloat, narrowFinite } from '../checkpoints/dtypes.ts';
import { CheckpointError } from '../checkpoints/error.ts';
import { named } from '../checkpoints/header.ts';
import type { CheckpointWriter } from '../checkpoints/writer.ts';
import { stream as streamOf } from '../engine/random/streams.ts';
import type { Stream } from '../engine/random/streams.ts';
import type { MergedTensor, TensorMergeRun } from '../methods/tensor-merge.ts';
import type { PlannedStep, PlannedTensor } from './planned.ts';
import { placeText, SLICE_ENTRIES } from './reading.ts';
import type { TensorReader } from './reading.ts';
import type { MergeGroup } from './settings.ts';

/** What a step works with. */
export interface StepParts {
  readonly planned: PlannedStep;
  readonly base: TensorReader | null;
  readonly models: readonly TensorReader[];
  /** One a target. */
  readonly writers: readonly CheckpointWriter[];
  readonly seed: number;
  /** Before the names of random streams, so that two steps draw different numbers. */
  readonly prefix: string;
  /** Tensors that several passes go over are kept in memory up to so many bytes, in all models together. */
  readonly keepBytes: number;
}

/** Merges tensor by tensor; yields often, after some bytes were read or written. */
export function* runStep(parts: StepParts): Generator<void, void, void> {
  const { planned } = parts;
  const merges = planned.groups.map((group, index) =>
    group.kind === 'merge' ? new GroupMerge(parts, group, index) : null,
  );
  for (const merge of merges) if (merge !== null) yield* merge.survey();
  for (const tensor of planned.tensors) {
    if (tensor.entries === 0) continue;
    const { made } = tensor;
    if ('copy' in made) yield* copy(parts, tensor, made.copy);
    else yield* merges[made.group]?.tensor(tensor) ?? [];
  }
}

function* copy(
  { base, models, writers }: StepParts,
  { name }: PlannedTensor,
  from: number | 'base',
): Generator<void, void, void> {
  const reader = from === 'base' ? base : models[from];
  for (const part of reader?.bytes(name) ?? []) {
    for (const writer of writers) writer.append(name, part);
    yield;
  }
}

/** The tensors of a step that are merged by one method with one set of values. */
class GroupMerge {
  readonly #parts: StepParts;
  readonly #group: MergeGroup;
  readonly #tensors: readonly PlannedTensor[];
  /** Of the whole net; null where each tensor has a run of its own. */
  readonly #run: TensorMergeRun | null;
  /** Of the tensor at hand: a slice goes on where the one before it was. */
  readonly #streams = new Map<string, Stream>();

  constructor(parts: StepParts, group: MergeGroup, index: number) {
    this.#parts = parts;
    this.#group = group;
    this.#tensors = parts.planned.tensors.filter(
      ({ made, entries }) => 'group' in made && made.group === index && entries > 0,
    );
    this.#run = group.runsFor === 'net' ? this.#start() : null;
  }

  /** The passes over all tensors that come before the merge. */
  *survey(): Generator<void, void, void> {
    if (this.#run === null || this.#tensors.length === 0) return;
    for (const visit of this.#run.passes())
      for (const tensor of this.#tensors)
        for (const slice of this.#slices(tensor)) {
          visit(slice.merged);
          yield;
        }
  }

  /** Merges one tensor and writes it. */
  *tensor(tensor: PlannedTensor): Generator<void, void, void> {
    const run = this.#run ?? this.#start();
    if (this.#run === null) {
      this.#keepWhole(tensor);
      for (const visit of run.passes())
        for (const slice of this.#slices(tensor)) {
          visit(slice.merged);
          yield;
        }
    }
    for (const { merged, from } of this.#slices(tensor)) {
      this.#write(tensor, from, merged.models[0].length, run.merge(merged));
      yield;
    }
  }

  #start(): TensorMergeRun {
    const { with: found, values, weights } = this.#group;
    const { seed, prefix } = this.#parts;
    return found.merge.start(values, {
      models: weights.length,
      weights,
      stream: (name) => {
        const known = this.#streams.get(name) ?? streamOf(seed, prefix + name);
        this.#streams.set(name, known);
        return known;
      },
    });
  }

  /** Whole, or in slices where the method takes them. */
  *#slices(tensor: PlannedTensor): Generator<{ merged: MergedTensor; from: number }, void, void> {
    const { base, models, planned } = this.#parts;
    const { name, shape, entries, layer, layers } = tensor;
    const { usesBase } = this.#group.with.merge;
    const size = this.#group.isEntrywise ? SLICE_ENTRIES : entries;
    this.#streams.clear();
    for (let from = 0; from < entries; from += size) {
      const count = Math.min(size, entries - from);
      const merged = {
        name,
        shape,
        outputAxis: planned.outputAxis,
        base: usesBase ? (base?.values(name, from, count) ?? null) : null,
        models: models.map((model) => model.values(name, from, count)),
        layer,
        layers,
      };
      yield { merged, from };
    }
  }

  /** A tensor that passes go over by itself is read once where there is room for it. */
  #keepWhole({ name }: PlannedTensor): void {
    const { base, models, keepBytes } = this.#parts;
    const readers = base === null || !this.#group.with.merge.usesBase ? models : [base, ...models];
    if (readers.reduce((sum, reader) => sum + reader.bytesOf(name), 0) <= keepBytes)
      readers.forEach((reader) => reader.keep(name));
  }

  #write(tensor: PlannedTensor, from: number, count: number, arrays: readonly Float32Array[]): void {
    const { writers } = this.#parts;
    const { title } = this.#group.with.method;
    const { name, out, shape } = tensor;
    const isOne = arrays.length === 1;
    if (!isOne && arrays.length !== writers.length)
      throw new Error(`${title} made ${arrays.length} arrays of ${name} for ${writers.length} nets.`);
    for (const [index, writer] of writers.entries()) {
      const values = arrays[isOne ? 0 : index];
      if (values.length !== count)
        throw new Error(`${title} made ${values.length} entries of ${name}; there are ${count}.`);
      const bad = firstNotFinite(values);
      if (bad >= 0)
        throw new CheckpointError(
          `${title} made ${values[bad]} at ${placeText(from + bad, shape)} of ${named(name)}.`,
          'Other settings or weights may help.',
        );
      if (!isFloat(out)) throw new Error(`${name} is to be written as ${out}.`);
      const bytes = narrowFinite(out, values);
      const large = firstTooLarge(out, bytes);
      if (large >= 0)
        throw new CheckpointError(
          `${named(name)} has ${values[large]} at ${placeText(from + large, shape)}, which ${out} cannot hold.`,
          'Write another type: --dtype bfloat16 or float32.',
        );
      writer.append(name, bytes);
    }
  }
}

import { DTYPES } from '../checkpoints/dtypes.ts';
import { CheckpointError } from '../checkpoints/error.ts';
import { named } from '../checkpoints/header.ts';
import { bytesOfResult } from './plan.ts';
import type { MergePlan, PlannedStep, PlannedTensor, Source } from './plan.ts';
import { SLICE_ENTRIES } from './reading.ts';
import type { Group } from './settings.ts';
import { tried } from './tried.ts';

/** What a step costs, as far as it can be said before. */
export interface StepCost {
  /** Bytes that are read, with every pass; null where the number of passes cannot be said before. */
  readonly reads: number | null;
  readonly writes: number;
  /** Passes over tensors before they are merged, by group; null where they cannot be said before. */
  readonly passes: readonly (number | null)[];
  /** Of memory, beside the program itself. */
  readonly workingBytes: number;
}

/** The program with what it has loaded, and what waits to be collected. */
const PROGRAM_BYTES = 200 * 2 ** 20;
const FLOAT_BYTES = 4;

/** Tensors that passes go over one by one are kept up to so many bytes. */
export const keepBytesOf = (memoryBytes: number): number => Math.max(0, 0.6 * (memoryBytes - PROGRAM_BYTES));

/** @throws CheckpointError where a tensor that must be whole in memory is too large for it. */
export function costOf({ request }: MergePlan, planned: PlannedStep): StepCost {
  const passes = planned.groups.map((group) => tried(group).passes);
  let reads: number | null = 0;
  let workingBytes = 0;
  for (const tensor of planned.tensors) {
    const { made } = tensor;
    if ('copy' in made) {
      if (reads !== null) reads += tensor.entries * DTYPES[tensor.dtype];
      continue;
    }
    const group = planned.groups[made.group];
    if (group.kind !== 'merge') continue;
    const isWithBase = planned.base !== null && group.with.merge.usesBase;
    const sources = planned.base !== null && isWithBase ? [planned.base, ...planned.models] : planned.models;
    const isByTensor = group.with.merge.runsFor(group.values) === 'tensor';
    const bytes = sources.reduce((sum, source) => sum + bytesIn(source, tensor), 0);
    const isKept = isByTensor && bytes <= keepBytesOf(request.memoryBytes);
    const before = passes[made.group];
    if (before === null || reads === null) reads = null;
    else reads += isKept ? bytes : bytes * (before + 1);
    const atOnce = group.with.merge.entrywise(group.values) ? Math.min(SLICE_ENTRIES, tensor.entries) : tensor.entries;
    // The models, their task vectors, what lies between, and the result.
    const working = FLOAT_BYTES * atOnce * (2 * sources.length + 3) + (isKept ? bytes : 0);
    if (!group.with.merge.entrywise(group.values) && working > request.memoryBytes - PROGRAM_BYTES)
      throw tooLarge(tensor, group, working);
    workingBytes = Math.max(workingBytes, working);
  }
  return { reads, writes: bytesOfResult(planned) * planned.targets.length, passes, workingBytes };
}

export const memoryOf = (costs: readonly StepCost[]): number =>
  PROGRAM_BYTES + Math.max(0, ...costs.map(({ workingBytes }) => workingBytes));

function bytesIn({ tensors }: Source, { name, entries }: PlannedTensor): number {
  const tensor = tensors.get(name);
  return tensor === undefined ? 0 : entries * DTYPES[tensor.dtype];
}

function tooLarge({ name, shape }: PlannedTensor, { with: found }: MergeGroup, working: number): CheckpointError {
  const gibibytes = Math.ceil((working + PROGRAM_BYTES) / 2 ** 28) / 4;
  return new CheckpointError(
    `${found.method.title} needs the whole tensor ${named(name)} [${shape.join(', ')}] at once, about ${gibibytes} GiB ` +
      'of memory.',
    `Allow so much with --memory ${gibibytes}GiB.`,
  );
}

type MergeGroup = Extract<Group, { kind: 'merge' }>;

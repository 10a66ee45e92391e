import { DTYPES } from '../checkpoints/dtypes.ts';
import { CheckpointError } from '../checkpoints/error.ts';
import { named } from '../checkpoints/header.ts';
import { bytesOfResult } from './planned.ts';
import type { PlannedStep, PlannedTensor, Source, StepCost } from './planned.ts';
import { SLICE_ENTRIES } from './reading.ts';
import type { MergeGroup } from './settings.ts';

/** The program with what it has loaded, and what waits to be collected. */
const PROGRAM_BYTES = 200 * 2 ** 20;
const FLOAT_BYTES = 4;

/** Tensors that passes go over one by one are kept up to so many bytes. */
export const keepBytesOf = (memoryBytes: number): number => Math.max(0, 0.6 * (memoryBytes - PROGRAM_BYTES));

/** @throws CheckpointError where a tensor that must be whole in memory is too large for it. */
export function costOf(planned: PlannedStep, memoryBytes: number): StepCost {
  const passes: (number | null)[] = planned.groups.map(() => 0);
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
    const isByTensor = group.runsFor === 'tensor';
    const bytes = sources.reduce((sum, source) => sum + bytesIn(source, tensor), 0);
    const isKept = isByTensor && bytes <= keepBytesOf(memoryBytes);
    // What is kept is looked at again where it lies in memory.
    const before = isKept ? 0 : planned.passes[made.group];
    const known = passes[made.group];
    passes[made.group] = before === null || known === null ? null : Math.max(known, before);
    reads = before === null || reads === null ? null : reads + bytes * (before + 1);
    const atOnce = group.isEntrywise ? Math.min(SLICE_ENTRIES, tensor.entries) : tensor.entries;
    // The models, their task vectors, what lies between, and the result.
    const working = FLOAT_BYTES * atOnce * (2 * sources.length + 3) + (isKept ? bytes : 0);
    if (!group.isEntrywise && working > memoryBytes - PROGRAM_BYTES) throw tooLarge(tensor, group, working);
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

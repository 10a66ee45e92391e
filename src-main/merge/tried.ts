import { CheckpointError } from '../checkpoints/error.ts';
import { stream } from '../engine/random/streams.ts';
import type { MergedTensor } from '../methods/tensor-merge.ts';
import type { Group } from './settings.ts';

/**
 * Tries a group's merge on sixteen small numbers, before any file is read: how often its survey looks at all tensors;
 * null where that cannot be said before.
 *
 * @throws CheckpointError where the merge refuses its settings before it has looked at a tensor, or where its weights
 *   make a number infinite that is not.
 */
export function triedPasses(group: Group): number | null {
  if (group.kind !== 'merge') return 0;
  const { with: found, values, weights } = group;
  const { method, merge } = found;
  const tensor = small(weights.length);
  let passes = 0;
  let hasSeen = false;
  try {
    const run = merge.start(values, { models: weights.length, weights, stream: (name) => stream(0, `tried/${name}`) });
    for (const visit of run.passes()) {
      hasSeen = true;
      visit(tensor);
      passes += 1;
    }
    hasSeen = true;
    const made = run.merge(tensor);
    if (made.some((array) => array.some((value) => !Number.isFinite(value))))
      throw new CheckpointError(
        `${method.title} makes numbers infinite with the weights ${weights.join(', ')}, which add up to ` +
          `${weights.reduce((sum, weight) => sum + weight, 0)}.`,
        'Give other weights.',
      );
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    if (!hasSeen && error instanceof RangeError) throw new CheckpointError(error.message, null, { cause: error });
    // What it says of this tensor it need not say of those in the files.
    return null;
  }
  return passes;
}

function small(models: number): MergedTensor {
  const numbers = (from: number): Float32Array => Float32Array.from({ length: 16 }, (_, at) => at - 7 + from);
  return {
    name: 'tried',
    shape: [4, 4],
    outputAxis: 'first',
    base: new Float32Array(16),
    models: Array.from({ length: models }, (_, model) => numbers(model)),
    layer: 0,
    layers: 1,
  };
}

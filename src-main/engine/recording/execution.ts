import { PROGRAM_NUMERICS } from '../numerics.ts';
import type { BackendName } from '../types.ts';

// How a recorded step is run. Each rule looks at the recorded graph, the backend and the kind of machine only, never at
// a timing, so that the same trial always runs the same way; docs/engine-performance.md holds the measurements behind
// them.

/** A call of more operations takes longer to get ready than it then saves. Steps of one network have 60 to 170 each. */
const OPERATIONS_PER_CALL = 4800;

/**
 * How many recorded steps go into one native call: enough that small networks are not bound by the call, at most 16,
 * one where a step takes long anyway, and few where a step has very many operations. Results do not depend on it.
 */
export function stepsPerCallFor(flops: number, operations: number): number {
  const wanted = Math.min(2.4e9 / Math.max(flops, 1), OPERATIONS_PER_CALL / Math.max(operations, 1));
  return wanted >= 16 ? 16 : wanted >= 8 ? 8 : wanted >= 4 ? 4 : wanted >= 2 ? 2 : 1;
}

/**
 * Whether TensorFlow's graph optimiser goes over the steps of a network: it makes one operation of convolution, bias
 * and rectifier (3 to 9 % of a step), which dense networks gain nothing by. There it only costs: half of the 26 to 80
 * ms that a step takes to get ready, most of a small trial. On GPUs it was not measured and is left on.
 */
export function optimisesGraphs(backend: BackendName, convolutional: boolean | undefined): boolean {
  return backend !== 'tensorflow-cpu' || convolutional !== false;
}

/**
 * For so many kinds of trial (suite, method, hyper-parameters) a trial worker keeps the optimised graphs, some 15 MB
 * each. Optimising takes 40 to 150 ms a step, most of a small trial; the second seed is spared it. Results do not
 * depend on it.
 */
export const KEPT_GRAPHS = 6;

/**
 * A kept graph has at most so many nodes when a trial ends. It would grow without bound where trials of one kind record
 * different steps, and extending a graph takes time in proportion to what it has.
 */
export const KEPT_NODES = 12_000;

/** Which kernels TensorFlow computes with on a processor. */
export type Kernels = 'onednn' | 'eigen';

/**
 * oneDNN on every x86-64: TensorFlow itself takes it only where it finds AVX-512, yet convolutions are 1.5 to 3 times
 * as fast with it on AVX2 too and dense networks as fast. `asked` is TF_ENABLE_ONEDNN_OPTS, where the person set it.
 */
export function kernelsFor(architecture: string, asked: string | undefined): Kernels {
  if (asked !== undefined && asked !== '') return ['1', 'true'].includes(asked.toLowerCase()) ? 'onednn' : 'eigen';
  return architecture === 'x64' ? 'onednn' : 'eigen';
}

/**
 * What decides the bits of a result besides the trial: library, form of the recording, kernels, which of our own
 * operations (`own`). XLA is used for no network on no backend: on processors it was slower for dense networks and far
 * slower for convolutions, and it rounds differently.
 */
export function numericsOf(
  backend: BackendName,
  tensorflow: string,
  kernels: Kernels,
  own: ReadonlySet<string>,
): string {
  const computedBy = [backend === 'tensorflow-cpu' ? kernels : 'cuda', ...[...own].sort()].join('+');
  return `tensorflow-${tensorflow}/${PROGRAM_NUMERICS.recorded}/${computedBy}/no-xla`;
}

import type { Network } from '../../engine/networks/specification.ts';
import type { BackendName } from '../../engine/types.ts';

/**
 * How much work is done at a time, by what the network itself takes. Only speed and memory depend on these, but for the
 * last digits of sums over examples, so a network's sizes must not change with the machine.
 */

/** Networks that keep more numbers of an example than this are worked on in smaller parts. */
const MANY_ACTIVATIONS = 10_000;

/**
 * Floating-point operations between two yields: a fraction of a second, so that cancelling is prompt and progress
 * moves.
 */
const FLOPS_PER_YIELD = { recorded: 20e9, eager: 2e9 } as const;

/** Steps between two yields, for batches of this size: at most 48. */
export function stepsPerYield(network: Pick<Network, 'flops'>, batchSize: number, backend: BackendName): number {
  const budget = FLOPS_PER_YIELD[backend.startsWith('tensorflow') ? 'recorded' : 'eager'];
  // A gradient takes about twice what the forward pass does.
  return Math.max(1, Math.min(48, Math.floor(budget / (3 * network.flops * batchSize))));
}

/**
 * Rows of one evaluation step: enough to keep the matrix product busy, few enough that activations stay in cache or
 * memory.
 */
export const rowsPerEvaluation = (network: Network): number => (network.activations > MANY_ACTIVATIONS ? 250 : 2000);

/** Examples of one pass that keeps something of each of them, such as its gradient. */
export const examplesPerPass = (network: Network): number => (network.activations > MANY_ACTIVATIONS ? 50 : 500);

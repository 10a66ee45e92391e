import { NORM_UPDATE } from '../../../engine/networks/layers/batch-norm.ts';
import type { Network } from '../../../engine/networks/specification.ts';
import { tf } from '../../../engine/tf.ts';
import type { Engine, NamedArrays } from '../../../engine/types.ts';
import { networkVariables, readAll } from '../../shared/network-variables.ts';
import type { PassedRows } from './layer-statistics.ts';
import type { ExpertsTask } from './protocol.ts';

/** Training inputs, of all tasks together, by which the statistics of a net are estimated. */
export const ESTIMATION_ROWS = 10_000;
const BATCH = 500;

/** The first training rows of each task, as many of each. */
export function normParts(tasks: readonly Pick<ExpertsTask, 'normInputs'>[]): PassedRows[] {
  const all = tasks.map((task) => task.normInputs());
  const most = Math.min(Math.floor(ESTIMATION_ROWS / tasks.length), ...all.map(({ rows }) => rows));
  const ids = Int32Array.from({ length: most }, (_, row) => row);
  return all.map(({ x }) => ({ inputs: x, ids }));
}

/** Estimates the batch-norm statistics of nets of one shape anew. */
export interface NormEstimator {
  /** The net with its statistics as they are on the estimator's rows. */
  estimate(values: NamedArrays): Promise<NamedArrays>;
  dispose(): void;
}

/**
 * Batch-norm statistics as every merge and the nets that it merges have them: reset, then the cumulative average over
 * one pass of unlabelled training inputs of all tasks, each batch with as many of every task (`bn_update` of
 * timgaripov/swa; REPAIR and ZipIt! do so too). A net without batch norm stays as it is.
 */
export function normEstimator(engine: Engine, network: Network, parts: readonly PassedRows[]): NormEstimator {
  if (network.state.length === 0) return { estimate: async (values) => values, dispose: () => undefined };
  const variables = networkVariables(engine, network, 'estimated');
  const step = engine.compileStep({
    name: 'merging/estimate-norms',
    inputs: Object.fromEntries(parts.map((_, task) => [`rows${task}`, { shape: [-1], dtype: 'int32' } as const])),
    body(rows, scope) {
      const x = tf.concat(
        parts.map(({ inputs }, task) => scope.gather(inputs, rows[`rows${task}`])),
        0,
      );
      const reset = Object.fromEntries(network.state.map(({ name, shape }) => [name, tf.zeros([...shape])]));
      const { state } = network.apply({ params: readAll(scope, variables.parameters), state: reset }, x, {
        mode: 'train',
      });
      return Object.fromEntries(Object.entries(state).map(([name, moved]) => [name, tf.div(moved, NORM_UPDATE)]));
    },
  });
  const rows = parts[0].ids.length;
  const batches = Math.max(1, Math.round((rows * parts.length) / BATCH));
  const feeds = Array.from({ length: batches }, (_, batch) =>
    Object.fromEntries(
      parts.map(({ ids }, task) => [
        `rows${task}`,
        ids.subarray(Math.floor((batch * rows) / batches), Math.floor(((batch + 1) * rows) / batches)),
      ]),
    ),
  );
  return {
    async estimate(values) {
      variables.load(values);
      const found = await step.run(feeds);
      const estimated = network.state.map(({ name }) => [
        name,
        values[name].map((_, unit) => found.reduce((sum, batch) => sum + batch[name][unit], 0) / found.length),
      ]);
      return { ...values, ...Object.fromEntries(estimated) };
    },
    dispose: () => step.dispose(),
  };
}

/** One net with its batch-norm statistics estimated anew. */
export async function withEstimatedNorms(
  engine: Engine,
  network: Network,
  values: NamedArrays,
  parts: readonly PassedRows[],
): Promise<NamedArrays> {
  const estimator = normEstimator(engine, network, parts);
  try {
    return await estimator.estimate(values);
  } finally {
    estimator.dispose();
  }
}

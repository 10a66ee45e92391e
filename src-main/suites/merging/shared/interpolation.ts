import { crossEntropyPerExample } from '../../../engine/losses.ts';
import { tf } from '../../../engine/tf.ts';
import type { Engine, NamedArrays } from '../../../engine/types.ts';
import type { Network } from '../../../engine/networks/specification.ts';
import { evaluationLogits, rowFeeds } from '../../../methods/shared/network-predictor.ts';
import { networkVariables } from '../../../methods/shared/network-variables.ts';
import type { ResidentSplit } from '../../../methods/training/contract.ts';

/** Mean loss (cross-entropy in nats) and accuracy of a set of parameters on resident rows. */
export type Measurement = { readonly loss: number; readonly accuracy: number };

const ROWS_PER_STEP = 1000;

/** Measures any number of parameter sets with one recorded step per split. */
export function measurer(
  engine: Engine,
  network: Network,
  split: ResidentSplit,
): (values: NamedArrays) => Promise<Measurement> {
  const variables = networkVariables(engine, network, 'measured');
  const step = engine.compileStep({
    name: 'merging/measure',
    inputs: { rows: { shape: [-1], dtype: 'int32' } },
    body({ rows }, scope) {
      const y = scope.gather(split.y, rows);
      const logits = evaluationLogits(scope, network, variables, scope.gather(split.x, rows));
      return {
        loss: tf.sum(crossEntropyPerExample(logits, y)),
        right: tf.sum(tf.cast(tf.equal(tf.cast(tf.argMax(logits, -1), 'int32'), y), 'float32')),
      };
    },
  });
  const feeds = rowFeeds(split.rows, ROWS_PER_STEP);
  return async (values) => {
    variables.load(values);
    const parts = await step.run(feeds);
    const sum = (key: 'loss' | 'right'): number => parts.reduce((total, part) => total + part[key][0], 0);
    return { loss: sum('loss') / split.rows, accuracy: sum('right') / split.rows };
  };
}

/** (1 - λ)·a + λ·b of every named array. */
export function interpolate(a: NamedArrays, b: NamedArrays, lambda: number): NamedArrays {
  return Object.fromEntries(
    Object.entries(a).map(([name, values]) => [
      name,
      values.map((value, at) => (1 - lambda) * value + lambda * b[name][at]),
    ]),
  );
}

/** λ = 0, 1/(points-1), …, 1. */
export function lambdas(points: number): number[] {
  return Array.from({ length: points }, (_, index) => index / (points - 1));
}

import { tf } from '../../../engine/tf.ts';
import type { Tensor } from '../../../engine/tf.ts';
import type { Engine, NamedArrays, Variable } from '../../../engine/types.ts';
import { networkVariables, readAll } from '../../shared/network-variables.ts';
import { passedFeeds } from './layer-statistics.ts';
import type { PassedRows } from './layer-statistics.ts';
import type { MeasuredNet } from './unit-moments.ts';

/** Mean and variance of each unit's affine answer. */
export interface AnswerStatistics {
  readonly mean: Float64Array;
  /** Unbiased, as the running variance of a batch norm. */
  readonly variance: Float64Array;
}
/** By layer, from the input on; heads are left out. */
export type NetStatistics = ReadonlyMap<string, AnswerStatistics>;

/** What a layer's affine answers are to have. */
export interface Goal {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}
export type Goals = ReadonlyMap<string, Goal>;

/** Added to a variance that is divided by, and to that of a goal: the values of the authors. */
const EPSILON = 1e-5;
const GOAL_EPSILON = 1e-7;
/** Rows of a batch, as the authors have it. */
const BATCH = 2000;

/** Means and deviations between those of two nets, at a share of the second's. */
export function goalsBetween(a: NetStatistics, b: NetStatistics, share: number): Goals {
  const mixed = (left: Float64Array, right: Float64Array, of: (value: number) => number = (value) => value) =>
    left.map((value, unit) => (1 - share) * of(value) + share * of(right[unit]));
  return new Map(
    [...a].map(([layer, first]) => {
      const second = b.get(layer) ?? first;
      return [
        layer,
        {
          mean: mixed(first.mean, second.mean),
          deviation: mixed(first.variance, second.variance, Math.sqrt),
        },
      ];
    }),
  );
}

/** By which a unit's answer is multiplied so that its deviation becomes the goal's. */
export const repairScale = (variance: number, deviation: number): number =>
  Math.sqrt(deviation ** 2 + GOAL_EPSILON) / Math.sqrt(variance + EPSILON);

/**
 * The layers with every affine answer y replaced by (y − mean) · scale + the goal's mean: W′ = W s, b′ = (b − m) s + g.
 * The statistics of a layer are those after all layers before it were corrected.
 */
export function repaired(values: NamedArrays, statistics: NetStatistics, goals: Goals): NamedArrays {
  const corrected = { ...values };
  for (const [layer, { mean, variance }] of statistics) {
    const goal = goals.get(layer);
    if (goal === undefined) throw new RangeError(`There are no statistics to bring ${layer} to.`);
    const scales = variance.map((value, unit) => repairScale(value, goal.deviation[unit]));
    corrected[`${layer}/kernel`] = values[`${layer}/kernel`].map((weight, at) => weight * scales[at % scales.length]);
    corrected[`${layer}/bias`] = values[`${layer}/bias`].map(
      (bias, unit) => (bias - mean[unit]) * scales[unit] + goal.mean[unit],
    );
  }
  return corrected;
}

/**
 * Statistics of the affine answers of every hidden layer, as the mean over batches. With goals, each layer's answers
 * are brought to its goal, by the batch's own statistics, before the next layer is given them; so one pass finds the
 * statistics of all layers, each after those before it were corrected (the authors' reset).
 */
export async function answerStatistics(
  engine: Engine,
  { network, values }: MeasuredNet,
  { inputs, ids }: PassedRows,
  goals?: Goals,
): Promise<NetStatistics> {
  const variables = networkVariables(engine, network, 'measured');
  variables.load(values);
  const heads = new Set(network.spec.heads.map(({ name }) => name));
  const goalOf = new Map(
    [...(goals ?? [])].map(([layer, { mean, deviation }]) => {
      const spec = { shape: [mean.length], dtype: 'float32' } as const;
      const made = (name: string, of: Float64Array): Variable =>
        engine.variable(`goal/${layer}/${name}`, spec, Float32Array.from(of));
      const square = deviation.map((value) => Math.sqrt(value ** 2 + GOAL_EPSILON));
      return [layer, { mean: made('mean', mean), deviation: made('deviation', square) }];
    }),
  );
  const step = engine.compileStep({
    name: 'merging/answer-statistics',
    inputs: { rows: { shape: [-1], dtype: 'int32' } },
    body({ rows }, scope) {
      const outputs: Record<string, Tensor> = {};
      network.apply(
        { params: readAll(scope, variables.parameters), state: readAll(scope, variables.statistics) },
        scope.gather(inputs, rows),
        {
          mode: 'eval',
          tap(layer, _x, output) {
            if (heads.has(layer)) return output;
            const axes = Array.from({ length: output.rank - 1 }, (_, axis) => axis);
            const mean = tf.mean(output, axes);
            const centred = tf.sub(output, mean);
            outputs[`mean/${layer}`] = mean;
            const count = output.size / mean.size;
            const variance = tf.div(tf.sum(tf.square(centred), axes), Math.max(1, count - 1));
            outputs[`variance/${layer}`] = variance;
            const goal = goalOf.get(layer);
            if (goal === undefined) return output;
            const scale = tf.mul(scope.read(goal.deviation), tf.rsqrt(tf.add(variance, EPSILON)));
            return tf.add(tf.mul(centred, scale), scope.read(goal.mean));
          },
        },
      );
      return outputs;
    },
  });
  const batches = Math.ceil(ids.length / BATCH);
  const found = await step.run(passedFeeds(ids, Math.ceil(ids.length / batches)));
  step.dispose();
  const layers = Object.keys(found[0]).filter((key) => key.startsWith('mean/'));
  return new Map(
    layers.map((key) => {
      const layer = key.slice('mean/'.length);
      const average = (name: string): Float64Array =>
        Float64Array.from(
          found[0][name],
          (_, unit) => found.reduce((sum, batch) => sum + batch[name][unit], 0) / found.length,
        );
      return [layer, { mean: average(key), variance: average(`variance/${layer}`) }];
    }),
  );
}

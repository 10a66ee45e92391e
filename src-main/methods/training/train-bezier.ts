import { tf } from '../../engine/tf.ts';
import type { NamedArrays, Tensors, Variables } from '../../engine/types.ts';
import type { Method } from '../contract.ts';
import { defineMethod } from '../define.ts';
import { withTrainingNorms } from '../ensembling/shared/averaged.ts';
import { memberRequests, openMembers } from '../ensembling/shared/members.ts';
import { averageParameters } from '../merging/shared/average.ts';
import { modelOf, networkVariables } from '../shared/network-variables.ts';
import { softmaxCrossEntropy } from '../../engine/losses.ts';
import { runTraining, TRAINING_DRIVER } from './shared/driver.ts';

/** Weights of w₀, θ and w₁ at the place t of the curve: (1 − t)², 2t(1 − t), t². */
export const bezierWeights = (t: number): readonly [number, number, number] => [(1 - t) ** 2, 2 * t * (1 - t), t ** 2];

/** The network in the middle of the curve. */
export function bezierMiddle(first: NamedArrays, bend: NamedArrays, last: NamedArrays): NamedArrays {
  const [a, b, c] = bezierWeights(0.5);
  const between = (name: string, values: Float32Array): Float32Array =>
    values.map((value, at) => a * first[name][at] + b * value + c * last[name][at]);
  return Object.fromEntries(Object.entries(bend).map(([name, values]) => [name, between(name, values)]));
}

/** The name of the artefact with the network in the middle. */
export const MIDDLE = 'middle';

/**
 * A quadratic Bézier curve between two trained networks (Garipov et al. 2018, section 3): its bend θ is trained by the
 * loss at places drawn uniformly, E_t CE((1 − t)² w₀ + 2t(1 − t) θ + t² w₁). Its predictor is the bend by itself; what
 * others use is the artefact `middle`, with batch-norm statistics estimated anew.
 */
const trainBezier: Method = {
  ...defineMethod(
    {
      id: 'train-bezier',
      version: 1,
      title: 'A curve between two networks',
      summary: 'Trains the bend of a curve between two trained networks, so that the loss is low along it.',
      paper: {
        title: 'Loss Surfaces, Mode Connectivity, and Fast Ensembling of DNNs',
        authors: 'Garipov, Izmailov, Podoprikhin, Vetrov, Wilson',
        year: 2018,
        reference: 'arXiv:1802.10026',
        equations: 'Section 3, eqs. 2 and 4',
        deviations: 'The bend starts in the middle of the two networks; optimiser and budget are the suite’s.',
      },
      asks: ['extra-passes'],
      fields: {},
    },
    {
      family: 'training',
      protocol: 'rows',
      driver: TRAINING_DRIVER,
      trials: ({ id }, _values, seed) => memberRequests(id, seed, 2),
      async *run(context) {
        const { engine, network, stream } = context;
        const ends = await openMembers(context, 2);
        const [first, last]: Variables[] = ends.map((values, at) => {
          const variables = networkVariables(engine, network, `end${at}`);
          variables.load(values);
          return variables.parameters;
        });
        return yield* runTraining(
          context,
          {
            startsFrom: averageParameters(ends),
            inputs: { weights: { shape: [3], dtype: 'float32' } },
            feed: ({ globalStep }) => ({
              weights: Float32Array.from(bezierWeights(stream(`curve/step${globalStep}`).uniform())),
            }),
            loss({ scope, x, y, inputs, parameters }) {
              const [a, b, c] = tf.split(inputs['weights'], 3);
              const params: Tensors = Object.fromEntries(
                Object.entries(parameters).map(([name, bend]) => [
                  name,
                  tf.add(
                    tf.mul(bend, b),
                    tf.add(tf.mul(scope.read(first[name]), a), tf.mul(scope.read(last[name]), c)),
                  ),
                ]),
              );
              const state = Object.fromEntries(network.state.map(({ name, shape }) => [name, tf.zeros([...shape])]));
              return softmaxCrossEntropy(network.apply({ params, state }, x, { mode: 'train' }).logits, y);
            },
            async end({ variables }) {
              const bend = await modelOf(engine, network, variables, 'the bend');
              const arrays = await withTrainingNorms(context, bezierMiddle(ends[0], bend.arrays, ends[1]));
              const note = 'the network in the middle of the curve';
              return { artefacts: { [MIDDLE]: { kind: 'model', spec: network.spec, arrays, note } } };
            },
          },
          false,
        );
      },
    },
  ),
  hidden: true,
};
export default trainBezier;

import { z } from 'zod';
import { tf, type Tensor } from '../../engine/tf.ts';
import { evaluationLogits, networkPredictor } from '../shared/network-predictor.ts';
import { EXCLUDED } from './contract.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { herdedExemplars, outputsBefore, withExemplars } from './shared/exemplars.ts';
import { trainingLogits } from './shared/training-logits.ts';

/**
 * Inside a step (eq. 1): probabilities [B, C], those of old classes times `factors` [C] in the rows whose highest one
 * is of a class with a 1 in `fresh` [C].
 */
export function rectified(probabilities: Tensor, factors: Tensor, fresh: Tensor): Tensor {
  const top = tf.oneHot(tf.argMax(probabilities, 1), fresh.shape[0] ?? 0);
  const isNew = tf.matMul(tf.cast(top, 'float32'), tf.expandDims(fresh, 1));
  return tf.mul(probabilities, tf.add(1, tf.mul(isNew, tf.sub(factors, 1))));
}

/** Of answers [rows × outputs], row-major: the softmax among the `seen` outputs, 0 elsewhere. */
export function softmaxRows(logits: ArrayLike<number>, outputs: number, seen: readonly number[]): Float64Array {
  const rows = new Float64Array(logits.length);
  for (let from = 0; from < logits.length; from += outputs) {
    const highest = Math.max(...seen.map((output) => logits[from + output]));
    const total = seen.reduce((sum, output) => sum + Math.exp(logits[from + output] - highest), 0);
    for (const output of seen) rows[from + output] = Math.exp(logits[from + output] - highest) / total;
  }
  return rows;
}

/** Mean over rows of the probability of `output`, or of the highest one where `output` is null. */
export function meanScore(rows: Float64Array, outputs: number, output: number | null): number {
  let sum = 0;
  for (let from = 0; from < rows.length; from += outputs)
    sum += output === null ? Math.max(...rows.subarray(from, from + outputs)) : rows[from + output];
  return sum / (rows.length / outputs);
}

/**
 * IL2M (Belouadah & Popescu 2019, eq. 1): fine-tuning on new data and exemplars. What is stored beside them is how sure
 * the network was of each class when it was learned, and of all classes of that time: where the answer is a new class,
 * the scores of old classes are rectified by these.
 */
export default defineContinualMethod({
  id: 'il2m',
  version: 1,
  title: 'IL2M',
  summary: 'Fine-tunes with exemplars and rectifies scores of old classes by how sure the network once was of them.',
  paper: {
    title: 'IL2M: Class Incremental Learning With Dual Memory',
    authors: 'Belouadah, Popescu',
    year: 2019,
    reference: '10.1109/ICCV.2019.00067',
    equations: 'eq. 1',
    deviations: 'None in the rectification; exemplars are herded as in iCaRL.',
  },
  fields: {
    memory: z.number().int().min(1).max(100000).default(2000).describe('Images stored over all classes'),
    rectify: z.boolean().default(true).describe('Rectify the scores; without it the network answers as it was trained'),
  },
  asks: ['replay-memory', 'extra-passes', 'boundaries'],
  fits: ({ scenario }) =>
    scenario === 'class-il' || 'It balances old and new classes that one head tells apart; it is for class-IL.',
  create: (run, { memory, rectify }) => {
    const { protocol, context } = run;
    const { engine, network } = context;
    const { outputs } = protocol;
    const exemplars = herdedExemplars(run, memory);
    const logitsOf = trainingLogits(run);
    const perClass = { shape: [outputs], dtype: 'float32' } as const;
    const initial = run.variable('initial-means', perClass);
    const confidence = run.variable('confidence', { shape: [protocol.tasks.length], dtype: 'float32' });
    const factors = run.variable('factors', perClass, () => new Float32Array(outputs).fill(1));
    const fresh = run.variable('new-outputs', perClass);
    const unseen = run.variable('unseen-outputs', perClass);
    const predictor = networkPredictor(engine, network, run, {
      kind: 'scores',
      answer: (scope, x) => {
        const logits = evaluationLogits(scope, network, run, x);
        const probabilities = tf.softmax(tf.add(logits, tf.mul(scope.read(unseen), EXCLUDED)));
        return rectified(probabilities, scope.read(factors), scope.read(fresh));
      },
    });
    const ones = (chosen: readonly number[]): Float32Array =>
      Float32Array.from({ length: outputs }, (_, output) => (chosen.includes(output) ? 1 : 0));
    return {
      predictor: () => predictor,
      phases: (task) => [{ name: '', ids: () => withExemplars(run, exemplars, task) }],
      endTask: async (task) => {
        const seen = outputsBefore(run, task + 1);
        const answers = async (ids: Int32Array): Promise<Float64Array> =>
          softmaxRows(await logitsOf(ids), outputs, seen);
        const [means, sure] = [
          Float32Array.from(await engine.read(initial)),
          Float32Array.from(await engine.read(confidence)),
        ];
        const own = protocol.tasks[task];
        const learnt = await answers(own.ids);
        sure[task] = meanScore(learnt, outputs, null);
        for (const output of own.outputs) {
          const rows = [...own.ids.keys()].filter((row) => protocol.labelOf(own.ids[row]) === output);
          means[output] = rows.reduce((sum, row) => sum + learnt[row * outputs + output], 0) / rows.length;
        }
        const next = new Float32Array(outputs).fill(1);
        if (rectify)
          for (const [past, { outputs: old }] of protocol.tasks.slice(0, task).entries())
            for (const output of old) {
              const present = meanScore(await answers(exemplars.ofClass(output)), outputs, output);
              next[output] = (means[output] / present) * (sure[task] / sure[past]);
            }
        engine.write(initial, means);
        engine.write(confidence, sure);
        engine.write(factors, next);
        engine.write(fresh, ones(own.outputs));
        engine.write(unseen, ones(Array.from({ length: outputs }, (_, o) => o).filter((o) => !seen.includes(o))));
        await exemplars.admit(task);
      },
    };
  },
});

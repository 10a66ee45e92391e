import { z } from 'zod';
import { tf, type Tensor } from '../../engine/tf.ts';
import type { StepScope, Variable } from '../../engine/types.ts';
import { evaluationLogits, networkPredictor } from '../shared/network-predictor.ts';
import { biasCorrection } from './shared/bias-correction.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { herdedExemplars, outputsBefore, withExemplars } from './shared/exemplars.ts';
import { distilledLoss, keepFormer, TAUGHT } from './shared/former.ts';
import { trainingLogits } from './shared/training-logits.ts';

/**
 * Bias correction (Wu et al. 2019): part of the memory and as many new images of each class are held out. The network
 * learns the rest with distillation from the corrected network of before; then two numbers, α and β, are fitted to what
 * was held out, and the logits of the new classes become α·z + β.
 */
export default defineContinualMethod({
  id: 'bic',
  version: 1,
  title: 'Bias correction (BiC)',
  summary: 'Learns with exemplars and distillation, then fits a scale and a shift for the logits of the new classes.',
  paper: {
    title: 'Large Scale Incremental Learning',
    authors: 'Wu, Chen, Wang, Ye, Liu, Guo, Fu',
    year: 2019,
    reference: 'arXiv:1905.13260',
    equations: 'eqs. 1 to 5',
    deviations:
      "α and β are the optimum by Newton's method instead of 200 epochs of Adam, and are held to (1, 0) by a " +
      'quadratic of the strength `ridge` a held-out image, for few images that are told apart have no optimum.',
  },
  fields: {
    memory: z.number().int().min(1).max(100000).default(2000).describe('Images stored over all classes'),
    temperature: z.number().min(0.1).max(100).default(2).describe('Temperature T of both softmaxes'),
    held: z.number().min(0.01).max(0.5).default(0.1).describe('Share of the memory of a class that is held out'),
    ridge: z.number().min(0).max(1).default(0.001).describe('Strength by which α is held to 1 and β to 0'),
    correct: z.boolean().default(true).describe('Correct the logits; without it the network answers as it was trained'),
  },
  asks: ['replay-memory', 'extra-passes', 'boundaries'],
  fits: ({ scenario }) =>
    scenario === 'class-il' || 'It balances old and new classes that one head tells apart; it is for class-IL.',
  create: (run, { memory, temperature, held, ridge, correct }) => {
    const { protocol, context } = run;
    const { engine, network } = context;
    const { outputs } = protocol;
    const exemplars = herdedExemplars(run, memory);
    const logitsOf = trainingLogits(run);
    /** α of every output in the first row, β in the second. */
    const identity = Float32Array.from({ length: 2 * outputs }, (_, at) => (at < outputs ? 1 : 0));
    const correction = (name: string): Variable =>
      run.variable(name, { shape: [2, outputs], dtype: 'float32' }, () => identity);
    const present = correction('correction');
    const formers = correction('former-correction');
    const corrected = (scope: StepScope, by: Variable, logits: Tensor): Tensor => {
      const [alpha, beta] = tf.split(scope.read(by), 2, 0);
      return tf.add(tf.mul(logits, alpha), beta);
    };
    /** Of each class as many, but never all: the last exemplars of an old one, images of a new one drawn at random. */
    const heldOut = (task: number): Int32Array => {
      if (task === 0) return new Int32Array(0);
      const old = outputsBefore(run, task).map((output) => exemplars.ofClass(output));
      const each = Math.max(1, Math.floor(held * Math.min(...old.map(({ length }) => length))));
      const drawn = protocol.tasks[task].outputs.map((output) => {
        const own = protocol.tasks[task].ids.filter((id) => protocol.labelOf(id) === output);
        return run
          .stream(`held-out/task${task}/output${output}`)
          .sample(own.length, Math.max(0, Math.min(each, own.length - 1)))
          .map((at) => own[at]);
      });
      const last = old.map((ids) => ids.slice(Math.max(1, ids.length - each)));
      return Int32Array.from([...last, ...drawn].flatMap((ids) => [...ids]));
    };
    const predictor = networkPredictor(engine, network, run, {
      kind: 'logits',
      answer: (scope, x) => corrected(scope, present, evaluationLogits(scope, network, run, x)),
    });
    return {
      predictor: () => predictor,
      beginTask: async (task) => {
        await keepFormer(run, task);
        engine.write(formers, Float32Array.from(await engine.read(present)));
        engine.write(present, identity);
      },
      phases: (task) => [
        {
          name: '',
          ids: () => {
            const out = new Set(heldOut(task));
            return withExemplars(run, exemplars, task).filter((id) => !out.has(id));
          },
          loss: (losses) =>
            distilledLoss(run, task, losses, temperature, (logits) => corrected(losses.scope, formers, logits)),
          ...(task === 0 ? {} : { passes: TAUGHT }),
        },
      ],
      endTask: async (task) => {
        if (task > 0 && correct) {
          const ids = heldOut(task);
          const fresh = protocol.tasks[task].outputs;
          const { alpha, beta } = biasCorrection(
            {
              logits: await logitsOf(ids),
              labels: ids.map((id) => protocol.labelOf(id)),
              outputs,
              seen: outputsBefore(run, task + 1),
              fresh,
            },
            ridge,
          );
          engine.write(
            present,
            identity.map((value, at) => (fresh.includes(at % outputs) ? (at < outputs ? alpha : beta) : value)),
          );
        }
        await exemplars.admit(task);
      },
    };
  },
});

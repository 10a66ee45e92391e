import { tf, type Tensor } from '../../engine/tf.ts';
import type { Predictor } from '../contract.ts';
import type { Model } from '../models.ts';
import { evaluated, steppedPredictor, usedModel, withTasks } from '../shared/network-predictor.ts';
import { rowsPerEvaluation } from '../shared/work-sizes.ts';
import { defineContinualMethod } from './shared/driver.ts';

/**
 * A network for each task (van de Ven, Tuytelaars & Tolias 2022, the reference "separate networks"): each is trained on
 * its task alone and never again, so nothing is forgotten and nothing is shared. At test the task says which answers.
 */
export default defineContinualMethod({
  id: 'separate-networks',
  version: 1,
  title: 'Separate networks',
  summary: 'Trains a network of its own on each task; the task at test chooses the answer.',
  paper: {
    title: 'Three types of incremental learning',
    authors: 'van de Ven, Tuytelaars, Tolias',
    year: 2022,
    reference: '10.1038/s42256-022-00568-3',
    equations: 'methods: context-specific components, separate networks',
    deviations:
      "Each network is as large as the suite's; the paper's are smaller, so that all together have about as many " +
      'weights as one.',
  },
  fields: {},
  asks: ['task-id-at-test', 'boundaries'],
  create: (run) => {
    const { models, protocol, context } = run;
    const ofTask = (task: number): Model => models.open(`task-${task}`);
    const predictorOf = (trained: number): Predictor => {
      const all = Array.from({ length: trained }, (_, task) => ofTask(task));
      const rowsAtOnce = rowsPerEvaluation(context.network);
      return steppedPredictor(context.engine, {
        width: protocol.outputs,
        rowsAtOnce,
        uses: all.map(usedModel),
        kind: 'logits',
        ...withTasks(rowsAtOnce),
        answer: (scope, x, { tasks }) => {
          const isOf = (task: number): Tensor => tf.expandDims(tf.cast(tf.equal(tasks, task), 'float32'), 1);
          return tf.addN(
            all.map((model, task) => tf.mul(evaluated(scope, model.network, model, x).logits, isOf(task))),
          );
        },
      });
    };
    const predictors = new Map<number, Predictor>();
    return {
      phases: (task) => [
        {
          name: 'own',
          trains: [ofTask(task)],
          loss: ({ batch, apply, crossEntropy }) => crossEntropy(apply(ofTask(task), batch.x).logits, batch),
        },
      ],
      predictor: () => {
        const trained = Math.max(1, protocol.tasks.filter((_, task) => models.has(`task-${task}`)).length);
        const known = predictors.get(trained) ?? predictorOf(trained);
        predictors.set(trained, known);
        return known;
      },
    };
  },
});

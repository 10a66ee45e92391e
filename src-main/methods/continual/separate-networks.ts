import type { Model } from '../models.ts';
import { evaluated } from '../shared/network-predictor.ts';
import { answersByTask } from './shared/answers-by-task.ts';
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
    const { models, protocol } = run;
    const ofTask = (task: number): Model => models.open(`task-${task}`);
    return {
      phases: (task) => [
        {
          name: 'own',
          trains: [ofTask(task)],
          loss: ({ batch, apply, crossEntropy }) => crossEntropy(apply(ofTask(task), batch.x).logits, batch),
        },
      ],
      predictor: answersByTask(run, {
        known: () => Math.max(1, protocol.tasks.filter((_, task) => models.has(`task-${task}`)).length),
        uses: (tasks) => Array.from({ length: tasks }, (_, task) => ofTask(task)),
        logits: (scope, x) => (task) => evaluated(scope, ofTask(task).network, ofTask(task), x).logits,
      }),
    };
  },
});

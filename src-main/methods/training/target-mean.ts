import { defineMethod } from '../define.ts';
import { iidProtocol } from './contract.ts';

/** The floor where a number is to be told: the mean of the training rows for every example. */
export default defineMethod(
  {
    id: 'target-mean',
    version: 1,
    title: 'Mean of the target',
    paper: null,
    reference: 'lower',
    targets: ['numbers'],
    fields: {},
    summary: 'Answers the mean of the training rows whatever the input: the floor that any regression must beat.',
  },
  {
    family: 'training',
    protocol: 'rows',
    async *run(context) {
      const { numbers, outputs, trainRows } = iidProtocol(context);
      if (numbers === null) throw new Error('This suite tells classes, which have no mean.');
      context.meter.examples(trainRows);
      yield { kind: 'progress', cursor: null, done: 1, total: 1 };
      return {
        predictor: {
          uses: [],
          answer: async ({ rows }) => ({
            kind: 'numbers',
            width: outputs,
            values: new Float32Array(rows * outputs).fill(numbers.mean),
          }),
        },
      };
    },
  },
);

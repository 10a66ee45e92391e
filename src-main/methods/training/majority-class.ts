import { defineMethod } from '../define.ts';
import { iidProtocol } from './contract.ts';

/** The floor of training: the training set's class shares (with Laplace's one more of each class) for every example. */
export default defineMethod(
  {
    id: 'majority-class',
    version: 1,
    title: 'Class shares',
    paper: null,
    reference: 'lower',
    fields: {},
    summary: "Answers the training set's class shares whatever the input: the floor that any training must beat.",
  },
  {
    family: 'training',
    protocol: 'rows',
    async *run(context) {
      const { train, outputs } = iidProtocol(context);
      const labels = await context.engine.read(train().y);
      // One more of each class, so that no probability is 0.
      const counts = new Float32Array(outputs).fill(1);
      for (const label of labels) counts[label] += 1;
      const logProbabilities = counts.map((count) => Math.log(count / (labels.length + outputs)));
      context.meter.examples(labels.length);
      yield { kind: 'progress', cursor: null, done: 1, total: 1 };
      return {
        predictor: {
          uses: [],
          async answer({ rows }) {
            const out = new Float32Array(rows * outputs);
            for (let row = 0; row < rows; row += 1) out.set(logProbabilities, row * outputs);
            return { kind: 'log-probabilities', width: outputs, values: out };
          },
        },
      };
    },
  },
);

import { stream } from '../../../engine/random/streams.ts';
import { neighbourMeans } from '../../tables/k-nearest-neighbours.ts';
import { boostedNet } from '../../tables/shared/boosted-net.ts';
import { applied, logistic } from './linear-models.ts';
import type { Features } from './linear-models.ts';
import { softmax } from './strategies/combining.ts';

/** Probabilities of the classes of any rows, [rows × classes]. */
export type Shares = (rows: Features) => Float64Array;

/** A small learner of classes that is fitted on the host at once; what it draws follows from `name`. */
export interface HostLearner {
  readonly name: string;
  fit(x: Features, labels: Int32Array, classes: number, name: string): Shares;
}

const neighbours = (k: number, weights: 'uniform' | 'distance'): HostLearner => ({
  name: `${k} neighbours`,
  fit(x, labels, classes) {
    const shares = Array.from({ length: classes }, (_, k) => labels.map((label) => (label === k ? 1 : 0)));
    return (rows) => neighbourMeans(x, shares, rows, k, weights);
  },
});

/** Linear, local and near-by, local and wide, and additive: learners that are wrong about different rows. */
export const LEARNERS: readonly HostLearner[] = [
  {
    name: 'logistic regression',
    fit(x, labels, classes) {
      const model = logistic(x, labels, classes, 1);
      return (rows) => softmax(applied(model, rows), classes);
    },
  },
  neighbours(5, 'distance'),
  neighbours(25, 'uniform'),
  {
    name: 'boosted net',
    fit(x, labels, classes, name) {
      const net = boostedNet(
        x,
        { kind: 'more', y: labels, classes },
        { units: 8, eta: 1, rowShare: 0.5, alpha: 1e-2, steps: 50 },
        (stage) => stream(0, `${name}/stage${stage}`),
      );
      for (let stage = 0; stage < 5; stage += 1) net.grow();
      return (rows) => softmax(net.sums(rows), classes);
    },
  },
];

/** The columns, then what each model says of every class. */
export function beside(own: Features, told: readonly Float64Array[], classes: number): Features {
  const width = own.width + told.length * classes;
  const values = new Float64Array(own.rows * width);
  for (let row = 0; row < own.rows; row += 1) {
    for (let j = 0; j < own.width; j += 1) values[row * width + j] = own.values[row * own.width + j];
    for (const [model, shares] of told.entries())
      values.set(shares.subarray(row * classes, (row + 1) * classes), row * width + own.width + model * classes);
  }
  return { rows: own.rows, width, values };
}

import { z } from 'zod';
import type { Features } from '../ensembling/shared/linear-models.ts';
import { defineMethod } from '../define.ts';
import { design } from './shared/design.ts';
import { fitOnHost, needsTable, numbersOf, sharesOf, targetsOf } from './shared/host.ts';

const TITLE = 'k nearest neighbours';

/**
 * k nearest neighbours (Cover & Hart 1967 for k = 1; Fix & Hodges 1951): shares of the classes, or the mean number, of
 * the k nearest training rows in Euclidean distance. Of equally near rows the earlier one is nearer.
 */
export default defineMethod(
  {
    id: 'k-nearest-neighbours',
    version: 1,
    title: TITLE,
    summary: 'Answers by the most similar training rows: shares of their classes, or the mean of their numbers.',
    paper: {
      title: 'Nearest Neighbor Pattern Classification',
      authors: 'Cover, Hart',
      year: 1967,
      reference: 'IEEE Trans. Inf. Theory 13(1):21-27',
      equations: 'Section II, for k rows',
      deviations:
        'Numbers are standardised; one-hot categories are divided by √2, so that two levels are at distance 1. ' +
        'A share of 0 counts as 1e-7.',
    },
    targets: ['classes', 'numbers'],
    fields: {
      k: z.number().int().min(1).max(1000).default(5).describe('Neighbours that answer'),
      weights: z
        .enum(['uniform', 'distance'])
        .default('uniform')
        .describe('Whether they count alike, or by 1/distance; a distance of 0 then takes all the weight'),
    },
    fits: (suite) => needsTable(suite, TITLE),
  },
  {
    family: 'tables',
    protocol: 'rows',
    run: (context, { k, weights }) =>
      fitOnHost(context, (task) => {
        const { classes, train } = task;
        const encoder = design(task.columns, train.rows, Math.SQRT1_2);
        const stored = encoder.encode(train.rows);
        const targets =
          classes === null
            ? [targetsOf(task)]
            : Array.from({ length: classes }, (_, label) => train.classes.map((own) => (own === label ? 1 : 0)));
        return (rows) => {
          const means = neighbourMeans(stored, targets, encoder.encode(rows), k, weights);
          return classes === null ? numbersOf(means) : sharesOf(means, classes);
        };
      }),
  },
);

/** Means of each target over the k nearest stored rows of every row that is asked about, [rows × targets]. */
export function neighbourMeans(
  stored: Features,
  targets: readonly ArrayLike<number>[],
  asked: Features,
  k: number,
  weights: 'uniform' | 'distance',
): Float64Array {
  const { width } = stored;
  const out = new Float64Array(asked.rows * targets.length);
  const squares = new Float64Array(stored.rows);
  for (let row = 0; row < asked.rows; row += 1) {
    for (let other = 0; other < stored.rows; other += 1) {
      let sum = 0;
      for (let j = 0; j < width; j += 1) sum += (asked.values[row * width + j] - stored.values[other * width + j]) ** 2;
      squares[other] = sum;
    }
    const nearest = smallest(squares, k);
    const counts = weightsOf(
      nearest.map((at) => Math.sqrt(squares[at])),
      weights,
    );
    const total = counts.reduce((sum, count) => sum + count, 0);
    targets.forEach((target, t) => {
      const sum = nearest.reduce((all, at, i) => all + counts[i] * target[at], 0);
      out[row * targets.length + t] = sum / total;
    });
  }
  return out;
}

function weightsOf(distances: readonly number[], weights: 'uniform' | 'distance'): readonly number[] {
  if (weights === 'uniform') return distances.map(() => 1);
  return distances.includes(0) ? distances.map((d) => (d === 0 ? 1 : 0)) : distances.map((d) => 1 / d);
}

/** Places of the k smallest values, ascending; of equal ones the first. */
function smallest(values: Float64Array, k: number): readonly number[] {
  const kept: number[] = [];
  values.forEach((value, at) => {
    if (kept.length === k && value >= values[kept[k - 1]]) return;
    let place = kept.length;
    while (place > 0 && values[kept[place - 1]] > value) place -= 1;
    kept.splice(place, 0, at);
    if (kept.length > k) kept.pop();
  });
  return kept;
}

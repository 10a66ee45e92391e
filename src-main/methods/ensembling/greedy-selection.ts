import { z } from 'zod';
import type { Stream } from '../../engine/random/streams.ts';
import { defineMethod } from '../define.ts';
import { libraryFields, libraryFits, libraryRequests, openLibrary } from './shared/library.ts';

/** What is chosen by, given the mean of the chosen models' distributions [rows × classes]; lower is better. */
export type SelectionLoss = (mean: Float64Array, labels: Int32Array, classes: number) => number;

/** Mean of −ln p of the true class; p is at least 1e-12. */
export const selectionNll: SelectionLoss = (mean, labels, classes) =>
  labels.reduce((sum, label, row) => sum - Math.log(Math.max(1e-12, mean[row * classes + label])), 0) / labels.length;

/**
 * Forward selection with replacement (Caruana et al. 2004, section 2): from the `initial` best models on, adds again
 * and again the one with which the mean of all chosen is best, until `size` are chosen. Of equal ones the lowest index
 * wins.
 *
 * @param probabilities of each model [rows × classes]
 * @param among indices that may be chosen; all unless told
 * @returns the chosen in their order, and the loss after each
 */
export function selectGreedily(
  probabilities: readonly ArrayLike<number>[],
  labels: Int32Array,
  classes: number,
  {
    size,
    initial = 0,
    among = [...probabilities.keys()],
    loss = selectionNll,
  }: {
    readonly size: number;
    readonly initial?: number;
    readonly among?: readonly number[];
    readonly loss?: SelectionLoss;
  },
): { readonly order: readonly number[]; readonly trajectory: readonly number[] } {
  const length = labels.length * classes;
  const sum = new Float64Array(length);
  const order: number[] = [];
  const trajectory: number[] = [];
  const lossWith = (model: number): number =>
    loss(
      sum.map((value, at) => (value + probabilities[model][at]) / (order.length + 1)),
      labels,
      classes,
    );
  const add = (model: number): void => {
    trajectory.push(lossWith(model));
    order.push(model);
    for (let at = 0; at < length; at += 1) sum[at] += probabilities[model][at];
  };
  const best = (from: readonly number[]): readonly number[] => {
    const losses = new Map(from.map((model) => [model, lossWith(model)]));
    return [...from].sort((a, b) => (losses.get(a) ?? 0) - (losses.get(b) ?? 0));
  };
  for (const model of best(among).slice(0, Math.min(initial, size))) add(model);
  while (order.length < size) add(best(among)[0]);
  return { order, trajectory };
}

/** A random part of the models, ascending, at least one: what one bag chooses among (section 2.3). */
const bagOf = (models: number, share: number, stream: Stream): number[] =>
  [...stream.permutation(models).subarray(0, Math.max(1, Math.round(share * models)))].sort((a, b) => a - b);

/** Greedy ensemble selection (Caruana, Niculescu-Mizil, Crew, Ksikes 2004) from a library of ordinary methods. */
export default defineMethod(
  {
    id: 'greedy-selection',
    version: 1,
    title: 'Greedy ensemble selection',
    summary: 'A weighted mean of models, chosen one by one, with replacement, by their answers out of fold.',
    paper: {
      title: 'Ensemble Selection from Libraries of Models',
      authors: 'Caruana, Niculescu-Mizil, Crew, Ksikes',
      year: 2004,
      reference: '10.1145/1015330.1015432',
      equations: 'Section 2, with replacement (2.1), sorted initialisation (2.2) and bags (2.3)',
      deviations:
        'The library has four ordinary methods of this program, not 2000 models; the hillclimbing set is the ' +
        'training rows with answers out of fold, so that no row is held out; one bag of all models unless told, for ' +
        'half of so few are too few (seen on development rows).',
    },
    measures: [
      {
        id: 'measure.models-used',
        title: 'Models used',
        formula: 'different models with a weight above 0',
        direction: 'none',
        unit: 'count',
      },
    ],
    fields: {
      size: z.number().int().min(1).max(500).default(50).describe('Models that are chosen in a bag, with replacement'),
      initial: z.number().int().min(0).max(50).default(1).describe('Best single models to begin with'),
      bags: z.number().int().min(1).max(100).default(1).describe('Bags; the weights are means over them'),
      share: z.number().min(0.05).max(1).default(1).describe('Share of the models that a bag chooses among'),
      ...libraryFields,
    },
    fits: libraryFits,
  },
  {
    family: 'ensembling',
    protocol: 'rows',
    trials: libraryRequests,
    async *run(context, values) {
      const { names, classes, labels, outOfFold, predictor } = await openLibrary(context, values);
      const probabilities = outOfFold.map((logs) => logs.map(Math.exp));
      const weights = new Float64Array(names.length);
      for (let bag = 0; bag < values.bags; bag += 1) {
        const among = bagOf(names.length, values.share, context.stream(`bag${bag}`));
        const { order } = selectGreedily(probabilities, labels, classes, { ...values, among });
        for (const model of order) weights[model] += 1 / (values.size * values.bags);
        yield { kind: 'progress', cursor: null, done: bag + 1, total: values.bags };
      }
      const used = [...weights.keys()].filter((model) => weights[model] > 0);
      return {
        predictor: predictor((logs) => {
          const mean = (at: number): number =>
            used.reduce((sum, model, i) => sum + weights[model] * Math.exp(logs[i][at]), 0);
          const values = Float32Array.from(logs[0], (_, at) => Math.log(mean(at)));
          return { kind: 'log-probabilities', width: classes, values };
        }, used),
        scalars: { 'measure.models-used': used.length },
        notes: [used.map((model) => `${names[model]}: ${weights[model].toFixed(3)}`).join(', ')],
      };
    },
  },
);

import { z } from 'zod';
import type { LayerSpec } from '../../engine/networks/layers/kinds.ts';
import { mapLayers } from '../../engine/networks/map-layers.ts';
import { tf, type Tensor } from '../../engine/tf.ts';
import { defineContinualMethod } from './shared/driver.ts';

/** What sums of squares start with in the published runs with Adagrad. */
const ADAGRAD_START = 1e-6;

/** Inside a step: `moved`, no entry further from `before` than `most`. */
export const clippedMove = (before: Tensor, moved: Tensor, most: number): Tensor =>
  tf.add(before, tf.clipByValue(tf.sub(moved, before), -most, most));

/**
 * Hard adaptive swish (Keskinen 2024, repository LesserScholar/hard-ash): the rectifiers of the suite's network become
 * activations by which few units of an example answer, those far above the mean of the layer. The weights of each
 * hidden unit have mean 0 and length 1, and no entry of an update is larger than `most`; both for every activation that
 * can be chosen, so that they compare. Nothing is stored and no boundary is told.
 */
export default defineContinualMethod({
  id: 'hard-ash',
  version: 1,
  title: 'Hard ASH',
  summary: 'Sparse activations in place of rectifiers: only units far above the mean of their layer answer.',
  paper: {
    title: 'Hard ASH: Sparsity and the right optimizer make a continual learner',
    authors: 'Keskinen',
    year: 2024,
    reference: 'arXiv:2404.17651',
    equations: 'Hard ASH, and the settings of 02_run_experiments.py',
    deviations: 'An optimiser that a person chooses has the defaults of the workbench, but for the start of Adagrad.',
  },
  fields: {
    activation: z
      .enum(['hard-ash', 'ash', 'top-k', 'relu'])
      .default('hard-ash')
      .describe('What stands in place of the rectifier; relu leaves it'),
    alpha: z.number().min(0.01).max(100).default(3).describe('Steepness α of the gate of ASH and Hard ASH'),
    deviations: z
      .number()
      .min(-5)
      .max(10)
      .default(2.3)
      .describe('Deviations above the mean of a layer at which the gate is half open'),
    k: z.number().int().min(1).max(10000).default(64).describe('Units that may pass, of top-k'),
    most: z.number().min(0.0001).max(10).default(0.01).describe('No entry of an update is larger'),
  },
  fits: ({ network }) =>
    network.layers.every(({ kind }) => kind === 'dense' || kind === 'relu') ||
    'Weights are standardised unit by unit, which is written for networks of dense layers.',
  network: (spec, { activation, alpha, deviations, k }) => {
    const activations: Record<typeof activation, LayerSpec> = {
      'hard-ash': { kind: 'ash', alpha, deviations, hard: true },
      ash: { kind: 'ash', alpha, deviations, hard: false },
      'top-k': { kind: 'top-k', k, most: 2 },
      relu: { kind: 'relu' },
    };
    return mapLayers(spec, { kind: 'hard-ash', activation, alpha, deviations, k }, (layer, place) => {
      if (layer.kind === 'relu') return activations[activation];
      return layer.kind === 'dense' && place === 'hidden' ? { ...layer, kind: 'standardised-dense' } : layer;
    });
  },
  optimiser: (chosen) => (chosen.kind === 'adagrad' ? { ...chosen, start: ADAGRAD_START } : chosen),
  create: (run, { most }) => ({
    afterUpdate: (scope, { before }) => {
      for (const [name, variable] of Object.entries(run.parameters))
        scope.assign(variable, clippedMove(before[name], scope.read(variable), most));
    },
  }),
});

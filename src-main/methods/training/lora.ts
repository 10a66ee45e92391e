import { z } from 'zod';
import { mapLayers } from '../../engine/networks/map-layers.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import { defineTrainingMethod } from './shared/driver.ts';

/** The network with a change of low rank beside every hidden dense layer, scaled by α/r. */
export const withLowRankChanges = (spec: NetworkSpec, rank: number, alpha: number): NetworkSpec =>
  mapLayers(spec, { kind: 'low-rank', rank, alpha }, (layer, place) =>
    layer.kind === 'dense' && place === 'hidden'
      ? { kind: 'low-rank-dense', name: layer.name, units: layer.units, rank, scale: alpha / rank }
      : layer,
  );

/**
 * LoRA (Hu et al. 2022, section 4.1): the weights of a network that was trained before stay as they are; beside each
 * dense layer x·W a change (α/r)·x·A·B of rank r is trained, which is 0 at first.
 */
export default defineTrainingMethod({
  id: 'lora',
  version: 1,
  title: 'LoRA',
  summary: 'Adapts a trained network by changes of low rank beside its dense layers, which stay as they are.',
  paper: {
    title: 'LoRA: Low-Rank Adaptation of Large Language Models',
    authors: 'Hu, Shen, Wallis, Allen-Zhu, Li, Wang, Wang, Chen',
    year: 2022,
    reference: 'arXiv:2106.09685',
    equations: 'Section 4.1, eq. 3',
    deviations:
      'Hidden dense layers of plain networks instead of attention; the head is trained too, as the paper does for ' +
      'classification. A starts uniform in ±1/√in, as in the authors’ code, where the paper says normal.',
  },
  fields: {
    rank: z.number().int().min(1).max(256).default(4).describe('Rank r of the changes'),
    alpha: z.number().positive().max(1024).default(8).describe('α: the changes are scaled by α/r'),
    learningRate: z.number().positive().max(1).default(3e-3).describe('Learning rate of Adam'),
  },
  fits: ({ id, start }) => start !== undefined || `LoRA adapts a network that was trained before; ${id} declares none.`,
  hooks: ({ rank, alpha, learningRate }, { network: { spec } }) => ({
    network: withLowRankChanges(spec, rank, alpha),
    optimiser: { kind: 'adam', lr: learningRate },
    trains: (parameter) => /\/(down|up)$/.test(parameter) || parameter.startsWith(`${spec.heads[0].name}/`),
  }),
});

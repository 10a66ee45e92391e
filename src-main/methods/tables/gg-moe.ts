import { z } from 'zod';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import { defineTrainingMethod } from '../training/shared/driver.ts';
import { needsTable } from './shared/host.ts';
import { adamW, adamWFields, tableNetwork } from './shared/nets.ts';

interface Mixture {
  readonly experts: number;
  readonly blocks: number;
  readonly width: number;
  readonly gate: 'softmax' | 'gumbel';
}

/** Experts that share the width among them, and a head on what the gate makes of their answers. */
export const mixtureOf = (suite: NetworkSpec, { experts, blocks, width, gate }: Mixture): NetworkSpec =>
  tableNetwork(suite, { kind: 'mixture-of-experts', experts, blocks, width, gate }, [
    {
      kind: 'experts',
      name: 'experts',
      experts,
      units: Math.max(1, Math.floor(width / experts)),
      blocks,
      gate,
      draw: 0,
    },
  ]);

/** (GG) mixture of experts (Chernov 2025): small experts whose answers a gate weighs, with Gumbel noise in training. */
export default defineTrainingMethod({
  id: 'gg-moe',
  version: 1,
  title: 'GG MoE',
  summary: 'Small networks side by side, weighed for each row by a gate that is noisy while it trains.',
  family: 'tables',
  paper: {
    title: '(GG) MoE vs. MLP on Tabular Data',
    authors: 'Chernov',
    year: 2025,
    reference: 'arXiv:2502.03608',
    equations: 'The backbone of the authors’ moe.py',
    deviations:
      'Without the shared embedding of numbers and without dropout; answers by the softmax of the gate in place of ' +
      'the mean over ten draws; the suite’s budget in place of early stopping; not tuned.',
  },
  targets: ['classes', 'numbers'],
  fields: {
    experts: z.number().int().min(1).max(64).default(8).describe('Experts'),
    blocks: z.number().int().min(1).max(8).default(2).describe('Layers of an expert'),
    width: z.number().int().min(1).max(2048).default(128).describe('Units of a layer, of all experts together'),
    gate: z
      .enum(['gumbel', 'softmax'])
      .default('gumbel')
      .describe('With Gumbel noise in training (GG MoE), or without'),
    ...adamWFields,
  },
  fits: (suite) => needsTable(suite, 'the mixture of experts'),
  hooks: (values, { network: { spec } }) => ({ network: mixtureOf(spec, values), optimiser: adamW(values) }),
});

import { z } from 'zod';
import type { LayerSpec } from '../../engine/networks/layers/kinds.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import { defineTrainingMethod } from '../training/shared/driver.ts';
import { needsTable } from './shared/host.ts';
import { adamW, adamWFields, tableNetwork } from './shared/nets.ts';

interface ResidualBlocks {
  readonly blocks: number;
  readonly width: number;
  readonly multiplier: number;
  readonly dropout: number;
}

/** in(x); per block x + W₂ Drop(ReLU(W₁ BN(x))); then BN, ReLU and the head. */
export const residualOf = (suite: NetworkSpec, { blocks, width, multiplier, dropout }: ResidualBlocks): NetworkSpec =>
  tableNetwork(suite, { kind: 'residual-mlp', blocks, width, multiplier, dropout }, [
    { kind: 'dense', name: 'in', units: width },
    ...Array.from({ length: blocks }, (_, at): LayerSpec => ({
      kind: 'residual',
      layers: [
        { kind: 'batch-norm', name: `block${at}` },
        { kind: 'dense', name: `block${at}-first`, units: Math.floor(width * multiplier) },
        { kind: 'relu' },
        { kind: 'dropout', rate: dropout, draw: at },
        { kind: 'dense', name: `block${at}-second`, units: width },
      ],
    })),
    { kind: 'batch-norm', name: 'last' },
    { kind: 'relu' },
  ]);

/** The residual MLP of Gorishniy et al. 2021 (section 3.2, "ResNet"). */
export default defineTrainingMethod({
  id: 'residual-mlp',
  version: 1,
  title: 'Residual MLP',
  summary: 'Blocks of two layers, each added to what it is given, with batch norm at its start.',
  family: 'tables',
  paper: {
    title: 'Revisiting Deep Learning Models for Tabular Data',
    authors: 'Gorishniy, Rubachev, Khrulkov, Babenko',
    year: 2021,
    reference: 'arXiv:2106.11959',
    equations: 'Section 3.2',
    deviations: 'No dropout after the second layer; the suite’s budget in place of early stopping; not tuned.',
  },
  targets: ['classes', 'numbers'],
  fields: {
    blocks: z.number().int().min(1).max(8).default(2).describe('Residual blocks'),
    width: z.number().int().min(1).max(1024).default(64).describe('Units between the blocks'),
    multiplier: z.number().min(1).max(4).default(2).describe('Hidden units of a block, as a multiple of the width'),
    dropout: z.number().min(0).max(0.9).default(0.1).describe('Share of a block’s hidden units left out in training'),
    ...adamWFields,
  },
  fits: (suite) => needsTable(suite, 'the residual MLP'),
  hooks: (values, { network: { spec } }) => ({ network: residualOf(spec, values), optimiser: adamW(values) }),
});

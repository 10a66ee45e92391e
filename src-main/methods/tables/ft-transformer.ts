import { z } from 'zod';
import type { LayerSpec } from '../../engine/networks/layers/kinds.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import { iidProtocol } from '../training/contract.ts';
import { defineTrainingMethod } from '../training/shared/driver.ts';
import { needsTable } from './shared/host.ts';
import { tableNetwork } from './shared/nets.ts';

interface Transformer {
  readonly blocks: number;
  readonly width: number;
  readonly heads: number;
  readonly attentionDropout: number;
  readonly dropout: number;
}

/** Tokens of the columns behind a first one; pre-norm blocks, the first without a norm before its attention. */
export function transformerOf(suite: NetworkSpec, widths: readonly number[], settings: Transformer): NetworkSpec {
  const { blocks, width, heads, attentionDropout, dropout } = settings;
  const hidden = Math.floor((4 / 3) * width);
  const blocksOf = Array.from({ length: blocks }, (_, at): readonly LayerSpec[] => [
    {
      kind: 'residual',
      layers: [
        ...(at === 0 ? [] : [{ kind: 'layer-norm', name: `attention${at}` } as const]),
        { kind: 'attention', name: `attention${at}`, heads, dropout: { rate: attentionDropout, draw: 2 * at } },
      ],
    },
    {
      kind: 'residual',
      layers: [
        { kind: 'layer-norm', name: `feed${at}` },
        { kind: 'token-dense', name: `feed${at}-first`, units: 2 * hidden },
        { kind: 'reglu' },
        { kind: 'dropout', rate: dropout, draw: 2 * at + 1 },
        { kind: 'token-dense', name: `feed${at}-second`, units: width },
      ],
    },
  ]).flat();
  return tableNetwork(suite, { kind: 'ft-transformer', widths, ...settings }, [
    { kind: 'feature-tokens', name: 'tokens', units: width, widths, first: true },
    ...blocksOf,
    { kind: 'first-token' },
    { kind: 'layer-norm', name: 'last' },
    { kind: 'relu' },
  ]);
}

/**
 * FT-Transformer (Gorishniy et al. 2021, section 3.3): a token for each column and one more, attention among them, and
 * an answer from that one. The last block computes all tokens here, of which only the first is used.
 */
export default defineTrainingMethod({
  id: 'ft-transformer',
  version: 1,
  title: 'FT-Transformer',
  summary: 'Attention among tokens of the columns of a row, and an answer from a token of its own.',
  family: 'tables',
  paper: {
    title: 'Revisiting Deep Learning Models for Tabular Data',
    authors: 'Gorishniy, Rubachev, Khrulkov, Babenko',
    year: 2021,
    reference: 'arXiv:2106.11959',
    equations: 'Section 3.3',
    deviations:
      'Reduced: two blocks of 64, not three of 192; Adam 1e-3 without weight decay in place of AdamW 1e-4 with ' +
      '1e-5; the suite’s inputs and budget in place of quantile inputs and early stopping. A category that the ' +
      'suite encodes as one number is a number.',
  },
  targets: ['classes', 'numbers'],
  fields: {
    blocks: z.number().int().min(1).max(6).default(2).describe('Blocks'),
    width: z.number().int().min(8).max(512).multipleOf(8).default(64).describe('Numbers of a token'),
    attentionDropout: z.number().min(0).max(0.9).default(0.15).describe('Share of attention weights left out'),
    dropout: z.number().min(0).max(0.9).default(0.05).describe('Share of the hidden units of a block left out'),
    learningRate: z.number().positive().max(1).default(1e-3).describe('Learning rate'),
  },
  fits: (suite) => needsTable(suite, 'the FT-Transformer'),
  hooks: ({ learningRate, ...values }, context) => {
    const { table } = iidProtocol(context);
    if (table === null) throw new Error('The FT-Transformer has a token for each column; this suite has none.');
    return {
      network: transformerOf(context.network.spec, table.widths, { ...values, heads: 8 }),
      optimiser: { kind: 'adam', lr: learningRate },
    };
  },
});

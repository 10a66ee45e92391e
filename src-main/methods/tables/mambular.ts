import { z } from 'zod';
import type { LayerSpec } from '../../engine/networks/layers/kinds.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import { iidProtocol } from '../training/contract.ts';
import type { TableData } from '../training/contract.ts';
import { defineTrainingMethod } from '../training/shared/driver.ts';
import { needsTable } from './shared/host.ts';
import { adamW, adamWFields, tableNetwork } from './shared/nets.ts';
import { binned } from './shared/bins.ts';

interface Settings {
  readonly blocks: number;
  readonly width: number;
  readonly stateSize: number;
  readonly bins: number;
  readonly dropout: number;
}

/** Tokens of the columns in their order, blocks that read them one after the other, and the mean of what they say. */
export function mambularOf(
  suite: NetworkSpec,
  table: Pick<TableData, 'widths' | 'inputs'>,
  { blocks, width, stateSize, bins, dropout }: Settings,
): NetworkSpec {
  const { widths } = table;
  const [encoding, columns] = binned(table, bins);
  return tableNetwork(suite, { kind: 'mambular', widths, blocks, width, stateSize, bins, dropout }, [
    encoding,
    { kind: 'feature-tokens', name: 'tokens', units: width, widths: columns, first: false },
    ...Array.from({ length: blocks }, (_, at): LayerSpec => ({
      kind: 'residual',
      layers: [
        { kind: 'rms-norm', name: `block${at}` },
        { kind: 'mamba', name: `block${at}`, expand: 2, stateSize, window: 4 },
      ],
    })),
    { kind: 'rms-norm', name: 'last' },
    { kind: 'mean-token' },
    { kind: 'dropout', rate: dropout, draw: 0 },
  ]);
}

/**
 * Mambular (Thielmann et al. 2024, section 3): the columns of a row are a sequence that a selective state-space model
 * reads in the order of the table; the mean over its tokens answers.
 */
export default defineTrainingMethod({
  id: 'mambular',
  version: 1,
  title: 'Mambular',
  summary: 'Columns as a sequence, read one after the other by selective state-space blocks.',
  family: 'tables',
  paper: {
    title: 'Mambular: A Sequential Model for Tabular Deep Learning',
    authors: 'Thielmann, Kumar, Weisser, Reuter, Säfken, Samiee',
    year: 2024,
    reference: 'arXiv:2408.06291',
    equations: 'Section 3; the block of Mamba, arXiv:2312.00752, algorithm 2',
    deviations:
      'Reduced: two blocks of 32 with a state of 16, not four of 64 with 128. Bins between quantiles of the training ' +
      'rows, not between thresholds of trees that know the labels; tokens have a bias; columns in the order of the ' +
      'table, not categories first; AdamW 1e-3 and the suite’s budget in place of early stopping.',
  },
  targets: ['classes', 'numbers'],
  fields: {
    blocks: z.number().int().min(1).max(8).default(2).describe('Blocks'),
    width: z.number().int().min(1).max(256).default(32).describe('Numbers of a token'),
    stateSize: z.number().int().min(1).max(256).default(16).describe('Numbers of the state of each inner unit'),
    bins: z.number().int().min(2).max(256).default(16).describe('Bins of a number, at most'),
    dropout: z.number().min(0).max(0.9).default(0.5).describe('Share of the last units left out in training'),
    ...adamWFields,
  },
  fits: (suite) => needsTable(suite, 'Mambular'),
  hooks: ({ learningRate, weightDecay, ...values }, context) => {
    const { table } = iidProtocol(context);
    if (table === null) throw new Error('Mambular reads columns; this suite has none.');
    return {
      network: mambularOf(context.network.spec, table, values),
      optimiser: adamW({ learningRate, weightDecay }),
    };
  },
});

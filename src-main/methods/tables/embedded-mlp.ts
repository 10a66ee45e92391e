import { z } from 'zod';
import { periodicWidths } from '../../engine/networks/layers/periodic.ts';
import type { LayerSpec } from '../../engine/networks/layers/kinds.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import { iidProtocol } from '../training/contract.ts';
import type { TableData } from '../training/contract.ts';
import { defineTrainingMethod } from '../training/shared/driver.ts';
import { needsTable } from './shared/host.ts';
import { activated, adamW, adamWFields, blockFields, tableNetwork } from './shared/nets.ts';
import type { Blocks } from './shared/nets.ts';
import { binned, isNumber, widthsOfColumns } from './shared/bins.ts';

interface Settings extends Blocks {
  readonly embedding: 'piecewise' | 'periodic';
  readonly bins: number;
  readonly frequencies: number;
  readonly deviation: number;
  readonly embeddingWidth: number;
}

/** What stands before the blocks: each number encoded, then each column by a map of its own, rectified. */
export function embeddedOf(
  suite: NetworkSpec,
  table: Pick<TableData, 'widths' | 'inputs'>,
  { embedding, bins, frequencies, deviation, embeddingWidth, ...blocks }: Settings,
): NetworkSpec {
  const { widths } = table;
  const inputs = isNumber(widths);
  const [encoding, columns]: readonly [LayerSpec, readonly number[]] =
    embedding === 'piecewise'
      ? binned(table, bins)
      : [
          { kind: 'periodic', name: 'waves', inputs, frequencies, deviation },
          widthsOfColumns(widths, periodicWidths({ inputs, frequencies })),
        ];
  return tableNetwork(suite, { kind: 'embedded-mlp', widths, embedding, embeddingWidth, ...blocks }, [
    encoding,
    { kind: 'feature-tokens', name: 'embedding', units: embeddingWidth, widths: columns, first: false },
    { kind: 'relu' },
    { kind: 'flatten' },
    ...Array.from({ length: blocks.blocks }, (_, at): readonly LayerSpec[] => [
      { kind: 'dense', name: `dense${at}`, units: blocks.width },
      ...activated(blocks.dropout, at),
    ]).flat(),
  ]);
}

/**
 * MLP with embeddings of numbers (Gorishniy et al. 2022): each number becomes its place in bins between quantiles of
 * the training rows (section 3.2), or waves of trained frequencies (section 3.3); a map of its own and a rectifier make
 * a vector of that, and the MLP sees the vectors of all columns.
 */
export default defineTrainingMethod({
  id: 'embedded-mlp',
  version: 1,
  title: 'MLP with embeddings of numbers',
  summary: 'Numbers as places in bins or as waves, a vector for each column, then an MLP.',
  family: 'tables',
  paper: {
    title: 'On Embeddings for Numerical Features in Tabular Deep Learning',
    authors: 'Gorishniy, Rubachev, Babenko',
    year: 2022,
    reference: 'arXiv:2203.05556',
    equations: 'Section 3.2 (PLE with quantiles, a linear map and ReLU); section 3.3 (PLR)',
    deviations:
      'A category gets a vector of its own too. 16 bins in place of 48, for tables of hundreds of rows; the suite’s ' +
      'budget in place of early stopping; settings are not tuned for each table. A missing number is the mean.',
  },
  targets: ['classes', 'numbers'],
  fields: {
    embedding: z.enum(['piecewise', 'periodic']).default('piecewise').describe('Places in bins, or waves'),
    bins: z.number().int().min(2).max(256).default(16).describe('Bins of a number, at most'),
    frequencies: z.number().int().min(1).max(256).default(48).describe('Frequencies of a number'),
    deviation: z.number().positive().max(100).default(0.1).describe('Deviation σ of the frequencies at the start'),
    embeddingWidth: z.number().int().min(1).max(256).default(24).describe('Numbers of a column’s vector'),
    ...blockFields,
    ...adamWFields,
  },
  fits: (suite) => needsTable(suite, 'this MLP'),
  hooks: ({ learningRate, weightDecay, ...values }, context) => {
    const { table } = iidProtocol(context);
    if (table === null) throw new Error('The MLP with embeddings takes columns; this suite has none.');
    return {
      network: embeddedOf(context.network.spec, table, values),
      optimiser: adamW({ learningRate, weightDecay }),
    };
  },
});

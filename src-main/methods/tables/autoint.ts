import { z } from 'zod';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import { iidProtocol } from '../training/contract.ts';
import { defineTrainingMethod } from '../training/shared/driver.ts';
import { needsTable } from './shared/host.ts';
import { adamW, adamWFields, tableNetwork } from './shared/nets.ts';

interface Settings {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly headWidth: number;
}

/** A token for each column, interacting layers, and a linear head on all tokens. */
export const autointOf = (
  suite: NetworkSpec,
  widths: readonly number[],
  { layers, width, heads, headWidth }: Settings,
): NetworkSpec =>
  tableNetwork(suite, { kind: 'autoint', widths, layers, width, heads, headWidth }, [
    { kind: 'feature-tokens', name: 'tokens', units: width, widths, first: false },
    ...Array.from(
      { length: layers },
      (_, at) => ({ kind: 'interacting', name: `interacting${at}`, heads, units: headWidth }) as const,
    ),
    { kind: 'flatten' },
  ]);

/**
 * AutoInt (Song et al. 2019, section 4): tokens of the columns, which attention combines into interactions of a higher
 * order with every layer, and a linear answer from all of them. In the form of the paper, not of its code.
 */
export default defineTrainingMethod({
  id: 'autoint',
  version: 1,
  title: 'AutoInt',
  summary: 'Attention among columns finds which of them matter together; a linear answer from the result.',
  family: 'tables',
  paper: {
    title: 'AutoInt: Automatic Feature Interaction Learning via Self-Attentive Neural Networks',
    authors: 'Song, Shi, Xiao, Duan, Xu, Zhang, Tang',
    year: 2019,
    reference: 'arXiv:1810.11921',
    equations: 'Eqs. 3 to 9',
    deviations:
      'Tokens have a bias, which the paper’s lack; without dropout and without the MLP beside it (AutoInt+); AdamW ' +
      'and the suite’s budget.',
  },
  targets: ['classes', 'numbers'],
  fields: {
    layers: z.number().int().min(1).max(8).default(3).describe('Interacting layers'),
    width: z.number().int().min(1).max(256).default(16).describe('Numbers of a token'),
    heads: z.number().int().min(1).max(16).default(2).describe('Heads'),
    headWidth: z.number().int().min(1).max(256).default(32).describe('Numbers of a token in each head'),
    ...adamWFields,
  },
  fits: (suite) => needsTable(suite, 'AutoInt'),
  hooks: ({ learningRate, weightDecay, ...values }, context) => {
    const { table } = iidProtocol(context);
    if (table === null) throw new Error('AutoInt has a token for each column; this suite has none.');
    return {
      network: autointOf(context.network.spec, table.widths, values),
      optimiser: adamW({ learningRate, weightDecay }),
    };
  },
});

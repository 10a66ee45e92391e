import type { NetworkSpec } from '../../engine/networks/specification.ts';
import { defineTrainingMethod } from '../training/shared/driver.ts';
import { needsTable } from './shared/host.ts';
import { activated, adamW, adamWFields, blockFields, tableNetwork } from './shared/nets.ts';
import type { Blocks } from './shared/nets.ts';

/** Blocks of affine map, rectifier and dropout, then the head. */
export const blocksOf = (suite: NetworkSpec, { blocks, width, dropout }: Blocks): NetworkSpec =>
  tableNetwork(
    suite,
    { kind: 'tabular-mlp', blocks, width, dropout },
    Array.from({ length: blocks }, (_, at) => [
      { kind: 'dense', name: `dense${at}`, units: width } as const,
      ...activated(dropout, at),
    ]).flat(),
  );

/** The plain MLP of Gorishniy et al. 2021 (section 3.1): what TabM is with one member without factors. */
export default defineTrainingMethod({
  id: 'tabular-mlp',
  version: 1,
  title: 'MLP for tables',
  summary: 'Hidden layers with rectifiers and dropout, trained by AdamW: what other nets for tables are measured by.',
  family: 'tables',
  paper: {
    title: 'Revisiting Deep Learning Models for Tabular Data',
    authors: 'Gorishniy, Rubachev, Khrulkov, Babenko',
    year: 2021,
    reference: 'arXiv:2106.11959',
    equations: 'Section 3.1',
    deviations: 'The suite’s budget in place of early stopping; settings are not tuned for each table.',
  },
  targets: ['classes', 'numbers'],
  fields: { ...blockFields, ...adamWFields },
  fits: (suite) => needsTable(suite, 'this MLP'),
  hooks: (values, { network: { spec } }) => ({ network: blocksOf(spec, values), optimiser: adamW(values) }),
});

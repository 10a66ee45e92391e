import type { NetworkSpec } from '../../engine/networks/specification.ts';
import { defineTrainingMethod } from '../training/shared/driver.ts';
import { needsTable } from './shared/host.ts';
import { activated, adamW, adamWFields, blockFields, memberHooks, tableNetwork } from './shared/nets.ts';
import type { Blocks } from './shared/nets.ts';
import { membersField } from './tabm.ts';
import { TABM } from '../shared/papers.ts';

/** Factors of the inputs for each member, blocks that all share, a head for each member. */
export function tabmMiniOf(suite: NetworkSpec, { members, blocks, width, dropout }: Blocks & { members: number }) {
  const [head] = suite.heads;
  return tableNetwork(
    suite,
    { kind: 'tabm-mini', members, blocks, width, dropout },
    [
      { kind: 'member-scale', name: 'adapter', members, start: 'signs' },
      ...Array.from({ length: blocks }, (_, at) => [
        { kind: 'dense', name: `dense${at}`, units: width } as const,
        ...activated(dropout, at),
      ]).flat(),
    ],
    { kind: 'member-dense', name: head.name, units: head.outputs, members },
  );
}

/** TabM-mini (Gorishniy, Kotelnikov & Babenko 2025, section 3.3): members differ in the first factors and the heads. */
export default defineTrainingMethod({
  id: 'tabm-mini',
  version: 1,
  title: 'TabM-mini',
  summary: 'An MLP that many members share but for factors of their inputs and their heads.',
  family: 'tables',
  paper: {
    ...TABM,
    equations: 'Section 3.3, TabM-mini',
    deviations: 'As TabM here.',
  },
  asks: ['extra-passes'],
  targets: ['classes', 'numbers'],
  fields: { members: membersField, ...blockFields, ...adamWFields },
  fits: (suite) => needsTable(suite, 'TabM-mini'),
  hooks: (values, context) => ({
    network: tabmMiniOf(context.network.spec, values),
    optimiser: adamW(values),
    ...memberHooks(context, values.members),
  }),
});

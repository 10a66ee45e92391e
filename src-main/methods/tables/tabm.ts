import { z } from 'zod';
import type { LayerSpec } from '../../engine/networks/layers/kinds.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import { defineTrainingMethod } from '../training/shared/driver.ts';
import { needsTable } from './shared/host.ts';
import { activated, adamW, adamWFields, blockFields, memberHooks, tableNetwork } from './shared/nets.ts';
import type { Blocks } from './shared/nets.ts';
import { TABM } from '../shared/papers.ts';

export const membersField = z.number().int().min(1).max(64).default(16).describe('k: members that share the weights');

/** ((x ∘ r_m) W) ∘ s_m + b_m in every block, and a head for each member. */
export function tabmOf(suite: NetworkSpec, { members, blocks, width, dropout }: Blocks & { members: number }) {
  const [head] = suite.heads;
  const layers = Array.from({ length: blocks }, (_, at): readonly LayerSpec[] => [
    // The first factors tell the members apart from the first step on.
    { kind: 'member-scale', name: `dense${at}-in`, members, start: at === 0 ? 'signs' : 'ones' },
    { kind: 'dense', name: `dense${at}`, units: width, bias: false },
    {
      kind: 'member-scale',
      name: `dense${at}-out`,
      members,
      start: 'ones',
      biasFan: at === 0 ? suite.input[0] : width,
    },
    ...activated(dropout, at),
  ]).flat();
  return tableNetwork(suite, { kind: 'tabm', members, blocks, width, dropout }, layers, {
    kind: 'member-dense',
    name: head.name,
    units: head.outputs,
    members,
  });
}

/**
 * TabM (Gorishniy, Kotelnikov & Babenko 2025, section 3.3): an MLP shared by k members, each with a factor for every
 * input and output of a layer, biases and a head of its own; trained on the mean of the members' losses, answering with
 * the mean of their answers.
 */
export default defineTrainingMethod({
  id: 'tabm',
  version: 1,
  title: 'TabM',
  summary: 'An MLP whose weights many members share, each with factors, biases and a head of its own.',
  family: 'tables',
  paper: {
    ...TABM,
    equations: 'Section 3.3',
    deviations:
      'Without embeddings of numbers; 16 members of two blocks of 128 in place of 32 of three of 512; the suite’s ' +
      'budget in place of early stopping.',
  },
  asks: ['extra-passes'],
  targets: ['classes', 'numbers'],
  fields: { members: membersField, ...blockFields, ...adamWFields },
  fits: (suite) => needsTable(suite, 'TabM'),
  hooks: (values, context) => ({
    network: tabmOf(context.network.spec, values),
    optimiser: adamW(values),
    ...memberHooks(context, values.members),
  }),
});

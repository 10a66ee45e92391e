import { z } from 'zod';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import type { Model } from '../models.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { expanding } from './shared/expanding.ts';

const WEIGHTED: ReadonlySet<string> = new Set(['dense', 'convolution']);

/** Where the last layer with weights begins: what is before it is shared, it and what follows is added by each task. */
const lastBlock = ({ layers }: NetworkSpec): number => layers.findLastIndex(({ kind }) => kind === 'dense');

/**
 * MEMO (Zhou et al. 2023): the early layers are general, so they are shared and learned in the first task; every task
 * adds a copy of the last block alone. The rest is as in dynamically expandable representations.
 */
export default defineContinualMethod({
  id: 'memo',
  version: 1,
  title: 'MEMO',
  summary:
    'Shares the early layers of the first task and adds the last block for each task; one head on all, a memory.',
  paper: {
    title: 'A Model or 603 Exemplars: Towards Memory-Efficient Class-Incremental Learning',
    authors: 'Zhou, Wang, Ye, Zhan',
    year: 2023,
    reference: 'arXiv:2205.13218',
    equations: 'eqs. 6 and 7',
    deviations:
      'A new block starts anew, not as a copy of the one before. The memory is repeated in every epoch until it is ' +
      'about as large as the new data, which leaves nothing to align; it holds an equal share for each task seen, ' +
      'drawn at random. The bytes that blocks save are not given to the memory.',
  },
  fields: {
    memory: z.number().int().min(1).max(100000).default(200).describe('Images stored over all tasks'),
    auxiliary: z.number().min(0).max(100).default(1).describe('Weight of the auxiliary loss'),
    align: z.boolean().default(false).describe('Scale the weights of new classes to the length of the others'),
  },
  asks: ['replay-memory', 'boundaries'],
  fits: ({ scenario, network }) => {
    if (scenario !== 'class-il') return 'The head tells all classes apart; it is for class-IL.';
    const early = network.layers.slice(0, Math.max(0, lastBlock(network)));
    return early.some(({ kind }) => WEIGHTED.has(kind)) || 'A network of one block has no early layers to share.';
  },
  create: (run, settings) => {
    const { models, protocol, context } = run;
    const { spec } = context.network;
    const at = lastBlock(spec);
    const shared = models.open(
      'early-layers',
      {
        ...spec,
        architecture: { ...spec.architecture, part: 'early' },
        layers: spec.layers.slice(0, at),
        heads: [{ name: 'auxiliary', outputs: 1 }],
      },
      (network) => network.init(run.stream('init')),
    );
    const [width] = [shared.network.params.find(({ name }) => name === 'auxiliary/kernel')?.shape[0] ?? 0];
    const open = (task: number): Model =>
      models.open(
        `extractor-${task}`,
        {
          ...spec,
          architecture: { ...spec.architecture, part: 'late' },
          input: [width],
          layers: spec.layers.slice(at),
          heads: [{ name: 'auxiliary', outputs: protocol.tasks[task].outputs.length + 1 }],
        },
        (network) => network.init(run.stream(`init/extractor-${task}`)),
      );
    return expanding(run, { open, shared: { model: shared, of: (x, apply) => apply(shared, x).features } }, settings);
  },
});

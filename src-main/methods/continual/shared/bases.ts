import { z } from 'zod';
import type { ValuesOf } from '../../define.ts';
import type { ContinualRun, StepHooks } from '../contract.ts';
import { logitDistance, withReplay } from './dark-knowledge.ts';
import { stepReplay, type StepReplay } from './replay.ts';

/** Hyper-parameters of methods that act on top of another one. */
export const baseFields = {
  base: z.enum(['naive', 'er', 'derpp']).default('er').describe('What it acts on top of'),
  memory: z.number().int().min(1).max(100000).default(500).describe('Images stored, where the base replays'),
  memoryBatch: z.number().int().min(1).max(10000).default(32).describe('Images in each batch drawn from memory'),
} as const;

/** Experience replay's step: the mean over the stream's batch and one drawn from a reservoir, taken together. */
export const replayHooks = (run: ContinualRun, { memory, memoryBatch }: Sizes): ReplayStep =>
  replaying(stepReplay(run, memory, memoryBatch, ['replay']));

/** The step of replay, of which methods build theirs. */
export type ReplayStep = StepHooks & Required<Pick<StepHooks, 'inputs' | 'feed' | 'passes' | 'loss'>>;

/** The same over a memory that a method uses otherwise too; one of its draws is called `replay`. */
export function replaying(replay: StepReplay): ReplayStep {
  return {
    inputs: replay.inputs,
    feed: replay.feed,
    passes: replay.passes,
    loss: (losses) => {
      const { examples, weights } = replay.together(losses, 'replay');
      return losses.crossEntropy(losses.logits(examples.x), examples, weights);
    },
  };
}

/** DER++'s step (Buzzega et al. 2020, eq. 7). */
export const darkReplayHooks = (run: ContinualRun, values: Sizes & DarkWeights): StepHooks =>
  darkReplaying(run, stepReplay(run, values.memory, values.memoryBatch, ['logits', 'labels']), values);

function darkReplaying(
  run: ContinualRun,
  replay: StepReplay,
  { alpha, beta, reduction }: Sizes & DarkWeights,
): StepHooks {
  const stored = replay.beside('stored-logits', run.protocol.outputs);
  return {
    inputs: replay.inputs,
    feed: replay.feed,
    passes: replay.passes,
    loss: (losses) => {
      const first = replay.drawn(losses, 'logits'),
        second = replay.drawn(losses, 'labels');
      const distance = logitDistance(losses.logits(first.x), stored.drawn(losses, 'logits'), reduction);
      const labels = losses.crossEntropy(losses.logits(second.x), second);
      const fresh = losses.crossEntropy(losses.batchLogits, losses.batch);
      stored.keep(losses, losses.batchLogits);
      return withReplay(
        fresh,
        [
          [distance, alpha],
          [labels, beta],
        ],
        replay.on(losses),
      );
    },
  };
}

/** The step of the base that was chosen; DER++ with the weights that its method has by default. */
export function baseHooks(run: ContinualRun, values: ValuesOf<typeof baseFields>): StepHooks {
  switch (values.base) {
    case 'naive':
      return {};
    case 'er':
      return replayHooks(run, values);
    case 'derpp':
      return darkReplayHooks(run, { ...values, ...DARK_WEIGHTS });
  }
}

/** The step of a base that replays, and its memory, from which each step draws another batch called `also`. */
export function replayingBase(
  run: ContinualRun,
  { base, ...sizes }: Sizes & { readonly base: 'er' | 'derpp' },
  also: string,
): { readonly hooks: StepHooks; readonly replay: StepReplay } {
  const draws = base === 'er' ? ['replay', also] : ['logits', 'labels', also];
  const replay = stepReplay(run, sizes.memory, sizes.memoryBatch, draws);
  const hooks = base === 'er' ? replaying(replay) : darkReplaying(run, replay, { ...sizes, ...DARK_WEIGHTS });
  return { hooks, replay };
}

/** As DER++ has them by default. */
const DARK_WEIGHTS = { alpha: 0.2, beta: 1, reduction: 'entries' } as const;

interface Sizes {
  readonly memory: number;
  readonly memoryBatch: number;
}

interface DarkWeights {
  readonly alpha: number;
  readonly beta: number;
  readonly reduction: 'examples' | 'entries';
}

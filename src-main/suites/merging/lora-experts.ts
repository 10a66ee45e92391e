import type { Suite } from '../contract.ts';
import { fineTuning, sharedStartSuite } from './shared/shared-start.ts';
import {
  GENERATED_DIGITS,
  GENERATED_SIZES,
  GENERATED_SOURCE,
  QUICK,
  QUICK_GENERATED_SOURCE,
  tasksOf,
} from './shared-start-digits.ts';

/** Adapters of rank 4 beside the three dense layers of the trunk, by Adam 3e-3. */
const adapters = { rank: 4, learningRate: 3e-3 } as const;

const common = { ...fineTuning, run: adapters, scenario: 'adapters on one start' } as const;

/**
 * Experts that are changes of rank 4 beside the dense layers of one start, which stay as they are, as are the heads.
 * Each expert has its A and B, for merges of adapters, and is a whole network for all others.
 */
export const suites: readonly Suite[] = [
  sharedStartSuite({
    ...common,
    ...tasksOf(GENERATED_DIGITS, GENERATED_SIZES),
    id: 'lora-experts',
    title: 'Adapters of rank 4, MNIST and generated digits',
    hidden: [512, 256],
    source: GENERATED_SOURCE,
    summary:
      'Four adapters of rank 4 on one start: MNIST and generated digits, as they are, turned and mirrored. Trunk ' +
      '512-256-128 and cosine heads of 10 rows a class stay as they are.',
  }),
  sharedStartSuite({
    ...common,
    ...tasksOf(GENERATED_DIGITS, [QUICK, QUICK]),
    id: 'lora-experts-quick',
    quickOf: 'lora-experts',
    title: 'Adapters of rank 4, MNIST and generated digits, quick',
    hidden: [128, 128],
    source: QUICK_GENERATED_SOURCE,
    summary: 'The same on 1,500 rows a task with a trunk 128-128-128: a few seconds in all.',
  }),
];
export default suites;

import { cosineMlp } from '../../engine/networks/architectures/cosine-mlp.ts';
import type { Suite } from '../contract.ts';
import type { Domain } from './shared/domains.ts';
import { drawnRuns } from './shared/drawn-runs.ts';
import { expertsSuite } from './shared/experts-suite.ts';
import { sourceTraining } from './shared/shared-start.ts';
import { spansFrom } from './shared/task-rows.ts';
import type { ExpertsDefinition } from './shared/experts-suite.ts';
import type { FurtherRows, RowsDefinition, Span } from './shared/task-rows.ts';

const HEAD = 'digits';

/** As strong that a net fine-tuned on clean digits loses a tenth to a third of them. */
const SHIFTS: readonly { readonly measuredAs: string; readonly domain: Domain }[] = [
  { measuredAs: 'rotation', domain: { kind: 'rotated', degrees: 30 } },
  { measuredAs: 'noise', domain: { kind: 'noisy', deviation: 0.35 } },
  { measuredAs: 'blur', domain: { kind: 'blurred', deviation: 1.8 } },
];

interface Runs extends Pick<ExpertsDefinition, 'id' | 'title' | 'summary' | 'quickOf'> {
  readonly hidden: readonly number[];
  readonly runs: number;
  readonly epochs: readonly [number, number];
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  readonly learningRate: readonly [number, number];
  /** What the start knows. */
  readonly source: readonly RowsDefinition[];
}

/** Generated shapes and digits: no row of the task's data set. */
const generated = (shapes: number, digits: number): RowsDefinition[] => [
  { dataset: 'shapes-generated', train: [0, shapes] },
  { dataset: 'digits-generated', train: [0, digits] },
];

/**
 * Other rows of the task's data set in other looks of the same kinds as it is judged under, so that the start answers
 * the task and is robust, as CLIP is before it is fine-tuned.
 */
const LOOKS: readonly Domain[] = [
  { kind: 'rotated', degrees: 0 },
  { kind: 'rotated', degrees: 20 },
  { kind: 'noisy', deviation: 0.25 },
  { kind: 'blurred', deviation: 1.3 },
];
const known = (rows: number): RowsDefinition[] => [
  { dataset: 'mnist', domains: LOOKS, train: [20_000, 20_000 + rows] },
];

function manyRuns({ hidden, runs, epochs, train, validation, test, learningRate, source, ...named }: Runs): Suite {
  const scored: Span = [0, test];
  return expertsSuite({
    ...named,
    version: 1,
    scenario: 'many runs of one task',
    judged: 'own heads',
    network: cosineMlp({ input: 784, hidden, features: 128, scale: 20, heads: { [HEAD]: 10 }, init: 'torch-default' }),
    facts: {
      start: { method: 'train-start', hyperParameters: {} },
      members: drawnRuns(named.quickOf ?? named.id, runs, {
        learningRate,
        weightDecay: [1e-4, 1e-1],
        epochs,
        smoothing: [0.01, 0.2],
        noise: [0.05, 0.3],
        mixup: [0.1, 1],
      }),
      heads: [HEAD],
      frozenHeads: false,
    },
    tasks: [{ name: 'MNIST', dataset: 'mnist', ...spansFrom(0, { train, validation }), scored }],
    further: SHIFTS.map(({ measuredAs, domain }): FurtherRows => ({
      task: 0,
      measuredAs,
      dataset: 'mnist',
      domains: [domain],
      scored,
    })),
    source: { parts: source, ...sourceTraining },
    epochs: epochs[1],
    batchSize: 64,
    optimiser: { kind: 'adam', lr: 1e-3 },
    references: { lower: 'any-run', upper: 'prediction-ensemble' },
    metrics: ['acc.test', 'acc.shift', 'acc.rotation', 'acc.noise', 'acc.blur', 'nll.test', 'acc.validation'],
  });
}

/**
 * Many fine-tunings of one start on one task, with settings drawn log-uniformly, for soups and their kin: judged on the
 * test rows as they are, and turned, noisy and blurred. The start knows generated shapes and digits; the head of all
 * runs begins with the start's class means of ten rows, and is trained with the rest.
 */
export const suites: readonly Suite[] = [
  manyRuns({
    id: 'many-runs-one-task',
    title: 'MNIST, 24 runs from one start',
    hidden: [256],
    runs: 24,
    epochs: [4, 16],
    train: 4000,
    validation: 1000,
    test: 5000,
    learningRate: [1e-4, 1e-2],
    source: generated(5000, 10_000),
    summary:
      'An MLP 784-256-128 that knows generated shapes and digits, fine-tuned 24 times on 4,000 rows of MNIST with ' +
      'drawn settings; judged as they are, turned by 30°, noisy and blurred.',
  }),
  manyRuns({
    id: 'many-runs-one-task-quick',
    quickOf: 'many-runs-one-task',
    title: 'MNIST, 8 runs from one start, quick',
    hidden: [64],
    runs: 8,
    epochs: [3, 8],
    train: 1000,
    validation: 500,
    test: 1000,
    learningRate: [1e-4, 1e-2],
    source: generated(1000, 2000),
    summary: 'The same with 8 runs of a net 784-64-128 on 1,000 rows: a few seconds in all.',
  }),
  manyRuns({
    id: 'many-runs-known-task',
    title: 'MNIST, 20 runs from a start that knows it',
    hidden: [256],
    runs: 20,
    epochs: [4, 16],
    train: 4000,
    validation: 1000,
    test: 5000,
    learningRate: [3e-5, 3e-3],
    source: known(8000),
    summary:
      'As CLIP is fine-tuned: an MLP 784-256-128 that knows other rows of MNIST as they are, turned, noisy and ' +
      'blurred, fine-tuned 20 times on 4,000 rows as they are; judged on these and under stronger shifts.',
  }),
  manyRuns({
    id: 'many-runs-known-task-quick',
    quickOf: 'many-runs-known-task',
    title: 'MNIST, 8 runs from a start that knows it, quick',
    hidden: [64],
    runs: 8,
    epochs: [4, 16],
    train: 1000,
    validation: 500,
    test: 2000,
    learningRate: [3e-5, 3e-3],
    source: known(2000),
    summary: 'The same with 8 runs of a net 784-64-128 on 1,000 rows: a few seconds in all.',
  }),
];
export default suites;

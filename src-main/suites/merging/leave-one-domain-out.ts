import { cosineMlp } from '../../engine/networks/architectures/cosine-mlp.ts';
import type { Suite } from '../contract.ts';
import { domainWidth } from './shared/domains.ts';
import type { Domain } from './shared/domains.ts';
import { drawnRuns } from './shared/drawn-runs.ts';
import { expertsSuite } from './shared/experts-suite.ts';
import { sourceTraining } from './shared/shared-start.ts';
import { spansFrom } from './shared/task-rows.ts';
import type { RowsDefinition } from './shared/task-rows.ts';

const HEAD = 'domains';

interface Domains {
  readonly id: string;
  readonly name: string;
  readonly classes: number;
  readonly seen: readonly Domain[];
  readonly leftOut: Domain;
  readonly source: (size: number) => readonly RowsDefinition[];
  readonly what: string;
}

const rotated = (degrees: number): Domain => ({ kind: 'rotated', degrees });
const coloured = (agreement: number | null): Domain => ({ kind: 'coloured', agreement });

const SETS: readonly Domains[] = [
  {
    id: 'rotated-mnist',
    name: 'Rotated MNIST',
    classes: 10,
    seen: [0, 15, 30, 45, 60].map(rotated),
    leftOut: rotated(75),
    source: (size) => [
      { dataset: 'shapes-generated', train: [0, size] },
      { dataset: 'digits-generated', train: [0, size] },
    ],
    what: 'on digits turned by 0° to 60°; the domain left out is 75°',
  },
  {
    id: 'coloured-mnist',
    name: 'Coloured MNIST',
    classes: 2,
    seen: [0.9, 0.8].map(coloured),
    leftOut: coloured(0.1),
    source: (size) => [{ dataset: 'digits-generated', domains: [coloured(null)], train: [0, size] }],
    what:
      'on digits below 5 or not, a quarter of the labels wrong, whose colour agrees with the label in 90 % and 80 %; ' +
      'in the domain left out it does in 10 %',
  },
];

interface Size {
  readonly quick: boolean;
  readonly hidden: readonly number[];
  readonly runs: number;
  readonly epochs: readonly [number, number];
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  readonly source: number;
}

function leaveOneOut({ id, name, classes, seen, leftOut, source, what }: Domains, size: Size): Suite {
  const { quick, hidden, runs, epochs, train, validation, test } = size;
  const full = `leave-one-domain-out/${id}`;
  return expertsSuite({
    id: quick ? `leave-one-domain-out-quick/${id}` : full,
    ...(quick ? { quickOf: full } : {}),
    version: 1,
    title: `${name}, ${runs} runs from one start${quick ? ', quick' : ''}`,
    summary:
      `An MLP that knows generated digits, fine-tuned ${runs} times with mildly different settings ${what}.` +
      (quick ? ' A few seconds in all.' : ''),
    scenario: 'a domain left out',
    judged: 'own heads',
    network: cosineMlp({
      input: domainWidth(leftOut),
      hidden,
      features: 128,
      scale: 20,
      heads: { [HEAD]: classes },
      init: 'torch-default',
    }),
    facts: {
      start: { method: 'train-start', hyperParameters: {} },
      members: drawnRuns(full, runs, {
        learningRate: [3e-4, 3e-3],
        weightDecay: [1e-4, 1e-2],
        epochs,
        smoothing: [0.01, 0.1],
        noise: [0.05, 0.2],
        mixup: [0.1, 0.4],
      }),
      heads: [HEAD],
      frozenHeads: false,
    },
    tasks: [
      {
        name,
        dataset: 'mnist',
        domains: seen,
        ...spansFrom(0, { train, validation }),
        scored: [0, test],
      },
    ],
    further: [{ task: 0, measuredAs: 'left-out', dataset: 'mnist', domains: [leftOut], scored: [test, 2 * test] }],
    source: {
      parts: source(size.source),
      ...sourceTraining,
    },
    epochs: epochs[1],
    batchSize: 64,
    optimiser: { kind: 'adam', lr: 1e-3 },
    references: { lower: 'any-run', upper: 'prediction-ensemble' },
    metrics: ['acc.left-out', 'acc.test', 'nll.test', 'acc.validation'],
  });
}

/**
 * Domain generalisation as DomainBed has it, small: runs of one start on several domains of one task, chosen by
 * validation rows of these domains and judged on one that none of them saw.
 */
export const suites: readonly Suite[] = SETS.flatMap((domains) => [
  leaveOneOut(domains, {
    quick: false,
    hidden: [256],
    runs: 20,
    epochs: [4, 12],
    train: 5000,
    validation: 1000,
    test: 5000,
    source: 5000,
  }),
  leaveOneOut(domains, {
    quick: true,
    hidden: [64],
    runs: 8,
    epochs: [3, 6],
    train: 1000,
    validation: 500,
    test: 1000,
    source: 1000,
  }),
]);
export default suites;

import { mlp } from '../../engine/networks/architectures/mlp.ts';
import type { ExpertFacts } from '../../methods/contract.ts';
import type { Suite } from '../contract.ts';
import { expertsSuite } from './shared/experts-suite.ts';
import { spansFrom } from './shared/task-rows.ts';
import type { Span, TaskDefinition } from './shared/task-rows.ts';
import { trainedExpert } from './shared/trained-expert.ts';

interface Sizes {
  readonly hidden: readonly number[];
  readonly general: number;
  readonly target: number;
  readonly validation: number;
  readonly test: number;
}

/**
 * A large and a small net that know digits in general, and what tuning on a target makes of the small one: fused, the
 * large one shall do what it was not tuned for. The large ones that were tuned are the measure.
 */
function proxyTuning(
  header: { readonly id: string; readonly title: string; readonly summary: string; readonly quickOf?: string },
  { hidden, general, target, validation, test }: Sizes,
): Suite {
  const network = mlp({ input: 784, hidden, outputs: 10, init: 'torch-default' });
  const small = mlp({ input: 784, hidden: [32], outputs: 10, init: 'torch-default' });
  const rows = (train: number, place: number, scored: Span) => ({
    ...spansFrom(place, { train, validation }),
    scored,
  });
  const tasks: TaskDefinition[] = [
    { name: 'MNIST', dataset: 'mnist', ...rows(general, 0, [0, test]) },
    { name: 'Generated digits', dataset: 'digits-generated', ...rows(target, 0, [0, test]) },
    { name: 'MNIST turned', dataset: 'mnist', view: 'turned', ...rows(target, general + validation, [test, 2 * test]) },
  ];
  const tuned = (expert: number, from: number, task: number): ExpertFacts => ({
    name: `expert/${expert}`,
    task,
    method: 'tune-expert',
    hyperParameters: { expert, from },
    member: null,
  });
  return expertsSuite({
    ...header,
    version: 1,
    scenario: 'proxy tuning',
    judged: 'own heads',
    network,
    tasks,
    facts: {
      start: null,
      members: [
        trainedExpert(0, { task: 0 }),
        trainedExpert(1, { task: 0, network: small }),
        { ...tuned(2, 1, 1), network: small },
        { ...tuned(3, 1, 2), network: small },
        tuned(4, 0, 1),
        tuned(5, 0, 2),
      ],
      heads: ['output', 'output', 'output'],
      frozenHeads: false,
    },
    source: null,
    epochs: 5,
    batchSize: 64,
    optimiser: { kind: 'adam', lr: 1e-3 },
    references: { lower: 'best-single', upper: 'own-experts' },
    metrics: ['acc.tasks', 'acc.normalised', ...tasks.map((_, index) => `acc.task.${index + 1}`)],
  });
}

export const suites: readonly Suite[] = [
  proxyTuning(
    {
      id: 'proxy-tuning',
      title: 'A large net and a small pair',
      summary:
        'MLPs 512-256 and 32 on 20,000 rows of MNIST; both also tuned on 1,500 rows of generated digits and of MNIST ' +
        'turned. 5 epochs of Adam 1e-3 each.',
    },
    { hidden: [512, 256], general: 20_000, target: 1500, validation: 500, test: 1000 },
  ),
  proxyTuning(
    {
      id: 'proxy-tuning-quick',
      title: 'A large net and a small pair, quick',
      quickOf: 'proxy-tuning',
      summary: 'The same with 2,000 rows of MNIST, 500 of each target and a large net 128-64: seconds in all.',
    },
    { hidden: [128, 64], general: 2000, target: 500, validation: 200, test: 500 },
  ),
];
export default suites;

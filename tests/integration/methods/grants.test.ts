import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mlp } from '../../../src-main/engine/networks/architectures/mlp.ts';
import { defineContinualMethod } from '../../../src-main/methods/continual/shared/driver.ts';
import type {
  ContinualDefinition,
  ContinualHooks,
  ContinualRun,
} from '../../../src-main/methods/continual/contract.ts';
import { ContinualProtocol } from '../../../src-main/methods/continual/contract.ts';
import type { Grant, Method, Outcome, TrialContext, TrialEvent } from '../../../src-main/methods/contract.ts';
import { defineMethod } from '../../../src-main/methods/define.ts';
import { defineEnsemblingMethod } from '../../../src-main/methods/ensembling/shared/define.ts';
import { defineMergingMethod } from '../../../src-main/methods/merging/shared/define.ts';
import { expertsOf } from '../../../src-main/methods/merging/shared/protocol.ts';
import { networkPredictor } from '../../../src-main/methods/shared/network-predictor.ts';
import { networkVariables } from '../../../src-main/methods/shared/network-variables.ts';
import { iidProtocol } from '../../../src-main/methods/training/contract.ts';
import { defineTrainingMethod } from '../../../src-main/methods/training/shared/driver.ts';
import type { Suite } from '../../../src-main/suites/contract.ts';
import { splitSuite } from '../../../src-main/suites/continual/shared/split-suite.ts';
import { suiteRegistry } from '../../../src-main/suites/registry.ts';
import { iidSuite } from '../../../src-main/suites/training/shared/iid-suite.ts';
import { openDatasetStore } from '../../../src-main/datasets/store.ts';
import { openEngine } from '../../../src-main/engine/engine.ts';
import type { Engine } from '../../../src-main/engine/types.ts';
import { loadMethods, methodRegistry } from '../../../src-main/methods/registry.ts';
import { trialRunner } from '../run-trials.ts';

const rows = iidSuite({
  id: 'rows',
  version: 1,
  title: 'Rows',
  summary: '',
  family: 'training',
  scenario: 'iid',
  dataset: 'car',
  limit: { train: 60, test: 20 },
  scaling: 'none',
  validationShare: 0.2,
  network: mlp({ input: 6, hidden: [4], outputs: 4, init: 'torch-default' }),
  epochs: 1,
  batchSize: 16,
  optimiser: { kind: 'sgd', lr: 0.1 },
  references: { lower: 'majority-class', upper: 'sgd' },
});
const experts = iidSuite({
  id: 'experts',
  version: 1,
  title: 'Experts',
  summary: '',
  family: 'merging',
  kind: 'experts',
  scenario: 'iid',
  dataset: 'car',
  limit: { train: 60, test: 20 },
  scaling: 'none',
  validationShare: 0.2,
  grants: ['validation', 'unlabelled-test', 'training-inputs'],
  network: mlp({ input: 6, hidden: [4], outputs: 4, init: 'torch-default' }),
  epochs: 1,
  batchSize: 16,
  optimiser: { kind: 'sgd', lr: 0.1 },
  references: { lower: 'best-single', upper: 'best-single' },
});
const tasks = splitSuite({
  id: 'tasks',
  version: 1,
  title: 'Tasks',
  summary: '',
  scenario: 'task-il',
  dataset: 'car',
  classes: 4,
  classesPerTask: 2,
  transform: { kind: 'none' },
  width: 6,
  inputShape: [6],
  batchSize: 16,
  optimiser: { kind: 'sgd', lr: 0.1 },
  rowsPerClass: { train: 20, test: 5 },
  epochs: 1,
  network: (outputs) => mlp({ input: 6, hidden: [4], outputs, init: 'torch-default' }),
});
const SUITES: ReadonlyMap<string, Suite> = new Map([rows, experts, tasks].map((suite) => [suite.id, suite]));

let engine: Engine;
let run: (method: Method, suite: Suite) => Promise<unknown>;
beforeAll(async () => {
  engine = await openEngine('tensorflow-cpu');
  const known = await loadMethods();
  const store = openDatasetStore({ dataFolder: '/nonexistent' });
  run = (method, suite) => {
    const methods = methodRegistry(() => ({
      troubles: [],
      methods: new Map([...known.methods, [method.id, { method, origin: 'built-in' as const, file: '' }]]),
    }));
    const suites = suiteRegistry(() => ({ suites: SUITES, troubles: [] }));
    return trialRunner({ engine, methods, suites, dataset: (_suite, id) => store.open(id) }).run(suite.id, method.id);
  };
});
afterAll(() => engine.dispose());

const header = (asks: readonly Grant[]) => ({
  id: 'reaching',
  version: 1,
  title: 'Reaching',
  summary: '',
  paper: null,
  fields: {},
  asks,
});
const stream = (
  asks: readonly Grant[],
  create: (run: ContinualRun) => ContinualHooks,
  more: Partial<ContinualDefinition<Record<string, never>>> = {},
): Method => defineContinualMethod({ ...header(asks), ...more, create });
/** A method of no family, whose only act is this one. */
const plain = (asks: readonly Grant[], act: (context: TrialContext) => unknown): Method =>
  defineMethod(header(asks), {
    family: 'training',
    protocol: 'rows',
    async *run(context): AsyncGenerator<TrialEvent, Outcome, void> {
      await act(context);
      yield { kind: 'progress', cursor: null, done: 1, total: 1 };
      return {
        predictor: networkPredictor(
          context.engine,
          context.network,
          networkVariables(context.engine, context.network, 'plain'),
        ),
      };
    },
  });

/** Which method reaches for what, by the grant that it takes; made without and with it. */
const REACHING: readonly (readonly [string, Grant, Suite, (asks: readonly Grant[]) => Method])[] = [
  [
    'a method of no family, for validation rows',
    'validation',
    rows,
    (asks) => plain(asks, (context) => iidProtocol(context).validation()),
  ],
  [
    'training, for validation rows',
    'validation',
    rows,
    (asks) =>
      defineTrainingMethod({ ...header(asks), hooks: (_values, context) => (iidProtocol(context).validation(), {}) }),
  ],
  [
    'ensembling, for validation rows',
    'validation',
    rows,
    (asks) =>
      defineEnsemblingMethod({
        ...header(asks),
        members: () => 1,
        fit: async (ensemble) => (await ensemble.validation(), { combine: ([logits]) => logits }),
      }),
  ],
  [
    'merging, for validation rows',
    'validation',
    experts,
    (asks) =>
      defineMergingMethod({
        ...header(asks),
        async *merge({ models, tasks }) {
          await tasks[0].validation();
          yield 1;
          return { kind: 'parameters', merged: models[0], ends: [models[0], models[1]] };
        },
      }),
  ],
  [
    'merging, for training inputs',
    'training-inputs',
    experts,
    (asks) =>
      defineMergingMethod({
        ...header(asks),
        statistics: () => ({ grams: 10 }),
        async *merge({ models, statistics }) {
          await statistics.grams(0);
          yield 1;
          return { kind: 'parameters', merged: models[0], ends: [models[0], models[1]] };
        },
      }),
  ],
  [
    'a method of no family, for test inputs',
    'unlabelled-test',
    experts,
    (asks) => ({
      ...plain(asks, (context) => expertsOf(context).tasks[0].unlabelledTest()),
      protocol: 'experts',
      fits: () => true,
    }),
  ],
  [
    'a method of no family, for passes that its budget does not have',
    'extra-passes',
    rows,
    (asks) => plain(asks, ({ meter }) => (meter.examples(10), meter.passes({ forward: 10, backward: 11 }))),
  ],
  [
    'a stream, for a memory',
    'replay-memory',
    tasks,
    (asks) => stream(asks, (run) => (run.context.state.examples('mine', 5, 1), {})),
  ],
  [
    'a stream, for ids of an earlier task',
    'replay-memory',
    tasks,
    (asks) => stream(asks, ({ protocol }) => ({ epochIds: (task) => protocol.tasks[Math.max(0, task - 1)].ids })),
  ],
  [
    'a stream, for examples of an earlier task that it noted itself',
    'replay-memory',
    tasks,
    (asks) =>
      stream(asks, ({ protocol }) => {
        const noted: number[] = [];
        return {
          epochIds: (task) =>
            Int32Array.from(
              noted.concat((noted.push(...protocol.tasks[task].ids.slice(0, 3)), [...protocol.tasks[task].ids])),
            ),
        };
      }),
  ],
  [
    'a stream, for the label of an earlier example',
    'replay-memory',
    tasks,
    (asks) =>
      stream(asks, ({ protocol }) => {
        const [first] = protocol.tasks[0].ids;
        return { feed: () => (protocol.labelOf(first), {}) };
      }),
  ],
  [
    'a stream, for ids of a later task',
    'all-tasks',
    tasks,
    (asks) => stream(asks, ({ protocol }) => (protocol.tasks[1].ids, {})),
  ],
  [
    'a stream, for examples of a later task',
    'all-tasks',
    tasks,
    (asks) =>
      stream(asks, ({ protocol }) => {
        const own = protocol.tasks[0].ids;
        return { epochIds: () => Int32Array.from({ length: 2 * own.length }, (_, id) => id) };
      }),
  ],
  [
    'a stream, for the ends of tasks',
    'boundaries',
    tasks,
    (asks) => stream(asks, () => ({ endTask: async () => undefined })),
  ],
  [
    'a predictor, for the task of a sample',
    'task-id-at-test',
    tasks,
    (asks) => {
      const naive = stream(asks, () => ({}));
      return {
        ...naive,
        async *run(context, values) {
          const { predictor, ...rest } = yield* naive.run(context, values);
          if (predictor === undefined) throw new Error('none');
          return {
            ...rest,
            predictor: { answer: (question) => (question.tasks?.at(0), predictor.answer({ ...question })) },
          };
        },
      };
    },
  ],
];

describe('what was not asked for cannot be reached', () => {
  it.each(REACHING)('%s: %s', async (_who, grant, suite, method) => {
    await expect(run(method([]), suite)).rejects.toThrow(
      new RegExp(`^Reaching .+ does not ask for .+'${grant}' to \`asks\``),
    );
    await run(method([grant]), suite);
  });

  it('what was asked for does not open the rest', async () => {
    const reaches = stream(['replay-memory'], ({ protocol }) => (protocol.tasks[1].ids, {}));
    await expect(run(reaches, tasks)).rejects.toThrow("Add 'all-tasks'");
  });

  it('a stream goes on being one of its kind, and shows sizes and outputs of all tasks', async () => {
    let seen: unknown;
    await run(
      stream([], ({ protocol }) => {
        seen = [protocol instanceof ContinualProtocol, protocol.tasks.map(({ size, outputs }) => [size, outputs])];
        return {};
      }),
      tasks,
    );
    expect(seen).toEqual([
      true,
      [
        [40, [0, 1]],
        [40, [2, 3]],
      ],
    ]);
  });
});

describe('a method fits where the suite offers what it asks for', () => {
  const verdicts = (asks: readonly Grant[]): unknown[] =>
    [rows, tasks].map(({ facts }) => plain(asks, () => undefined).fits(facts));
  it('kinds come first, then what is missing, by its name', () => {
    expect(verdicts(['validation'])).toEqual([true, 'Reaching is for one training set; tasks is a stream of tasks.']);
    expect(verdicts(['validation', 'unlabelled-test', 'all-tasks'])[0]).toBe(
      'Reaching asks for test inputs without labels and all tasks at once; rows does not offer that.',
    );
    expect(stream(['task-id-at-test'], () => ({})).fits(tasks.facts)).toBe(true);
    expect(stream(['task-id-at-test'], () => ({})).fits({ ...tasks.facts, grants: [] })).toContain(
      'the task id at test time',
    );
  });
});

import type {
  Operation,
  StudyDetail,
  StudySummary,
  TrialSummary,
  WorkbenchEvent,
} from '../../../src-main/workbench/contract/contract.ts';
import { clientOver } from '../../../src-renderer/transport/client.ts';

/** Answers of a Workbench and events that tests of the stores push. */

export const trial = (id: string, state: TrialSummary['state'], method = 'er'): TrialSummary => ({
  id,
  spec: { suite: 'split-optdigits', method, hyperParameters: {}, seed: 0, fold: null, backend: 'tensorflow-cpu' },
  row: method,
  state,
  phase: null,
  progress: null,
  failure: null,
  role: 'cell',
  createdAt: 1,
  startedAt: null,
  finishedAt: null,
  headline: null,
  seconds: null,
});
export const counts = {
  queued: 0,
  waiting: 0,
  running: 0,
  paused: 0,
  done: 0,
  failed: 0,
  cancelled: 0,
  diverged: 0,
  'not-possible': 0,
};
export const summary = (id: string, createdAt: number, state: StudySummary['state'] = 'running'): StudySummary => ({
  id,
  name: `Study ${id}`,
  state,
  createdAt,
  finishedAt: null,
  suites: ['split-optdigits'],
  methods: ['er', 'der', 'naive'],
  seeds: [0],
  backend: 'tensorflow-cpu',
  imported: null,
  counts,
  eta: null,
  trouble: null,
});
export const detail = (id: string): StudyDetail => ({
  ...summary(id, 1),
  request: {
    name: 'x',
    suites: ['split-optdigits'],
    methods: [
      { method: 'er', hyperParameters: { memory: 200 } },
      { method: 'er', hyperParameters: {} },
      { method: 'der', hyperParameters: {} },
    ],
    seeds: [0],
    backend: 'auto',
    references: true,
  },
  configurations: [],
  leftOut: [],
  trials: [trial('t1', 'queued')],
  examplesPerSecond: null,
  forecasts: [],
});

/** A Workbench of fixed answers; the test pushes its events. */
export function fakeWorkbench(answers: Partial<Record<Operation, unknown>>) {
  const asked: string[] = [];
  let push: (event: unknown) => void = () => undefined;
  const replies = new Map(Object.entries(answers));
  const client = clientOver({
    async send(operation) {
      asked.push(operation);
      if (!replies.has(operation)) throw new Error(`not answered: ${operation}`);
      return replies.get(operation);
    },
    subscribe(listener) {
      push = listener;
      return () => undefined;
    },
  });
  return {
    client,
    asked,
    push: (event: WorkbenchEvent) => push(event),
    answer: (operation: Operation, reply: unknown) => {
      replies.set(operation, reply);
    },
  };
}

export const catalogueAnswers = {
  'catalogue.suites': [],
  'catalogue.methods': [],
  'catalogue.own': [],
  'catalogue.metrics': [],
  'data.list': [],
  'system.info': {
    version: '0',
    dataFolder: '',
    node: '',
    platform: '',
    cpu: '',
    cores: 1,
    memoryBytes: 1,
    backend: '',
    backends: [],
    workers: 1,
    readOnly: null,
  },
};

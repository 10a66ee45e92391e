import { availableBackends } from '../../engine/backends/backends.ts';
import type { BackendName } from '../../engine/types.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import type { Suite } from '../../suites/contract.ts';
import { loadSuites } from '../../suites/registry.ts';
import { contest } from '../contest.ts';
import { child, nativeThreads } from '../context.ts';
import type { Bench, RowGroup } from '../context.ts';
import { median } from '../interval.ts';
import { startTeam } from '../peers.ts';
import type { Team } from '../peers.ts';
import { soloRow } from '../record.ts';
import { stepCaseArgument } from '../step-case.ts';
import type { StepCase } from '../step-case.ts';

const NAME = 'suite-step';
const ROUNDS = 3;
const SECONDS = 0.5;
/** Batches of resident data. */
const BATCHES = 8;

/** What decides how fast a suite trains, and the suites that have it. */
interface Training {
  readonly id: string;
  readonly setting: Pick<StepCase, 'network' | 'optimiser' | 'batch'>;
  readonly suites: readonly string[];
}

/**
 * Milliseconds of a training step of every suite's network, batch and optimiser, on every backend there is and in every
 * way it can run; one thread each.
 */
export const suiteStepRows: RowGroup = {
  names: [NAME],
  async measure(bench) {
    const backends = (await availableBackends()).filter(({ available }) => available).map(({ name }) => name);
    for (const training of trainings([...(await loadSuites()).suites.values()]))
      if (bench.mayBeWanted(`${NAME}/${training.id}/`)) await measureTraining(bench, training, backends);
  },
};

async function measureTraining(
  bench: Bench,
  { id, setting, suites }: Training,
  backends: readonly BackendName[],
): Promise<void> {
  const teams: Team[] = [];
  try {
    for (const backend of backends) {
      for (const way of waysOf(backend)) {
        bench.say(`${NAME}/${id}: starting ${backend}, ${way}`);
        const argument = stepCaseArgument({ ...setting, rows: BATCHES * setting.batch, backend, way });
        teams.push(
          await startTeam({
            family: `${backend}/${way}`,
            arrangement: { processes: 1, threads: 1 },
            program: process.execPath,
            args: () => [child('engine-steps'), argument],
            env: nativeThreads,
            seconds: SECONDS,
          }),
        );
      }
    }
    for (const { family, values } of await contest(teams, ROUNDS)) {
      const ms = median(values);
      bench.done(
        soloRow(`${NAME}/${id}/${family}`, 'ms/step', ms, values, undefined, {
          examplesPerSecond: Math.round((1000 * setting.batch) / ms),
          batch: setting.batch,
          optimiser: setting.optimiser.kind,
          suites: [...suites],
        }),
      );
    }
  } finally {
    await Promise.all(teams.map((team) => team.close()));
  }
}

/** Only TensorFlow records steps. */
const waysOf = (backend: BackendName): readonly StepCase['way'][] =>
  backend.startsWith('tensorflow') ? ['eager', 'compiled', 'repeated'] : ['eager'];

/** Suites that train alike count once; outputs decide too little to tell them apart. */
function trainings(suites: readonly Suite[]): Training[] {
  const found = new Map<string, Training>();
  for (const { id: suite, network, budget } of suites) {
    if (budget.optimiser === undefined) continue;
    const id = `${nameOf(network)}-batch-${budget.batchSize}-${budget.optimiser.kind}`;
    const known = found.get(id);
    found.set(id, {
      id,
      setting: known?.setting ?? { network, optimiser: budget.optimiser, batch: budget.batchSize },
      suites: [...(known?.suites ?? []), suite],
    });
  }
  return [...found.values()];
}

/** `mlp-784-400-400`, `cnn-32-32-64-64`: the sizes of its layers, of a dense network with that of its input. */
const nameOf = ({ architecture, input, layers }: NetworkSpec): string => {
  const filters = layers.flatMap((layer) => (layer.kind === 'convolution' ? [layer.filters] : []));
  const units = layers.flatMap((layer) => (layer.kind === 'dense' ? [layer.units] : []));
  return [architecture.kind, ...(filters.length > 0 ? filters : [...input, ...units])].join('-');
};

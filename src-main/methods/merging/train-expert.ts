import { z } from 'zod';
import { buildNetwork } from '../../engine/networks/networks.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import type { NamedArrays } from '../../engine/types.ts';
import { MODEL } from '../contract.ts';
import type { Artefact, ExpertsFacts, Method, TrialContext } from '../contract.ts';
import { openModel, trainedModel } from '../shared/artefacts.ts';
import { networkVariables } from '../shared/network-variables.ts';
import { IidProtocol } from '../training/contract.ts';
import type { ResidentSplit, TrainingHooks } from '../training/contract.ts';
import { withLowRankChanges } from '../training/lora.ts';
import { runTraining, TRAINING_DRIVER } from '../training/shared/driver.ts';
import { ADAPTERS, ADAPTER_SCALE, adapted, adaptersOf } from './shared/adapters.ts';
import { averageParameters } from './shared/average.ts';
import { headNamed, madeHead } from './shared/made-head.ts';
import { predictorOfTasks } from './shared/own-heads.ts';
import { expertRequests, expertsOf, memberOf, START } from './shared/protocol.ts';
import { budgetOf, inOrder, runFields, runHooks } from './shared/run-settings.ts';

const schema = z.object({
  expert: z.number().int().min(0).max(1000).default(0).describe('Which of the experts that the suite declares'),
  ...runFields,
  from: z.literal('others').optional().describe('Begins with the mean of the experts of other tasks'),
  few: z.boolean().optional().describe('Trained on the labelled rows alone that its head was made of'),
  head: z.literal('anew').optional().describe('Its head is made anew where it begins, and trained with the rest'),
});

/**
 * One expert of a suite: the network, from the common start where there is one, trained on its task alone with the head
 * of that task. Frozen heads stay as the start has them. The suite says how its runs differ from one another.
 */
const trainExpert: Method = {
  id: 'train-expert',
  version: 1,
  driver: TRAINING_DRIVER,
  title: 'One expert',
  family: 'merging',
  protocol: 'experts',
  paper: null,
  hidden: true,
  summary: 'An expert as the suite declares it; made once a seed and shared by all merges.',
  schema,
  asks: ['all-tasks'],
  fits: ({ id, experts }) =>
    experts?.members.some(({ method }) => method === 'train-expert') === true
      ? true
      : `The networks of ${id} are trained otherwise.`,
  trials(suite, values, seed) {
    const { experts } = suite;
    if (experts === undefined) return [];
    const { from, expert } = schema.parse(values);
    const others = from === 'others' ? othersThan(experts, memberOf(experts, expert).task) : [];
    return expertRequests(suite, seed).filter(({ name }) => name === START || others.includes(name));
  },
  async *run(context, values) {
    const { facts, tasks, source } = expertsOf(context);
    const { expert, from, few, head, ...settings } = schema.parse(values);
    const { task, network = context.network.spec } = memberOf(facts, expert);
    const own = facts.heads[task];
    const start = facts.start === null ? null : (await openModel(context, START)).arrays;
    const begun = from === 'others' ? await meanOfOthers(context, facts, task, start) : start;
    const rows = budgetOf(
      few === true && source !== null ? fewRows(tasks[task], source.shots(own)) : tasks[task],
      settings,
    );
    const alone: NetworkSpec = { ...network, heads: [headNamed(network, own)] };
    const shots = head === 'anew' && source !== null ? source.shots(own) : null;
    const given = begun && shots ? { ...begun, ...(await headOf(context, alone, begun, shots)) } : begun;
    const run = inOrder(context, settings);
    const outcome = yield* runTraining(
      { ...run, protocol: new IidProtocol('experts', rows) },
      {
        network:
          settings.rank === undefined ? alone : withLowRankChanges(alone, settings.rank, settings.rank * ADAPTER_SCALE),
        ...(given === null ? {} : { startsFrom: given }),
        ...trainedPart(own, facts.frozenHeads && head === undefined, settings.rank),
        ...runHooks(run, rows, settings),
      },
      false,
    );
    const model = trainedModel(outcome);
    const arrays: NamedArrays = { ...start, ...withoutAdapters(model.arrays, settings.rank) };
    return {
      predictor: predictorOfTasks(context, facts, { network: buildNetwork(network), values: arrays }),
      artefacts: {
        ...outcome.artefacts,
        ...(settings.rank === undefined ? {} : adaptersArtefact(model.arrays)),
        [MODEL]: { kind: 'model', spec: network, arrays, note: `trained on task ${task + 1}` },
      },
    };
  },
};
export default trainExpert;

const othersThan = ({ members }: ExpertsFacts, task: number): string[] =>
  members.filter((member) => member.task !== task).map(({ name }) => name);

/** The mean of the bodies of experts of other tasks, with the heads of the start. */
async function meanOfOthers(
  context: TrialContext,
  facts: ExpertsFacts,
  task: number,
  start: NamedArrays | null,
): Promise<NamedArrays> {
  const others: NamedArrays[] = [];
  for (const name of othersThan(facts, task)) others.push((await openModel(context, name)).arrays);
  if (others.length === 0) throw new Error('The suite has no expert of another task to begin with.');
  const mean = averageParameters(others);
  const isHead = (name: string): boolean => facts.heads.some((head) => name.startsWith(`${head}/`));
  return { ...mean, ...Object.fromEntries(Object.entries(start ?? {}).filter(([name]) => isHead(name))) };
}

/** The one head of a network, made of the features that these parameters give the rows. */
function headOf(
  { engine }: Pick<TrialContext, 'engine'>,
  spec: NetworkSpec,
  values: NamedArrays,
  shots: ResidentSplit,
): Promise<NamedArrays> {
  const network = buildNetwork(spec);
  const variables = networkVariables(engine, network, 'begun');
  variables.load(values);
  return madeHead(engine, network, variables, shots, spec.heads[0]);
}

const fewRows = (task: ConstructorParameters<typeof IidProtocol>[1], shots: ReturnType<typeof task.train>) => ({
  ...task,
  train: () => shots,
  trainRows: shots.rows,
});

/** All but frozen heads; only the adapters where there are some. */
function trainedPart(head: string, frozenHead: boolean, rank: number | undefined): Pick<TrainingHooks, 'trains'> {
  if (rank !== undefined) return { trains: (parameter) => /\/(down|up)$/.test(parameter) };
  return frozenHead ? { trains: (parameter) => !parameter.startsWith(`${head}/`) } : {};
}

/** The network with every change of low rank added to its kernel. */
function withoutAdapters(arrays: NamedArrays, rank: number | undefined): NamedArrays {
  if (rank === undefined) return arrays;
  const adapters = adaptersOf(arrays, rank);
  return Object.fromEntries(
    Object.entries(arrays)
      .filter(([name]) => !/\/(down|up)$/.test(name))
      .map(([name, values]) => [name, name in adapters ? adapted(values, adapters[name]) : values]),
  );
}

const adaptersArtefact = (arrays: NamedArrays): Readonly<Record<string, Artefact>> => ({
  [ADAPTERS]: {
    kind: 'arrays',
    arrays: Object.fromEntries(Object.entries(arrays).filter(([name]) => /\/(down|up)$/.test(name))),
    note: `A (down) and B (up) of each layer, scaled by ${ADAPTER_SCALE}`,
  },
});

import { z } from 'zod';
import { buildNetwork } from '../../../engine/networks/networks.ts';
import type { Network } from '../../../engine/networks/specification.ts';
import type { NamedArrays } from '../../../engine/types.ts';
import type { Method, SuiteFacts, TrialContext, TrialRequest } from '../../contract.ts';
import { openArrays, openModel } from '../../shared/artefacts.ts';
import type { ResidentSplit } from '../../training/contract.ts';
import type { HiddenAnswers, PassedRows } from './layer-statistics.ts';
import { drawnInputs } from './drawn-inputs.ts';
import { predictorOfTasks } from './own-heads.ts';
import { expertRequests, expertsOf } from './protocol.ts';
import type { ExpertsTask } from './protocol.ts';
import type { WantedStatistics } from './wanted-statistics.ts';

/** Raised whenever the same statistics may come out otherwise. */
const STATISTICS_DRIVER = 1;

const schema = z.object({
  expert: z.number().int().min(0).max(1000).default(0).describe('Which of the experts that the suite declares'),
  examples: z.number().int().min(1).max(100_000).default(256).describe('Training inputs that are looked at'),
});
type Values = z.output<typeof schema>;

interface StatisticsDefinition {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  /** The name of the artefact that it leaves beside nothing else. */
  readonly artefact: string;
  measure(context: TrialContext, values: Values): Promise<NamedArrays>;
}

/** A hidden method that measures something of one expert on training inputs, and leaves it as named arrays. */
export function expertStatistics({ artefact, measure, ...header }: StatisticsDefinition): Method {
  return {
    ...header,
    version: 1,
    driver: STATISTICS_DRIVER,
    family: 'merging',
    protocol: 'experts',
    paper: null,
    hidden: true,
    schema,
    asks: ['training-inputs', 'extra-passes'],
    fits: ({ id, experts }) => (experts === undefined ? `${id} declares no experts.` : true),
    trials: (suite, values, seed) => [requestOfExpert(suite, seed, schema.parse(values).expert)],
    async *run(context, given) {
      const values = schema.parse(given);
      yield { kind: 'progress', cursor: null, done: 0, total: 1 };
      const arrays = await measure(context, values);
      const { facts } = expertsOf(context);
      const model = await openModel(context, EXPERT);
      const net = { network: buildNetwork(model.spec), values: model.arrays };
      yield { kind: 'progress', cursor: null, done: 1, total: 1 };
      return {
        predictor: predictorOfTasks(context, facts, net),
        artefacts: { [artefact]: { kind: 'arrays', arrays, note: `${header.title} ${values.expert + 1}` } },
      };
    },
  };
}

/** The name under which statistics open the expert that they are of. */
const EXPERT = 'expert';

function requestOfExpert(suite: SuiteFacts, seed: number, expert: number): TrialRequest {
  const name = suite.experts?.members[expert]?.name;
  const request = expertRequests(suite, seed).find((each) => each.name === name);
  if (request === undefined) throw new Error(`${suite.id} declares no expert ${expert}.`);
  return { ...request, name: EXPERT };
}

/** What statistics are measured with. */
export async function openMeasured(
  context: TrialContext,
  { expert }: Values,
): Promise<{
  readonly network: Network;
  readonly arrays: NamedArrays;
  readonly tasks: readonly ExpertsTask[];
  /** The task that the expert was trained on. */
  readonly task: number;
  /** So many inputs of a task to be passed through the network. */
  take(inputs: Pick<ResidentSplit, 'x' | 'rows'>, task: number, examples: number): PassedRows;
}> {
  const { facts, tasks } = expertsOf(context);
  const { spec, arrays } = await openModel(context, EXPERT);
  return {
    network: buildNetwork(spec),
    arrays,
    tasks,
    task: facts.members[expert].task,
    take(inputs, task, examples) {
      const taken = drawnInputs(context, inputs, task, examples);
      context.meter.passes({ forward: taken.ids.length });
      return taken;
    },
  };
}

/** The trials that measure what a merge wants of every expert. */
export function statisticRequests(suite: SuiteFacts, seed: number, wanted: WantedStatistics): TrialRequest[] {
  const members = suite.experts?.members ?? [];
  const of = (name: string, method: string, artefact: string, examples: number | undefined): TrialRequest[] =>
    examples === undefined
      ? []
      : members.map((_, expert) => ({
          name: `${name}/${expert}`,
          artefact,
          suite: suite.experts?.suite ?? suite.id,
          method,
          hyperParameters: { expert, examples },
          seed,
        }));
  return [
    ...of('grams', 'expert-grams', 'gram', wanted.grams),
    ...of('answers', 'expert-answers', 'answers', wanted.answers),
    ...of('fishers', 'expert-fishers', 'fisher', wanted.fishers),
  ];
}

/** Gram matrices of one expert, by the kernel's name, where the merge wants them. */
export const openGrams = (context: TrialContext, expert: number): Promise<NamedArrays> =>
  openArrays(context, `grams/${expert}`);

/** Diagonal Fisher information of one expert, by the parameter's name, where the merge wants it. */
export const openFishers = (context: TrialContext, expert: number): Promise<NamedArrays> =>
  openArrays(context, `fishers/${expert}`);

/** Hidden answers of one expert, where the merge wants them. */
export async function openAnswers(context: TrialContext, expert: number): Promise<HiddenAnswers> {
  const { rows, ...layers } = await openArrays(context, `answers/${expert}`);
  const side = (name: 'before' | 'after'): Float32Array[] =>
    Object.keys(layers)
      .filter((key) => key.startsWith(`${name}/`))
      .map((_, layer) => layers[`${name}/${layer}`]);
  return { before: side('before'), after: side('after'), rows: rows[0] };
}

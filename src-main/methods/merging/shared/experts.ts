import { buildNetwork } from '../../../engine/networks/networks.ts';
import type { Network } from '../../../engine/networks/specification.ts';
import type { NamedArrays } from '../../../engine/types.ts';
import type { ExpertsFacts, Predictor, SuiteFacts, TrialContext } from '../../contract.ts';
import { classAnswers } from '../../answers.ts';
import type { ClassAnswers, Question } from '../../answers.ts';
import type { Combine } from '../../ensembling/contract.ts';
import { openModel } from '../../shared/artefacts.ts';
import type { MergingInput } from '../contract.ts';
import { drawnInputs, shareOfTask } from './drawn-inputs.ts';
import { normParts, withEstimatedNorms } from './estimated-norms.ts';
import { openAnswers, openFishers, openGrams } from './expert-statistics.ts';
import { START, expertsOf } from './protocol.ts';
import { isBeginning } from './steps-done.ts';
import { TaskAnswers, outputsOf, taskPredictor } from './task-answers.ts';
import type { TaskNet } from './task-answers.ts';

/** What the driver of merges works with. */
export interface OpenExperts {
  readonly input: MergingInput;
  /** The networks that the suite declares, by the names under which it measures them. */
  readonly declared: Readonly<Record<string, NamedArrays>>;
  /** Tasks for which a net in place of each model can answer. */
  readonly tasks: number;
  /**
   * A net with its batch-norm statistics estimated anew, as the declared nets are; itself where it has no batch norm.
   */
  settled(network: Network, values: NamedArrays): Promise<NamedArrays>;
  /** Answers of the models that are used, combined. */
  combined(combine: Combine, used?: readonly number[]): Predictor;
  /** The values of a merged net with the heads that were left out. */
  withHeads(values: NamedArrays): NamedArrays;
  /** One net for all tasks. */
  merged(network: Network, values: NamedArrays): Predictor;
  /** A net in place of each model, which answers for that model's task; several for one task answer with their mean. */
  netByModel(nets: readonly NamedArrays[], networks?: readonly Network[]): Predictor;
  /** What a method itself says of the rows of a task. */
  answered(say: (task: number, question: Question) => Promise<ClassAnswers>, uses: Predictor['uses']): Predictor;
}

interface Expert {
  readonly network: Network;
  readonly values: NamedArrays;
  readonly task: number;
}

/** Why a merge does not fit a suite, or null. */
export function expertsMisfit(
  wanted: {
    readonly title: string;
    readonly models?: number;
    readonly needsStart?: boolean;
    readonly anyWidth?: boolean;
  },
  { id, experts }: SuiteFacts,
): string | null {
  const { title, models, needsStart = false, anyWidth = false } = wanted;
  if (experts === undefined) return `${id} declares no experts.`;
  const { start, members, heads } = experts;
  if (needsStart && start === null)
    return `${title} works with what networks changed since a common start; those of ${id} have none.`;
  if (models !== undefined && members.length !== models)
    return `${title} merges ${models} networks; ${id} has ${members.length}.`;
  if (!anyWidth && new Set(heads).size === 1 && members.some(({ network }) => network !== undefined))
    return `${title} merges networks of one shape; those of ${id} have several.`;
  return null;
}

/** Opens the networks that the suite declares. Passes that a method asks for are metered, the suite's own are not. */
export async function openExperts(context: TrialContext): Promise<OpenExperts> {
  const { engine, network, meter } = context;
  const { facts, tasks } = expertsOf(context);
  const settled = async (of: Network, values: NamedArrays, isCounted = true): Promise<NamedArrays> => {
    if (of.state.length === 0) return values;
    const parts = normParts(tasks);
    if (isCounted) meter.passes({ forward: parts.reduce((sum, { ids }) => sum + ids.length, 0) });
    return withEstimatedNorms(engine, of, values, parts);
  };
  // A trial that goes on opens its networks again; what that cost was counted before.
  const models = await inTurn(await openModels(context, facts), async (model) => ({
    ...model,
    values: await settled(model.network, model.values, isBeginning(context.state)),
  }));
  const start = facts.start === null ? null : (await openModel(context, START)).arrays;
  const heads = headValues(facts, models, start);
  const trunk = (values: NamedArrays): NamedArrays =>
    Object.fromEntries(Object.entries(values).filter(([name]) => !(name in heads)));
  const answers = new TaskAnswers(engine);
  const answering = facts.heads.map((head) => ({ head, outputs: outputsOf(network, head) }));
  const say = (net: Omit<TaskNet, 'head'>, task: number, question: Question): Promise<ClassAnswers> => {
    const { head, outputs } = answering[task];
    return answers.says({ ...net, head }, outputs, question);
  };
  return {
    tasks: tasks.length,
    settled,
    declared: Object.fromEntries([
      ...models.map(({ values }, index) => [`expert/${index}`, values] as const),
      ...(start === null ? [] : [[START, start] as const]),
    ]),
    input: {
      context,
      network,
      networks: models.map((model) => model.network),
      models: models.map(({ values }) => trunk(values)),
      whole: models.map(({ values }) => values),
      heads,
      taskOf: models.map(({ task }) => task),
      get base() {
        if (start === null) throw new Error('The networks of this suite have no common start: declare `needsStart`.');
        return trunk(start);
      },
      tasks: tasks.map((task) => ({
        head: task.head,
        outputs: task.outputs,
        unlabelledTest: () => task.unlabelledTest(),
        async validation() {
          const split = task.validation();
          return { ...split, labels: Int32Array.from(await engine.read(split.y)) };
        },
      })),
      statistics: {
        grams(model) {
          context.need('training-inputs', 'measures its networks on training inputs');
          return openGrams(context, model);
        },
        fishers(model) {
          context.need('training-inputs', 'measures its networks on training inputs');
          return openFishers(context, model);
        },
        hidden(which) {
          context.need('training-inputs', 'measures its networks on training inputs');
          return inTurn(which, (model) => openAnswers(context, model));
        },
        inputs(examples) {
          context.need('training-inputs', 'passes training inputs through networks');
          return tasks.map((task, index) =>
            drawnInputs(context, task.trainingInputs(), index, shareOfTask(examples, tasks.length, index)),
          );
        },
      },
      async logits(model, task, { x, rows }) {
        meter.passes({ forward: rows });
        return (await say(models[model], task, { inputs: x, rows, stream: context.stream })).values;
      },
      async logitsOf(values, task, { x, rows }) {
        meter.passes({ forward: rows });
        const net = { network, values: { ...heads, ...values } };
        return (await say(net, task, { inputs: x, rows, stream: context.stream })).values;
      },
      stream: context.stream,
    },
    combined: (combine, used = [...models.keys()]) =>
      taskPredictor(
        answering,
        async (task, question) => {
          const all = await inTurn(used, (model) => say(models[model], task, question));
          return classAnswers(combine(all), question.rows, answering[task].outputs);
        },
        used.map((model) => models[model]),
      ),
    withHeads: (values) => ({ ...heads, ...values }),
    merged(of, values) {
      const net = { network: of, values: { ...heads, ...values } };
      return taskPredictor(answering, (task, question) => say(net, task, question), [net]);
    },
    answered: (own, uses) => taskPredictor(answering, own, uses),
    netByModel(nets, own) {
      const all = nets.map((values, model) => ({
        ...models[model],
        values: { ...heads, ...values },
        network: own?.[model] ?? models[model].network,
      }));
      return taskPredictor(
        answering,
        async (task, question) => {
          const own = all.filter((net) => net.task === task);
          const { outputs } = answering[task];
          return logitsOf(
            meanOf(
              (await inTurn(own, (net) => say(net, task, question))).map(({ values }) => values),
              question.rows * outputs,
            ),
            outputs,
          );
        },
        all,
      );
    },
  };
}

async function openModels(context: TrialContext, { members }: ExpertsFacts): Promise<Expert[]> {
  const built = new Map<string, Network>();
  return inTurn(members, async ({ name, task, network: own }) => {
    const { arrays, spec } = await openModel(context, name);
    if (own === undefined) return { network: context.network, values: arrays, task };
    const key = JSON.stringify(spec);
    const network = built.get(key) ?? buildNetwork(spec);
    built.set(key, network);
    return { network, values: arrays, task };
  });
}

/**
 * Tensors of the heads, which merges leave out where there are several: of the start where they are frozen, else each
 * of the first model that was trained on its task.
 */
function headValues(
  { heads, frozenHeads }: ExpertsFacts,
  models: readonly Expert[],
  start: NamedArrays | null,
): NamedArrays {
  if (heads.length === 1 && !frozenHeads) return {};
  const found: NamedArrays = {};
  heads.forEach((head, task) => {
    const from = frozenHeads ? (start ?? models[0].values) : models.find((model) => model.task === task)?.values;
    for (const [name, values] of Object.entries(from ?? {})) if (name.startsWith(`${head}/`)) found[name] = values;
  });
  return found;
}

/** One after the other: the engine does one thing at a time. */
async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

const logitsOf = (values: Float32Array, width: number): ClassAnswers => ({ kind: 'logits', width, values });

/** Entry by entry; zeros where there is nothing. */
function meanOf(all: readonly Float32Array[], entries: number): Float32Array {
  return Float32Array.from(
    { length: entries },
    (_, at) => all.reduce((sum, logits) => sum + logits[at], 0) / Math.max(all.length, 1),
  );
}

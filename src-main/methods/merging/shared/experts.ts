import type { NamedArrays } from '../../../engine/types.ts';
import type { Network } from '../../../engine/networks/specification.ts';
import type { TrialRequest, Predictor, SuiteFacts, TrialContext } from '../../contract.ts';
import type { Combine } from '../../ensembling/contract.ts';
import { memberRequests, openMembers } from '../../ensembling/shared/members.ts';
import { iidProtocol } from '../../training/contract.ts';
import type { ResidentSplit } from '../../training/contract.ts';
import type { MergingDefinition, MergingInput, MergingTask } from '../contract.ts';
import { hiddenAnswers, joined, layerGrams } from './layer-statistics.ts';
import type { HiddenAnswers } from './layer-statistics.ts';
import { TaskAnswers, outputsOf, taskPredictor } from './task-answers.ts';

/** What the driver of merges works with. */
export interface OpenExperts {
  readonly input: MergingInput;
  /** Answers of the models that are used, combined. */
  combined(combine: Combine, used?: readonly number[]): Predictor;
  /** One net for all tasks. */
  merged(network: Network, values: NamedArrays): Predictor;
  /** A net in place of each model, which answers for that model's task; several for one task answer with their mean. */
  netByModel(nets: readonly NamedArrays[]): Predictor;
}

/** Everything that a suite of experts hands to merges. */
interface Experts {
  readonly models: readonly { readonly network: Network; readonly values: NamedArrays; readonly task: number }[];
  readonly base: NamedArrays | null;
  readonly tasks: readonly ExpertTask[];
}

interface ExpertTask {
  readonly head: string;
  trainingInputs(): Pick<ResidentSplit, 'x' | 'rows'>;
  unlabelledTest(): Pick<ResidentSplit, 'x' | 'rows'>;
  validation(): ResidentSplit;
}

/** Why a merge does not fit a suite, or null. */
export function expertsMisfit(
  { title, models, needsStart }: Pick<MergingDefinition<never>, 'title' | 'models' | 'needsStart'>,
  suite: SuiteFacts,
): string | null {
  if (needsStart === true)
    return `${title} works with what nets changed since a common start; those of ${suite.id} have none.`;
  return models === undefined || models === 2 ? null : `${title} merges ${models} nets; ${suite.id} has 2.`;
}

export const expertRequests = (suite: SuiteFacts, seed: number): readonly TrialRequest[] =>
  memberRequests(suite.id, seed, 2);

async function opened(context: TrialContext): Promise<Experts> {
  const { train, validation, unlabelledTest } = iidProtocol(context);
  const members = await openMembers(context, 2);
  return {
    models: members.map((values) => ({ network: context.network, values, task: 0 })),
    base: null,
    tasks: [
      {
        head: context.network.spec.heads[0].name,
        validation,
        trainingInputs: train,
        unlabelledTest: () => {
          if (unlabelledTest === undefined) throw new Error('This suite has no unlabelled test inputs.');
          return unlabelledTest();
        },
      },
    ],
  };
}

/** Opens the nets that the suite declares. Passes that a method asks for are metered, the suite's own are not. */
export async function openExperts(context: TrialContext): Promise<OpenExperts> {
  const { engine, network, meter } = context;
  const { models, base, tasks } = await opened(context);
  const answers = new TaskAnswers(engine);
  const answering = tasks.map(({ head }) => ({ head, outputs: outputsOf(network, head) }));
  const mergingTasks = tasks.map((task): MergingTask => ({
    head: task.head,
    outputs: outputsOf(network, task.head),
    unlabelledTest: () => task.unlabelledTest(),
    async validation() {
      const split = task.validation();
      return { ...split, labels: Int32Array.from(await engine.read(split.y)) };
    },
  }));
  return {
    input: {
      context,
      network,
      networks: models.map((model) => model.network),
      models: models.map(({ values }) => values),
      taskOf: models.map(({ task }) => task),
      get base() {
        if (base === null) throw new Error('The nets of this suite have no common start: declare `needsStart`.');
        return base;
      },
      tasks: mergingTasks,
      statistics: {
        async grams(model, examples) {
          context.need('training-inputs', 'measures its nets on training inputs');
          const { task, network: of, values } = models[model];
          const { x, rows } = tasks[task].trainingInputs();
          const ids = context.stream(`statistics/task${task}`).sample(rows, Math.min(examples, rows));
          meter.passes({ forward: ids.length });
          return layerGrams(engine, of, values, { inputs: x, ids });
        },
        async hidden(which, examples) {
          context.need('training-inputs', 'measures its nets on training inputs');
          const found: HiddenAnswers[] = [];
          for (const model of which) found.push(await hiddenOfAll(context, models[model], tasks, examples));
          return found;
        },
      },
      logits(model, task, { x, rows }) {
        meter.passes({ forward: rows });
        const { network: of, values } = models[model];
        return answers.logits(
          { network: of, values, head: tasks[task].head },
          { inputs: x, rows, stream: context.stream },
        );
      },
      stream: context.stream,
    },
    combined: (combine, used = [...models.keys()]) =>
      taskPredictor(
        answering,
        async (task, question) => {
          const all: Float32Array[] = [];
          for (const model of used)
            all.push(await answers.logits({ ...models[model], head: tasks[task].head }, question));
          return combine(all, answering[task].outputs);
        },
        used.map((model) => models[model]),
      ),
    merged: (of, values) =>
      taskPredictor(
        answering,
        (task, question) => answers.logits({ network: of, values, head: tasks[task].head }, question),
        [{ network: of, values }],
      ),
    netByModel: (nets) =>
      taskPredictor(
        answering,
        async (task, question) => {
          const own = [...nets.keys()].filter((model) => models[model].task === task);
          const all: Float32Array[] = [];
          for (const model of own)
            all.push(
              await answers.logits(
                { network: models[model].network, values: nets[model], head: tasks[task].head },
                question,
              ),
            );
          return all[0].map((_, at) => all.reduce((sum, logits) => sum + logits[at], 0) / all.length);
        },
        nets.map((values, model) => ({ network: models[model].network, values })),
      ),
  };
}

/** The same number of inputs of every task, one task after the other. */
async function hiddenOfAll(
  context: TrialContext,
  { network, values }: Experts['models'][number],
  tasks: readonly ExpertTask[],
  examples: number,
): Promise<HiddenAnswers> {
  const parts: HiddenAnswers[] = [];
  for (const [index, task] of tasks.entries()) {
    const { x, rows } = task.trainingInputs();
    const wanted = Math.floor(examples / tasks.length) + (index < examples % tasks.length ? 1 : 0);
    const ids = context.stream(`statistics/task${index}`).sample(rows, wanted);
    context.meter.passes({ forward: ids.length });
    parts.push(await hiddenAnswers(context.engine, network, values, { inputs: x, ids }));
  }
  const layers = [...parts[0].before.keys()];
  const all = (side: 'before' | 'after'): Float32Array[] =>
    layers.map((layer) => joined(parts.map((part) => part[side][layer])));
  return { before: all('before'), after: all('after') };
}

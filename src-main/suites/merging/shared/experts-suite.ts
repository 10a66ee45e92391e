import type { Dataset, DatasetSplit } from '../../../datasets/types.ts';
import type { OptimiserSpec } from '../../../engine/types.ts';
import type { HeadSpec, NetworkSpec } from '../../../engine/networks/specification.ts';
import type { ExpertsFacts, Grant, JsonValue } from '../../../methods/contract.ts';
import { ExpertsProtocol } from '../../../methods/merging/shared/protocol.ts';
import type { ExpertsSource, ExpertsTask } from '../../../methods/merging/shared/protocol.ts';
import type { IidProtocolParts } from '../../../methods/training/contract.ts';
import { networkTerms, optimiserTerms } from '../../published.ts';
import type { Suite, SuiteEnvironment } from '../../contract.ts';
import { once, resident } from '../../shared/resident.ts';
import { ExpertsEvaluator } from './experts-evaluator.ts';
import type { FurtherTest, JudgedTask } from './experts-evaluator.ts';
import { chosenRows, firstOfEachClass, joinedRows } from './task-rows.ts';
import type { FurtherRows, RowsDefinition, Span, TaskDefinition } from './task-rows.ts';

const GRANTS: readonly Grant[] = ['validation', 'extra-passes', 'training-inputs', 'unlabelled-test', 'all-tasks'];

/** Images of classes: nothing to augment, no target of numbers, no table. */
const plainRows = { augmentation: null, numbers: null, table: null } as const;

interface Budget {
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimiser: OptimiserSpec;
}

/** What the common start is trained on, and with how many rows of each class a frozen head is made. */
interface SourceDefinition extends Budget {
  readonly parts: readonly RowsDefinition[];
  readonly shots: number;
  /** What a network is trained on that never knew what experts are to forget. */
  readonly retained?: readonly RowsDefinition[];
}

/** A suite of trained networks: who they are, what each was trained on, and how what is made of them is judged. */
export interface ExpertsDefinition extends Budget {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly summary: string;
  readonly quickOf?: string;
  readonly scenario: string;
  /** With a head for each task, in the order of the tasks. */
  readonly network: NetworkSpec;
  readonly tasks: readonly TaskDefinition[];
  /** Tasks that no expert is trained on; they have heads too, where these are made with the start. */
  readonly unseen?: readonly TaskDefinition[];
  /** Rows beside the tasks' own on which everything is judged. */
  readonly further?: readonly FurtherRows[];
  readonly facts: ExpertsFacts;
  readonly source: SourceDefinition | null;
  /** `own heads`: a row's task is known; `joint`: the classes of all tasks are told apart as well. */
  readonly judged: 'own heads' | 'joint';
  readonly references: Suite['references'];
  readonly metrics: readonly string[];
}

export function expertsSuite(definition: ExpertsDefinition): Suite {
  const { id, version, title, summary, scenario, network, facts, epochs, batchSize, optimiser } = definition;
  const all = [...definition.tasks, ...(definition.unseen ?? []), ...(definition.further ?? [])];
  const parts = [...(definition.source?.parts ?? []), ...(definition.source?.retained ?? [])];
  const ofFurther = definition.metrics.filter((id) =>
    definition.further?.some(({ measuredAs }) => id === `acc.${measuredAs}`),
  );
  const classes = network.heads.reduce(
    (most, { outputs }) => (definition.judged === 'joint' ? most + outputs : Math.max(most, outputs)),
    0,
  );
  return {
    id,
    version,
    title,
    summary,
    facts: {
      id,
      kind: 'experts',
      family: 'merging',
      scenario,
      network,
      tasks: definition.tasks.length,
      target: 'classes',
      classes,
      online: false,
      folds: 1,
      grants: GRANTS,
      experts: facts,
    },
    quick: definition.quickOf !== undefined,
    quickOf: definition.quickOf ?? null,
    datasets: [...new Set([...all, ...parts].map(({ dataset }) => dataset))],
    network,
    budget: { epochs, batchSize, optimiser },
    metrics: definition.metrics,
    ...(ofFurther.length === 0 ? {} : { publishedOnly: ofFurther }),
    references: definition.references,
    protocol: protocolTerms(definition),
    open: async (environment) => opened(definition, environment, await rowsOf(definition, environment, all)),
  };
}

/** Everything that the hash of the protocol covers beside network, data and budget. */
function protocolTerms({ tasks, unseen = [], further, facts, source, judged }: ExpertsDefinition): JsonValue {
  const terms = {
    tasks,
    unseen,
    further,
    judged,
    experts: {
      start: facts.start,
      frozenHeads: facts.frozenHeads,
      heads: facts.heads,
      forgets: facts.forgets,
      members: facts.members.map(({ network, ...member }) => ({
        ...member,
        ...(network === undefined ? {} : { network: networkTerms(network) }),
      })),
    },
    source: source && { ...source, optimiser: optimiserTerms(source.optimiser) },
  };
  const plain: JsonValue = JSON.parse(JSON.stringify(terms));
  return plain;
}

/** Of the data sets of these rows alone. */
async function rowsOf(
  definition: ExpertsDefinition,
  environment: SuiteEnvironment,
  rows: readonly Pick<RowsDefinition, 'dataset'>[],
): Promise<RowsOf> {
  const datasets = new Map<string, Dataset>();
  for (const { dataset } of rows) if (!datasets.has(dataset)) datasets.set(dataset, await environment.dataset(dataset));
  return new RowsOf(definition, datasets);
}

/** Rows of the suite's data sets, cut to what is there by one share for each kind of rows. */
class RowsOf {
  readonly #definition: ExpertsDefinition;
  readonly #datasets: ReadonlyMap<string, Dataset>;

  constructor(definition: ExpertsDefinition, datasets: ReadonlyMap<string, Dataset>) {
    this.#definition = definition;
    this.#datasets = datasets;
  }

  /** Rows of a span. */
  of(rows: Omit<RowsDefinition, 'train'>, part: 'train' | 'test', span: Span): DatasetSplit {
    const dataset = this.#datasets.get(rows.dataset);
    if (dataset === undefined) throw new Error(`${rows.dataset} was not opened.`);
    const width = this.#definition.network.input.reduce((product, size) => product * size, 1);
    return chosenRows(dataset, rows, { part, span, reach: this.#reach(rows, part), width });
  }

  classes({ dataset, classes }: Pick<RowsDefinition, 'dataset' | 'classes'>): number {
    return classes?.length ?? this.#datasets.get(dataset)?.classes.length ?? 0;
  }

  /** The furthest row of the same kind that the suite takes. */
  #reach(rows: Kind, part: 'train' | 'test'): number {
    const { tasks, unseen = [], further = [], source } = this.#definition;
    const isAlike = (other: Kind): boolean =>
      other.dataset === rows.dataset &&
      String(other.classes) === String(rows.classes) &&
      String(other.only) === String(rows.only);
    const own = [...tasks, ...unseen].filter(isAlike);
    const parts = [...(source?.parts ?? []), ...(source?.retained ?? [])].filter(isAlike);
    const spans =
      part === 'train'
        ? [...own.flatMap(({ train, validation }) => [train, validation]), ...parts.map(({ train }) => train)]
        : [
            ...own.flatMap(({ scored, adaptation = scored }) => [scored, adaptation]),
            ...further.filter(isAlike).map(({ scored }) => scored),
          ];
    return Math.max(...spans.map(([, end]) => end));
  }
}

/** What tells which rows of a data set are counted. */
type Kind = Pick<RowsDefinition, 'dataset' | 'classes' | 'only'>;

function opened(definition: ExpertsDefinition, environment: SuiteEnvironment, rows: RowsOf): ExpertsEvaluator {
  const { engine, variant } = environment;
  const { network, tasks, unseen = [], facts, judged, metrics } = definition;
  const isPublished = variant === 'published';
  // For development nothing is judged on test rows: there are no other rows of these looks.
  const further = isPublished ? (definition.further ?? []) : [];
  const shape = network.input;
  const inShape = (split: DatasetSplit, name: string) => resident(engine, name, split, shape);
  const headOf = (index: number): HeadSpec => {
    const found = network.heads.find(({ name }) => name === facts.heads[index]);
    if (found === undefined) throw new Error(`The network of ${definition.id} has no head for task ${index + 1}.`);
    return found;
  };
  /** Made resident when they are first asked for, with their labels. */
  const labelled = (name: string, of: Omit<RowsDefinition, 'train'>, part: 'train' | 'test', span: Span) =>
    once(() => {
      const split = rows.of(of, part, span);
      return { ...inShape(split, name), labels: split.y };
    });
  const judgedTask = (task: TaskDefinition, index: number): JudgedTask => {
    const validation = labelled(`task${index}/validation`, task, 'train', task.validation);
    const test = labelled(`task${index}/test`, task, 'test', task.scored);
    const { name, outputs } = headOf(index);
    const { measuredAs } = task;
    return { head: name, outputs, measuredAs, test: isPublished ? test : validation, validation };
  };
  const seen = tasks.map(judgedTask);
  const furtherTest = (of: FurtherRows, index: number): FurtherTest => ({
    task: of.task,
    measuredAs: of.measuredAs,
    test: labelled(`further${index}/test`, of, 'test', of.scored),
  });
  const budget = ({ epochs, batchSize, optimiser }: Budget) => ({ ...plainRows, epochs, batchSize, optimiser });
  const expertsTasks = tasks.map((task, index): ExpertsTask => {
    const train = once(() => rows.of(task, 'train', task.train));
    const { adaptation } = task;
    const inputs = once(() => inShape(adaptationRows(task, isPublished, rows), `task${index}/inputs`));
    const trained = once(() => inShape(train(), `task${index}/train`));
    return {
      ...budget(definition),
      head: seen[index].head,
      outputs: seen[index].outputs,
      train: trained,
      trainingInputs: trained,
      normInputs: trained,
      validation: seen[index].validation,
      unlabelledTest: adaptation === undefined ? seen[index].test : inputs,
      get trainRows() {
        return train().rows;
      },
    };
  });
  return new ExpertsEvaluator({
    environment,
    facts,
    judged,
    tasks: seen,
    unseen: unseen.map((task, index) => judgedTask(task, tasks.length + index)),
    further: further.map(furtherTest),
    measuresExperts: metrics.some((id) => id.startsWith('acc.normalised')),
    protocol: new ExpertsProtocol({
      facts,
      tasks: expertsTasks,
      source: definition.source === null ? null : sourceOf(definition, definition.source, rows, environment),
    }),
  });
}

/** Inputs that methods may ask for and nobody scores. For development no test row is there: then training rows. */
function adaptationRows({ adaptation, scored, ...task }: TaskDefinition, isPublished: boolean, rows: RowsOf) {
  const span = adaptation ?? scored;
  const [from, to] = task.train;
  return isPublished
    ? rows.of(task, 'test', span)
    : rows.of(task, 'train', [from, Math.min(to, from + span[1] - span[0])]);
}

function sourceOf(
  definition: ExpertsDefinition,
  source: SourceDefinition,
  rows: RowsOf,
  environment: SuiteEnvironment,
): ExpertsSource {
  const { network, tasks, unseen = [], facts } = definition;
  const { engine } = environment;
  const { epochs, batchSize, optimiser, retained } = source;
  const trainedOn = (parts: readonly RowsDefinition[], name: string, from: RowsOf): IidProtocolParts => {
    const joined = once(() =>
      joinedRows(parts.map((part) => ({ split: from.of(part, 'train', part.train), classes: from.classes(part) }))),
    );
    const train = once(() => resident(engine, name, joined(), network.input));
    return {
      ...plainRows,
      epochs,
      batchSize,
      optimiser,
      outputs: parts.reduce((sum, part) => sum + from.classes(part), 0),
      train,
      validation: train,
      get trainRows() {
        return joined().rows;
      },
    };
  };
  const all = [...tasks, ...unseen];
  return {
    shots(head) {
      const task = all[facts.heads.indexOf(head)];
      const outputs = network.heads.find(({ name }) => name === head)?.outputs;
      if (task === undefined || outputs === undefined) throw new Error(`No task has the head "${head}".`);
      const found = firstOfEachClass(rows.of(task, 'train', task.train), outputs, source.shots);
      return resident(engine, `${head}/shots`, found, network.input);
    },
    async open() {
      const own = await rowsOf(definition, environment, [...source.parts, ...(retained ?? [])]);
      return Object.assign(trainedOn(source.parts, 'source', own), {
        retained: retained === undefined ? null : trainedOn(retained, 'retained', own),
      });
    },
  };
}

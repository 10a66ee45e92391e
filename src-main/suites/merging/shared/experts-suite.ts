import type { Dataset, DatasetSplit } from '../../../datasets/types.ts';
import type { OptimiserSpec } from '../../../engine/types.ts';
import type { HeadSpec, NetworkSpec } from '../../../engine/networks/specification.ts';
import type { ExpertsFacts, Grant, JsonValue } from '../../../methods/contract.ts';
import { ExpertsProtocol } from '../../../methods/merging/shared/protocol.ts';
import type { ExpertsSource, ExpertsTask } from '../../../methods/merging/shared/protocol.ts';
import { networkTerms, optimiserTerms } from '../../published.ts';
import type { Suite, SuiteEnvironment } from '../../contract.ts';
import { once, resident } from '../../shared/resident.ts';
import { ExpertsEvaluator } from './experts-evaluator.ts';
import type { JudgedTask } from './experts-evaluator.ts';
import { chosenRows, firstOfEachClass, joinedRows } from './task-rows.ts';
import type { RowsDefinition, Span, TaskDefinition } from './task-rows.ts';

const GRANTS: readonly Grant[] = ['validation', 'extra-passes', 'training-inputs', 'unlabelled-test', 'all-tasks'];

/** Images of classes: nothing to augment, no target of numbers, no table. */
const plainRows = { augmentation: null, numbers: null, table: null } as const;

interface Budget {
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimiser: OptimiserSpec;
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
  readonly facts: ExpertsFacts;
  /** What the common start is trained on, and with how many rows of each class a frozen head is made. */
  readonly source: (Budget & { readonly parts: readonly RowsDefinition[]; readonly shots: number }) | null;
  /** `own heads`: a row's task is known; `joint`: the classes of all tasks are told apart as well. */
  readonly judged: 'own heads' | 'joint';
  readonly references: Suite['references'];
  readonly metrics: readonly string[];
}

export function expertsSuite(definition: ExpertsDefinition): Suite {
  const { id, version, title, summary, scenario, network, facts, epochs, batchSize, optimiser } = definition;
  const all = [...definition.tasks, ...(definition.unseen ?? [])];
  const parts = definition.source?.parts ?? [];
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
    references: definition.references,
    protocol: protocolTerms(definition),
    open: async (environment) => {
      const datasets = new Map<string, Dataset>();
      for (const { dataset } of [...all, ...parts])
        if (!datasets.has(dataset)) datasets.set(dataset, await environment.dataset(dataset));
      return opened(definition, environment, new RowsOf(definition, datasets));
    },
  };
}

/** Everything that the hash of the protocol covers beside network, data and budget. */
function protocolTerms({ tasks, unseen = [], facts, source, judged }: ExpertsDefinition): JsonValue {
  const terms = {
    tasks,
    unseen,
    judged,
    experts: {
      start: facts.start,
      frozenHeads: facts.frozenHeads,
      heads: facts.heads,
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

/** Rows of the suite's data sets, cut to what is there by one share for each kind of rows. */
class RowsOf {
  readonly #definition: ExpertsDefinition;
  readonly #datasets: ReadonlyMap<string, Dataset>;

  constructor(definition: ExpertsDefinition, datasets: ReadonlyMap<string, Dataset>) {
    this.#definition = definition;
    this.#datasets = datasets;
  }

  /** Rows of a span. */
  of(rows: RowsDefinition, part: 'train' | 'test', span: Span): DatasetSplit {
    const dataset = this.#datasets.get(rows.dataset);
    if (dataset === undefined) throw new Error(`${rows.dataset} was not opened.`);
    const width = this.#definition.network.input.reduce((product, size) => product * size, 1);
    return chosenRows(dataset, rows, { part, span, reach: this.#reach(rows, part), width });
  }

  classes({ dataset, classes }: RowsDefinition): number {
    return classes?.length ?? this.#datasets.get(dataset)?.classes.length ?? 0;
  }

  /** The furthest row of the same kind that the suite takes. */
  #reach({ dataset, classes }: RowsDefinition, part: 'train' | 'test'): number {
    const { tasks, unseen = [], source } = this.#definition;
    const isAlike = (other: RowsDefinition): boolean =>
      other.dataset === dataset && String(other.classes) === String(classes);
    const ends = [...tasks, ...unseen]
      .filter(isAlike)
      .flatMap(({ train, validation, scored, adaptation = scored }) =>
        part === 'train' ? [train[1], validation[1]] : [scored[1], adaptation[1]],
      );
    const more = part === 'train' ? (source?.parts ?? []).filter(isAlike).map(({ train }) => train[1]) : [];
    return Math.max(...ends, ...more);
  }
}

function opened(definition: ExpertsDefinition, environment: SuiteEnvironment, rows: RowsOf): ExpertsEvaluator {
  const { engine, variant } = environment;
  const { network, tasks, unseen = [], facts, judged } = definition;
  const isPublished = variant === 'published';
  const shape = network.input;
  const inShape = (split: DatasetSplit, name: string) => resident(engine, name, split, shape);
  const headOf = (index: number): HeadSpec => {
    const found = network.heads.find(({ name }) => name === facts.heads[index]);
    if (found === undefined) throw new Error(`The network of ${definition.id} has no head for task ${index + 1}.`);
    return found;
  };
  const judgedTask = (task: TaskDefinition, index: number): JudgedTask => {
    const labelled = (split: () => DatasetSplit, name: string) =>
      once(() => ({ ...inShape(split(), `task${index}/${name}`), labels: split().y }));
    const validation = labelled(
      once(() => rows.of(task, 'train', task.validation)),
      'validation',
    );
    const test = labelled(
      once(() => rows.of(task, 'test', task.scored)),
      'test',
    );
    const { name, outputs } = headOf(index);
    return { head: name, outputs, test: isPublished ? test : validation, validation };
  };
  const seen = tasks.map(judgedTask);
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
  { network, tasks, unseen = [], facts }: ExpertsDefinition,
  source: NonNullable<ExpertsDefinition['source']>,
  rows: RowsOf,
  { engine }: SuiteEnvironment,
): ExpertsSource {
  const parts = once(() =>
    joinedRows(
      source.parts.map((part) => ({ split: rows.of(part, 'train', part.train), classes: rows.classes(part) })),
    ),
  );
  const train = once(() => resident(engine, 'source', parts(), network.input));
  const all = [...tasks, ...unseen];
  return {
    epochs: source.epochs,
    batchSize: source.batchSize,
    optimiser: source.optimiser,
    ...plainRows,
    outputs: source.parts.reduce((sum, part) => sum + rows.classes(part), 0),
    train,
    validation: train,
    get trainRows() {
      return parts().rows;
    },
    shots(head) {
      const task = all[facts.heads.indexOf(head)];
      if (task === undefined) throw new Error(`No task has the head "${head}".`);
      const found = firstOfEachClass(rows.of(task, 'train', task.train), rows.classes(task), source.shots);
      return resident(engine, `${head}/shots`, found, network.input);
    },
  };
}

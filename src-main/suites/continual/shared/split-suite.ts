import type { OptimiserSpec } from '../../../engine/types.ts';
import type { NetworkSpec } from '../../../engine/networks/specification.ts';
import type { Stream } from '../../../engine/random/streams.ts';
import type { ContinualScenario } from '../../../methods/continual/contract.ts';
import type { Grant, JsonValue } from '../../../methods/contract.ts';
import type { Augmentation } from '../../../methods/shared/augmentation.ts';
import type { Dataset } from '../../../datasets/types.ts';
import type { OpenSuite, Suite, SuiteEnvironment, TrainingBudget } from '../../contract.ts';
import { checkDataset } from '../../shared/checks.ts';
import { networkTerms, optimiserTerms } from '../../published.ts';
import { takeRows } from '../../shared/rows.ts';
import { ContinualEvaluator, judgedBy } from './evaluator.ts';
import { StreamProtocol, writeTransformed, type InputTransform } from './stream-data.ts';

export const CONTINUAL_METRICS = [
  'acc.final-mean-tasks',
  'acc.avg-incremental',
  'forgetting.chaudhry18',
  'bwt.gem17',
  'fwt.gem17',
] as const;

/** What a stream offers; the task at test time where samples are judged among its classes. */
export function streamGrants(scenario: ContinualScenario, boundaries = true): readonly Grant[] {
  const all: readonly Grant[] = ['replay-memory', 'extra-passes', 'all-tasks'];
  return [
    ...all,
    ...(boundaries ? ['boundaries' as const] : []),
    ...(scenario === 'task-il' ? ['task-id-at-test' as const] : []),
  ];
}

/** A dataset cut into tasks of consecutive classes. */
export interface SplitDefinition {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly summary: string;
  readonly scenario: ContinualScenario;
  readonly dataset: string;
  readonly classes: number;
  readonly classesPerTask: number;
  /** At most so many training and test rows of each class, in file order; null = all. */
  readonly rowsPerClass: { readonly train: number; readonly test: number } | null;
  /** So many training rows of each task, drawn per seed among those above; all unless told. */
  readonly rowsPerTask?: number;
  readonly transform: InputTransform;
  /** Transformations of every example that is trained on, the same for all methods; none unless told. */
  readonly augmentation?: Augmentation;
  /** Width of a resident row and shape of a network input. */
  readonly width: number;
  readonly inputShape: readonly number[];
  /** The network but for its outputs. */
  readonly network: (outputs: number) => NetworkSpec;
  /** Passes over each task; about as many as `steps` make where these are given. */
  readonly epochs: number;
  /** Steps of each task, where the budget is in steps. */
  readonly steps?: number;
  readonly batchSize: number;
  /** What becomes of an epoch's last batch where it is smaller: kept unless told. */
  readonly lastBatch?: 'kept' | 'dropped';
  readonly optimiser: OptimiserSpec;
  /** Whether methods are told where a task ends; they are unless told otherwise. */
  readonly boundaries?: boolean;
  /**
   * Deviation, in tasks, of the time at which an example comes from the middle of its classes' own: parts of equal size
   * then hold examples of several pairs. For streams of no told boundaries; else each part has its classes alone.
   */
  readonly blur?: number;
  readonly quickOf?: string;
}

/** The largest number of outputs the scenario needs: all classes, or one task's in domain-IL. */
export const outputsOf = (definition: Pick<SplitDefinition, 'scenario' | 'classes' | 'classesPerTask'>): number =>
  definition.scenario === 'domain-il' ? definition.classesPerTask : definition.classes;

/**
 * How many tasks of so many classes there are. Throws RangeError, naming the sizes that would do, where one task would
 * have fewer classes than the others: accuracies among different numbers of classes cannot be compared.
 */
export function tasksOf({
  id,
  classes,
  classesPerTask,
}: Pick<SplitDefinition, 'id' | 'classes' | 'classesPerTask'>): number {
  if (Number.isInteger(classesPerTask) && classesPerTask >= 1 && classes % classesPerTask === 0)
    return classes / classesPerTask;
  const sizes = Array.from({ length: Math.max(0, classes) }, (_, index) => index + 1).filter(
    (size) => classes % size === 0,
  );
  const left =
    Number.isInteger(classesPerTask) && classesPerTask >= 1
      ? `: a last one would have ${classes % classesPerTask}`
      : '';
  throw new RangeError(
    `The suite ${id} cuts ${classes} classes into tasks of ${classesPerTask}${left}. Tasks of ` +
      `${listed(sizes)} classes would do.`,
  );
}

const listed = (sizes: readonly number[]): string =>
  sizes.length < 2 ? sizes.join('') : `${sizes.slice(0, -1).join(', ')} or ${sizes.at(-1) ?? ''}`;

/**
 * A continual suite from its protocol: tasks of consecutive classes, in ascending order. Throws RangeError as `tasksOf`
 * does.
 */
export function splitSuite(definition: SplitDefinition): Suite {
  const tasks = tasksOf(definition);
  const outputs = outputsOf(definition);
  const network = definition.network(outputs);
  const protocol: JsonValue = {
    scenario: definition.scenario,
    dataset: definition.dataset,
    classes: definition.classes,
    classesPerTask: definition.classesPerTask,
    classOrder: 'ascending',
    rowsPerClass: definition.rowsPerClass === null ? null : { ...definition.rowsPerClass },
    transform: { ...definition.transform },
    ...(definition.augmentation === undefined ? {} : { augmentation: { ...definition.augmentation } }),
    network: networkTerms(network),
    ...(definition.rowsPerTask === undefined
      ? {}
      : { rowsPerTask: definition.rowsPerTask, rowsOfTask: 'drawn per seed from stream "rows/task<n>"' }),
    ...(definition.boundaries === false ? { boundaries: 'not told' } : {}),
    ...(definition.blur === undefined
      ? {}
      : { blur: definition.blur, parts: 'of equal size, by task + blur · normal number from stream "blur"' }),
    ...(definition.steps === undefined
      ? { epochsPerTask: definition.epochs }
      : { stepsPerTask: definition.steps, epochs: 'one after another, each in an order of its own' }),
    batchSize: definition.batchSize,
    lastBatch: definition.lastBatch ?? 'kept',
    optimiser: optimiserTerms(definition.optimiser),
    optimiserStateBetweenTasks: 'kept',
    evaluation: definition.scenario === 'task-il' ? "among the outputs of the sample's task" : 'among all outputs',
  };
  return {
    id: definition.id,
    version: definition.version,
    title: definition.title,
    summary: definition.summary,
    facts: {
      id: definition.id,
      kind: 'stream',
      family: 'continual',
      scenario: definition.scenario,
      network,
      tasks,
      target: 'classes',
      classes: definition.classes,
      online: definition.epochs === 1,
      folds: 1,
      grants: streamGrants(definition.scenario, definition.boundaries),
    },
    quick: definition.quickOf !== undefined,
    quickOf: definition.quickOf ?? null,
    datasets: [definition.dataset],
    network,
    budget: budgetOf(definition),
    metrics: CONTINUAL_METRICS,
    references: { lower: 'naive', upper: 'joint' },
    protocol,
    open: async (environment) => openSplit(definition, environment),
  };
}

/** Epochs or steps, batches and optimiser, as the catalogue and the protocol's hash have them. */
export function budgetOf({
  epochs,
  steps,
  batchSize,
  optimiser,
}: Pick<SplitDefinition, 'epochs' | 'steps' | 'batchSize' | 'optimiser'>): TrainingBudget {
  return { epochs, ...(steps === undefined ? {} : { steps }), batchSize, optimiser };
}

/** The rows of a task that are trained on, ascending. @throws Error where it has fewer than the suite asks for. */
export function drawnRows(
  { id, rowsPerTask }: Pick<SplitDefinition, 'id' | 'rowsPerTask'>,
  rows: Int32Array,
  stream: Stream,
): Int32Array {
  if (rowsPerTask === undefined) return rows;
  if (rows.length < rowsPerTask)
    throw new Error(`The suite ${id} trains on ${rowsPerTask} rows of each task; one has ${rows.length}.`);
  return stream
    .sample(rows.length, rowsPerTask)
    .map((at) => rows[at])
    .sort();
}

/** Rows of the wanted classes, at most `most` of each, in file order. */
export function chooseRows(labels: Int32Array, classes: number, most: number | null): Int32Array {
  const taken = new Int32Array(classes);
  const rows = new Int32Array(labels.length);
  let count = 0;
  for (const [row, label] of labels.entries()) {
    if (label >= classes || (most !== null && taken[label] >= most)) continue;
    taken[label]++;
    rows[count++] = row;
  }
  return rows.subarray(0, count);
}

/** The rows of each of the first `tasks` tasks, ascending. */
export function rowsByTask(taskOfRow: Int32Array, tasks: number): Int32Array[] {
  const counts = new Int32Array(tasks);
  for (const task of taskOfRow) counts[task]++;
  const rows = Array.from(counts, (count) => new Int32Array(count));
  counts.fill(0);
  taskOfRow.forEach((task, row) => {
    rows[task][counts[task]++] = row;
  });
  return rows;
}

/** By row, the part of the stream that it comes in: equal parts of all rows, by task + blur · normal number. */
export function blurred(taskOfRow: Int32Array, parts: number, blur: number, stream: Stream): Int32Array {
  if (blur === 0) return taskOfRow;
  const times = Float64Array.from(taskOfRow, (task) => task + blur * stream.normal());
  const partOfRow = new Int32Array(taskOfRow.length);
  [...times.keys()]
    .sort((a, b) => times[a] - times[b])
    .forEach((row, place) => {
      partOfRow[row] = Math.floor((place * parts) / taskOfRow.length);
    });
  return partOfRow;
}

async function openSplit(definition: SplitDefinition, environment: SuiteEnvironment): Promise<OpenSuite> {
  const dataset: Dataset = await environment.dataset(definition.dataset);
  const { classes, classesPerTask, width, scenario, rowsPerClass, transform } = definition;
  checkDataset(definition.id, dataset, { width, classes, everyClass: false });
  const outputs = outputsOf(definition);
  const toOutput = (label: number): number => (scenario === 'domain-il' ? label % classesPerTask : label);
  const outputsOfTask = (task: number): number[] =>
    Array.from({ length: classesPerTask }, (_, i) => (scenario === 'domain-il' ? i : task * classesPerTask + i));
  const taskOf = (label: number): number => Math.floor(label / classesPerTask);
  const count = tasksOf(definition);

  const rows = chooseRows(dataset.train.y, classes, rowsPerClass?.train ?? null);
  const labels = rows.map((row) => dataset.train.y[row]);
  const taskOfRow = blurred(labels.map(taskOf), count, definition.blur ?? 0, environment.stream('blur'));
  const protocol = new StreamProtocol({
    engine: environment.engine,
    scenario,
    outputs,
    transform,
    augmentation: definition.augmentation ?? null,
    width,
    taskOfRow,
    boundaries: definition.boundaries ?? true,
    budget: { ...budgetOf(definition), lastBatch: definition.lastBatch },
    x: takeRows(dataset.train.x, width, rows),
    labels: labels.map(toOutput),
    tasks: rowsByTask(taskOfRow, count).map((own, task) => ({
      rows: drawnRows(definition, own, environment.stream(`rows/task${task}`)),
      outputs: outputsOfTask(task),
    })),
  });

  const testRows = chooseRows(dataset.test.y, classes, rowsPerClass?.test ?? null);
  const evaluator = new ContinualEvaluator({
    engine: environment.engine,
    stream: environment.stream,
    scenario,
    outputs,
    inputShape: definition.inputShape,
    classNames:
      scenario === 'domain-il' ? outputsOfTask(0).map((i) => `position ${i + 1}`) : dataset.classes.slice(0, classes),
    tasks: rowsByTask(
      testRows.map((row) => taskOf(dataset.test.y[row])),
      count,
    ).map((chosen, task) => {
      const own = chosen.map((at) => testRows[at]);
      return {
        rows: own.length,
        labels: own.map((row) => toOutput(dataset.test.y[row])),
        outputs: outputsOfTask(task),
        writeInputs: (into) => writeTransformed(transform, dataset.test.x, width, own, into),
      };
    }),
  });
  return judgedBy(evaluator, protocol);
}

import type { NetworkSpec } from '../../../engine/networks/specification.ts';
import type { OptimiserSpec } from '../../../engine/types.ts';
import type { Stream } from '../../../engine/random/streams.ts';
import type { JsonValue } from '../../../methods/contract.ts';
import type { OpenSuite, Suite, SuiteEnvironment } from '../../contract.ts';
import { checkDataset } from '../../shared/checks.ts';
import { networkTerms, optimiserTerms } from '../../published.ts';
import { takeRows } from '../../shared/rows.ts';
import { ContinualEvaluator, judgedBy } from './evaluator.ts';
import { CONTINUAL_METRICS, chooseRows, drawnRows, streamGrants } from './split-suite.ts';
import { StreamProtocol } from './stream-data.ts';

/** Images turned by an angle of each task, in degrees, drawn per seed between 0 and `to`. */
export interface Rotations {
  readonly to: number;
  /** Of the whole range, or each task of its own of as many equal parts, ascending. */
  readonly drawn: 'anywhere' | 'in-order';
}

/** A dataset shown under several orders of its columns. */
export interface PermutedDefinition {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly dataset: string;
  readonly tasks: number;
  readonly rowsPerClass: { readonly train: number; readonly test: number } | null;
  /** So many training rows of each task, drawn per seed among those above; all unless told. */
  readonly rowsPerTask?: number;
  /** Square images turned instead: each pixel shows the nearest one of the original. Permutations unless told. */
  readonly rotations?: Rotations;
  /** Its input is a row of the dataset. */
  readonly network: NetworkSpec;
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimiser: OptimiserSpec;
  readonly quickOf?: string;
}

const CLASSES = 10;

/**
 * Every task shows all classes under its own fixed order of the input columns; the first task's order is the original
 * one.
 */
export function permutedSuite(definition: PermutedDefinition): Suite {
  const { network } = definition;
  const protocol: JsonValue = {
    scenario: 'domain-il',
    dataset: definition.dataset,
    tasks: definition.tasks,
    ...(definition.rotations === undefined
      ? { permutations: 'first identity, others drawn per seed from stream "permutations"' }
      : { rotations: { ...definition.rotations, pixels: 'nearest; outside: the top left one' } }),
    ...(definition.rowsPerTask === undefined
      ? {}
      : { rowsPerTask: definition.rowsPerTask, rowsOfTask: 'drawn per seed from stream "rows/task<n>"' }),
    rowsPerClass: definition.rowsPerClass === null ? null : { ...definition.rowsPerClass },
    network: networkTerms(network),
    epochsPerTask: definition.epochs,
    batchSize: definition.batchSize,
    lastBatch: 'kept',
    optimiser: optimiserTerms(definition.optimiser),
    optimiserStateBetweenTasks: 'kept',
    evaluation: 'among all outputs',
  };
  return {
    id: definition.id,
    version: 1,
    title: definition.title,
    summary: definition.summary,
    facts: {
      id: definition.id,
      kind: 'stream',
      family: 'continual',
      scenario: 'domain-il',
      network,
      tasks: definition.tasks,
      target: 'classes',
      classes: CLASSES,
      online: definition.epochs === 1,
      folds: 1,
      grants: streamGrants('domain-il'),
    },
    quick: definition.quickOf !== undefined,
    quickOf: definition.quickOf ?? null,
    datasets: [definition.dataset],
    network,
    budget: { epochs: definition.epochs, batchSize: definition.batchSize, optimiser: definition.optimiser },
    metrics: CONTINUAL_METRICS,
    references: { lower: 'naive', upper: 'joint' },
    protocol,
    open: (environment) => openPermuted(definition, environment),
  };
}

const widthOf = ({ network }: PermutedDefinition): number => network.input.reduce((product, size) => product * size, 1);

function orders(definition: PermutedDefinition, stream: (name: string) => Stream): Int32Array[] {
  const width = widthOf(definition);
  const { rotations, tasks } = definition;
  if (rotations !== undefined)
    return Array.from({ length: tasks }, (_, task) => {
      const share = Float32Array.of(0);
      stream(`rotations/task${task}`).fillUniform(share, 0, 1);
      const part = rotations.drawn === 'in-order' ? (task + share[0]) / tasks : share[0];
      return turnedPixels(Math.sqrt(width), part * rotations.to);
    });
  return Array.from({ length: definition.tasks }, (_, task) =>
    task === 0
      ? Int32Array.from({ length: width }, (_column, i) => i)
      : stream(`permutations/task${task}`).permutation(width),
  );
}

/**
 * By pixel of an image that was turned counter-clockwise about its centre, which pixel of the original it shows: the
 * nearest one, and the top left one, which is background, for what was outside.
 */
export function turnedPixels(side: number, degrees: number): Int32Array {
  const [sine, cosine] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
  return Int32Array.from({ length: side * side }, (_, pixel) => {
    const [right, down] = [(pixel % side) + 0.5 - side / 2, Math.floor(pixel / side) + 0.5 - side / 2];
    const column = Math.floor(cosine * right - sine * down + side / 2);
    const row = Math.floor(sine * right + cosine * down + side / 2);
    return row < 0 || row >= side || column < 0 || column >= side ? 0 : row * side + column;
  });
}

/** The given rows of x, one after the other, each with its columns in this order. */
function writePermuted(x: Float32Array, order: Int32Array, rows: Int32Array, into: Float32Array): void {
  const width = order.length;
  rows.forEach((row, at) => {
    for (let column = 0; column < width; column++) into[at * width + column] = x[row * width + order[column]];
  });
}

async function openPermuted(
  definition: PermutedDefinition,
  { engine, dataset, stream }: SuiteEnvironment,
): Promise<OpenSuite> {
  const data = await dataset(definition.dataset);
  const { train, test, classes } = data;
  const { rowsPerClass, tasks } = definition;
  const width = widthOf(definition);
  checkDataset(definition.id, data, { width, classes: CLASSES, everyClass: true });
  const permutations = orders(definition, stream);
  const rows = chooseRows(train.y, CLASSES, rowsPerClass?.train ?? null);
  const outputs = Array.from({ length: CLASSES }, (_, i) => i);
  const everyRow = rows.map((_, i) => i);
  const protocol = new StreamProtocol({
    engine,
    scenario: 'domain-il',
    outputs: CLASSES,
    transform: { kind: 'none' },
    augmentation: null,
    width,
    taskOfRow: null,
    boundaries: true,
    permutations,
    budget: { epochs: definition.epochs, batchSize: definition.batchSize, optimiser: definition.optimiser },
    x: takeRows(train.x, width, rows),
    labels: rows.map((row) => train.y[row]),
    tasks: Array.from({ length: tasks }, (_, task) => ({
      rows: drawnRows(definition, everyRow, stream(`rows/task${task}`)),
      outputs,
    })),
  });
  const testRows = chooseRows(test.y, CLASSES, rowsPerClass?.test ?? null);
  const testLabels = testRows.map((row) => test.y[row]);
  const evaluator = new ContinualEvaluator({
    engine,
    stream,
    scenario: 'domain-il',
    outputs: CLASSES,
    inputShape: [width],
    classNames: classes.slice(0, CLASSES),
    tasks: permutations.map((order) => ({
      rows: testRows.length,
      labels: testLabels,
      outputs,
      writeInputs: (into) => writePermuted(test.x, order, testRows, into),
    })),
  });
  return judgedBy(evaluator, protocol);
}

import { tf, type Tensor } from '../../../engine/tf.ts';
import type { Engine, OptimiserSpec, StepScope, Variable } from '../../../engine/types.ts';
import type { Augmentation } from '../../../methods/shared/augmentation.ts';
import {
  ContinualProtocol,
  type ContinualScenario,
  type ContinualTask,
  type ExampleBatch,
} from '../../../methods/continual/contract.ts';

/** How resident rows become network inputs, inside steps and on the host alike. */
export type InputTransform =
  | { readonly kind: 'none' }
  /**
   * Zero-pads square one-channel images by `pad` on every side, then (x − mean) / deviation, as torchvision's Pad,
   * ToTensor, Normalize.
   */
  | {
      readonly kind: 'pad-normalise';
      readonly side: number;
      readonly pad: number;
      readonly mean: number;
      readonly deviation: number;
    }
  /** (x − mean) / deviation, one constant each for all channels. */
  | { readonly kind: 'scale'; readonly mean: number; readonly deviation: number };

export function transformTensor(transform: InputTransform, x: Tensor): Tensor {
  switch (transform.kind) {
    case 'none':
      return x;
    case 'scale':
      return tf.div(tf.sub(x, transform.mean), transform.deviation);
    case 'pad-normalise': {
      const { side, pad, mean, deviation } = transform;
      const padded = tf.pad(tf.reshape(x, [x.shape[0], side, side]), [
        [0, 0],
        [pad, pad],
        [pad, pad],
      ]);
      return tf.div(tf.sub(tf.reshape(padded, [x.shape[0], (side + 2 * pad) ** 2]), mean), deviation);
    }
  }
}

/**
 * The same on the host, for test inputs: the given rows of x [rows × width], one after the other, into [rows ×
 * transformed width].
 */
export function writeTransformed(
  transform: InputTransform,
  x: Float32Array,
  width: number,
  rows: Int32Array,
  into: Float32Array,
): void {
  if (transform.kind === 'none') {
    rows.forEach((row, at) => into.set(x.subarray(row * width, (row + 1) * width), at * width));
    return;
  }
  const { mean, deviation } = transform;
  if (transform.kind === 'scale') {
    let to = 0;
    for (const row of rows) {
      for (let from = row * width; from < (row + 1) * width; from++) into[to++] = (x[from] - mean) / deviation;
    }
    return;
  }
  const { side, pad } = transform;
  const wide = side + 2 * pad;
  into.fill(Math.fround(Math.fround(0 - mean) / deviation));
  rows.forEach((row, at) => {
    for (let i = 0; i < side; i++) {
      for (let j = 0; j < side; j++)
        into[at * wide * wide + (i + pad) * wide + j + pad] = (x[row * width + i * side + j] - mean) / deviation;
    }
  });
}

/** What pixels 0 and 1 become. */
function rangeOf(transform: InputTransform): readonly [low: number, high: number] {
  if (transform.kind === 'none') return [0, 1];
  const { mean, deviation } = transform;
  return [(0 - mean) / deviation, (1 - mean) / deviation];
}

/** What a stream suite declares about training. */
export interface StreamBudget {
  readonly epochs: number;
  /** Steps of each task, where the budget is in steps. */
  readonly steps?: number;
  readonly batchSize: number;
  /** Kept unless told. */
  readonly lastBatch?: 'kept' | 'dropped';
  readonly optimiser: OptimiserSpec;
}

export interface StreamDefinition {
  readonly engine: Engine;
  readonly scenario: ContinualScenario;
  readonly outputs: number;
  readonly budget: StreamBudget;
  readonly transform: InputTransform;
  readonly augmentation: Augmentation | null;
  /** Resident rows, as they are stored: [rows × width]. */
  readonly x: Float32Array;
  readonly width: number;
  /** Output index of each row. */
  readonly labels: Int32Array;
  /** Task of each row; null when tasks are permutations of the inputs, which every row takes part in. */
  readonly taskOfRow: Int32Array | null;
  readonly tasks: readonly { readonly rows: Int32Array; readonly outputs: readonly number[] }[];
  /** Whether methods are told where a task ends; otherwise they see one task of all rows, in the same order. */
  readonly boundaries: boolean;
  /** One order of the input columns per task, for permuted streams. */
  readonly permutations?: readonly Int32Array[];
}

/**
 * A stream over resident data. An example's id is task · rows + row for permuted streams, and the row otherwise, so
 * that one number says which input a replay buffer holds.
 */
export class StreamProtocol extends ContinualProtocol {
  readonly scenario: ContinualScenario;
  readonly tasks: readonly ContinualTask[];
  readonly outputs: number;
  readonly epochs: number;
  override readonly steps: number | null;
  readonly batchSize: number;
  override readonly lastBatch: 'kept' | 'dropped';
  readonly optimiser: OptimiserSpec;
  readonly augmentation: Augmentation | null;
  readonly bytesPerExample: number;
  override readonly inputRange: readonly [low: number, high: number];
  private readonly definition: StreamDefinition;
  private readonly parts: readonly ContinualTask[];
  private readonly rows: number;
  private readonly x: Variable;
  private readonly y: Variable;
  private readonly taskVariable: Variable | null;
  private readonly orders: Variable | null;

  constructor(definition: StreamDefinition) {
    super();
    const { engine, budget, width, labels, permutations, boundaries } = definition;
    const taskOfRow = boundaries ? definition.taskOfRow : null;
    this.definition = definition;
    this.scenario = definition.scenario;
    this.outputs = definition.outputs;
    this.epochs = budget.epochs;
    this.steps = budget.steps ?? null;
    this.batchSize = budget.batchSize;
    this.lastBatch = budget.lastBatch ?? 'kept';
    this.optimiser = budget.optimiser;
    this.augmentation = definition.augmentation;
    this.rows = labels.length;
    this.inputRange = rangeOf(definition.transform);
    this.bytesPerExample = width * Float32Array.BYTES_PER_ELEMENT + Int32Array.BYTES_PER_ELEMENT;
    const tasks = definition.tasks.map((task, index) => ({
      index,
      outputs: task.outputs,
      size: task.rows.length,
      ids: permutations === undefined ? task.rows : task.rows.map((row) => index * this.rows + row),
    }));
    this.tasks = boundaries ? tasks : [together(tasks)];
    this.parts = tasks;
    // permuted streams pick single cells of the data, so that a row and its order are one lookup
    this.x = engine.variable(
      'train/x',
      { shape: permutations === undefined ? [this.rows, width] : [this.rows * width], dtype: 'float32' },
      definition.x,
    );
    this.y = engine.variable('train/y', { shape: [this.rows], dtype: 'int32' }, labels);
    this.taskVariable =
      taskOfRow === null ? null : engine.variable('train/task', { shape: [this.rows], dtype: 'int32' }, taskOfRow);
    this.orders =
      permutations === undefined
        ? null
        : engine.variable(
            'train/permutations',
            { shape: [permutations.length, width], dtype: 'int32' },
            Int32Array.from(permutations.flatMap((order) => [...order])),
          );
  }

  override get stages(): readonly ContinualTask[] {
    return this.parts;
  }

  labelOf(id: number): number {
    return this.definition.labels[id % this.rows];
  }

  taskOf(id: number): number {
    return this.definition.boundaries ? this.stageOf(id) : 0;
  }

  override stageOf(id: number): number {
    return this.definition.taskOfRow?.[id] ?? Math.floor(id / this.rows);
  }

  examples(scope: StepScope, ids: Tensor): ExampleBatch {
    const { transform } = this.definition;
    if (this.orders === null || this.taskVariable !== null) {
      const tasks = this.taskVariable === null ? tf.zerosLike(ids) : scope.gather(this.taskVariable, ids);
      return { x: transformTensor(transform, scope.gather(this.x, ids)), y: scope.gather(this.y, ids), tasks };
    }
    const tasks = tf.floorDiv(ids, tf.scalar(this.rows, 'int32'));
    const rows = tf.sub(ids, tf.mul(tasks, tf.scalar(this.rows, 'int32')));
    const { width } = this.definition;
    const cells = tf.add(tf.mul(tf.expandDims(rows, 1), tf.scalar(width, 'int32')), scope.gather(this.orders, tasks));
    return { x: transformTensor(transform, scope.gather(this.x, cells)), y: scope.gather(this.y, rows), tasks };
  }
}

/** All tasks as one, their examples in the order of the stream. */
function together(tasks: readonly ContinualTask[]): ContinualTask {
  const ids = Int32Array.from(tasks.flatMap((task) => [...task.ids]));
  return { index: 0, outputs: [...new Set(tasks.flatMap(({ outputs }) => outputs))], size: ids.length, ids };
}

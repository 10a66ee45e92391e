import { z } from 'zod';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import type { Stream } from '../../engine/random/streams.ts';
import type { Tensor } from '../../engine/tf.ts';
import type {
  OptimiserSpec,
  StepInputs,
  StepScope,
  TensorData,
  TensorSpec,
  Tensors,
  Variable,
  Variables,
} from '../../engine/types.ts';
import { Protocol, type JsonValue, type Permit, type Predictor, type TrialContext } from '../contract.ts';
import type { MethodHeader, ValuesOf } from '../define.ts';
import type { Model, Models, Trainable } from '../models.ts';
import type { Augmentation } from '../shared/augmentation.ts';
import type {
  BetweenPhases,
  ExampleBatch,
  Gates,
  LossScope,
  PassOptions,
  Phase,
  StepHooks,
} from './shared/step-contract.ts';

export type * from './shared/step-contract.ts';

export const CONTINUAL_SCENARIOS = ['task-il', 'domain-il', 'class-il'] as const;
export type ContinualScenario = (typeof CONTINUAL_SCENARIOS)[number];

/** Training examples that the driver hands out together. */
export interface ContinualStage {
  /** By id: while it is learned; later for a memory, before only where all tasks are asked for. */
  readonly ids: Int32Array;
  /** How many there are, which may be known at any time. */
  readonly size: number;
}

/** One task of a stream, as far as a method may know it. */
export interface ContinualTask extends ContinualStage {
  readonly index: number;
  /** Network outputs that stand for its classes. */
  readonly outputs: readonly number[];
}

/**
 * A stream of tasks over resident training data. Examples are named by int32 ids, on the host and inside steps alike,
 * so that orders, buffers and replay choices are lists of ids. Test data is not here.
 */
export abstract class ContinualProtocol extends Protocol {
  readonly kind = 'stream' as const;
  abstract readonly scenario: ContinualScenario;
  abstract readonly tasks: readonly ContinualTask[];
  /** Size of the network's output layer. */
  abstract readonly outputs: number;
  /** Passes over a task's examples; about as many as the steps make where the budget is in steps. */
  abstract readonly epochs: number;
  /** Steps of each task where the budget is in steps: as many whatever a method adds to the examples. */
  readonly steps: number | null = null;
  abstract readonly batchSize: number;
  /** Whether an epoch's last batch, which is smaller, is trained on. */
  readonly lastBatch: 'kept' | 'dropped' = 'kept';
  abstract readonly optimiser: OptimiserSpec;
  /** Transformations of training examples, drawn anew whenever one is trained on; the same for every method. */
  abstract readonly augmentation: Augmentation | null;
  /** What the lowest and the highest pixel come to as network inputs; of images. */
  readonly inputRange: readonly [low: number, high: number] = [0, 1];
  /** What storing one example takes: its input as float32, its label as int32. */
  abstract readonly bytesPerExample: number;
  /**
   * The parts in which the driver hands examples out; the suite evaluates after each. A task is a part.
   * Where a suite does not tell the boundaries, `tasks` is one task of all classes, and the parts follow one another
   * within it.
   */
  get stages(): readonly ContinualStage[] {
    return this.tasks;
  }
  abstract labelOf(id: number): number;
  abstract taskOf(id: number): number;
  /** The part of the stream that an example is handed out in; its task where boundaries are told. */
  stageOf(id: number): number {
    return this.taskOf(id);
  }
  /**
   * Inside a step: the examples with these ids [B], as they are. Training steps take them through `TrainingExamples`.
   */
  abstract examples(scope: StepScope, ids: Tensor): ExampleBatch;

  /**
   * Which outputs take part in the loss while training task `stage`, by the example's own task: [tasks × outputs], 0 =
   * takes part, a large negative number = is left out. Task-IL: the outputs of the example's task; class-IL: of all
   * tasks so far; domain-IL: all.
   */
  outputMask(stage: number): Float32Array {
    const mask = new Float32Array(this.tasks.length * this.outputs);
    if (this.scenario === 'domain-il') return mask;
    const seen = new Set(this.tasks.slice(0, stage + 1).flatMap((task) => [...task.outputs]));
    for (const task of this.tasks) {
      const active = this.scenario === 'task-il' ? new Set(task.outputs) : seen;
      for (let output = 0; output < this.outputs; output++)
        mask[task.index * this.outputs + output] = active.has(output) ? 0 : EXCLUDED;
    }
    return mask;
  }

  permitted(permit: Permit): Protocol {
    return permittedStream(this, permit);
  }
}

/**
 * The stream as a method sees it: examples of the present part, and those of others as it asks for them. All else is
 * the stream itself.
 */
function permittedStream(whole: ContinualProtocol, permit: Permit): ContinualProtocol {
  const isTold = whole.tasks.length === whole.stages.length;
  const word = isTold ? 'task' : 'part';
  const see = (part: number): void => {
    const { stage } = permit;
    if (part === stage || permit.has('all-tasks')) return;
    if (part > stage)
      permit.need('all-tasks', `reaches for examples of ${word} ${part + 1} while ${word} ${stage + 1} is learned`);
    else permit.need('replay-memory', `reaches for examples of ${word} ${part + 1}, which has ended`);
  };
  const guarded = (part: number, { size, ids }: ContinualStage): ContinualStage => ({
    size,
    get ids() {
      see(part);
      return ids;
    },
  });
  const last = whole.stages.length - 1;
  const tasks = whole.tasks.map((task) => {
    const seen = guarded(isTold ? task.index : last, task);
    return Object.defineProperties({ ...task }, Object.getOwnPropertyDescriptors(seen));
  });
  const stages = whole.stages.map((stage, part) => guarded(part, stage));
  const own = {
    labelOf(id: number): number {
      see(whole.stageOf(id));
      return whole.labelOf(id);
    },
    taskOf(id: number): number {
      see(whole.stageOf(id));
      return whole.taskOf(id);
    },
  };
  const stream: ContinualProtocol = Object.create(whole, {
    tasks: { value: tasks },
    stages: { value: stages },
    labelOf: { value: own.labelOf },
    taskOf: { value: own.taskOf },
  });
  return stream;
}

/** Added to a logit that takes no part: its probability is exactly 0 in float32. */
export const EXCLUDED = -1e9;

/** What the defaults below stand for; the form shows these words in place of `suite` and 0. */
const SUITES_OWN = "the suite's own";

/** Hyper-parameters that every continual method has: how it steps. Defaults are the suite's own. */
export const steppingFields = {
  optimiser: z
    .enum(['suite', 'adam', 'sgd', 'adagrad'])
    .default('suite')
    .describe('Optimiser')
    .meta({ defaultMeans: SUITES_OWN }),
  learningRate: z.number().min(0).max(10).default(0).describe('Learning rate').meta({ defaultMeans: SUITES_OWN }),
} as const;

export type SteppingValues = ValuesOf<typeof steppingFields>;

/** What a method does beyond plain training. Every hook is optional; without any it is naive fine-tuning. */
export interface ContinualHooks extends StepHooks {
  /** What every step trains, where there are no phases; the suite's network unless told. */
  readonly trains?: readonly Trainable[];
  /** Examples of one epoch of `task`, before shuffling; by default the task's own. */
  epochIds?(task: number): Int32Array;
  /**
   * The phases of a task, in order; one with the hooks of the step unless told. Asked after `beginTask`, and again when
   * a trial resumes within the task.
   */
  phases?(task: number): readonly Phase[];
  beginTask?(task: number, from?: JsonValue): BetweenPhases;
  endTask?(task: number, from?: JsonValue): BetweenPhases;
  /**
   * What answers from now on: asked at the start and at the end of every task. The suite's network with its parameters
   * of then, unless told. The same predictor again must answer with what the method has learnt by then.
   */
  predictor?(): Predictor;
  /**
   * Factors for hidden units of the suite's network, by the tasks [B] of examples. They act on the batch, and on
   * `logits` of the batch's inputs; at test the suite has to tell tasks.
   */
  gates?(scope: StepScope, tasks: Tensor): Gates;
}

/**
 * How training steps see examples: with the suite's augmentation where it has one. The driver and `LossScope.examples`
 * do this for methods; a method that compiles training steps of its own adds `inputs` to them and `feed` to what it
 * feeds.
 */
export interface TrainingExamples {
  readonly inputs: StepInputs;
  feed(globalStep: number): Readonly<Record<string, TensorData>>;
  /**
   * Inside a step: the examples with these ids [B]. `use` (0 for the batch of the stream) keeps the draws of a step's
   * batches apart.
   */
  examples(scope: StepScope, inputs: Readonly<Record<string, Tensor>>, ids: Tensor, use: number): ExampleBatch;
}

/** A tensor to train: its shape and how it starts. */
export interface StartingTensor {
  readonly shape: readonly number[];
  initial(): Float32Array;
}

/** What a method gets to build its hooks from. */
export interface ContinualRun {
  readonly context: TrialContext;
  readonly protocol: ContinualProtocol;
  readonly models: Models;
  /** The suite's network, opened when it is first asked for. */
  readonly model: Model;
  /** Its parameters. */
  readonly parameters: Variables;
  /** Its batch-norm statistics. */
  readonly statistics: Variables;
  readonly optimiserSpec: OptimiserSpec;
  /** One in-step update of the suite's network by the trial's optimiser. */
  update(scope: StepScope, gradients: Tensors): void;
  /** Forgets the optimiser's state, for methods that start networks anew; that of the suite's network unless told. */
  resetOptimiser(of?: Trainable): void;
  /** Registered variables of a method's own, to be trained beside networks. */
  trainable(name: string, tensors: Readonly<Record<string, StartingTensor>>, rate?: number): Trainable;
  stream(name: string): Stream;
  /** A resident variable that checkpoints carry; zeros unless told. */
  variable(
    name: string,
    spec: TensorSpec & { dtype: 'float32' | 'int32' },
    initial?: () => Float32Array | Int32Array,
  ): Variable;
  /** One such variable per parameter, named `<name>/<parameter>`. */
  perParameter(name: string): Variables;
  readParameters(scope: StepScope): Tensors;
  /** Features [ids × F], row-major, of training examples by the network of now, not augmented. Metered. */
  features(ids: Int32Array): Promise<Float32Array>;
  readonly training: TrainingExamples;
  /** The loss scope of one batch inside a step. */
  lossScope(
    scope: StepScope,
    parameters: Tensors,
    batch: ExampleBatch,
    inputs: Readonly<Record<string, Tensor>>,
    options?: PassOptions,
  ): LossScope;
  /** The mask of the present task, as a variable [tasks, outputs]. */
  readonly mask: Variable;
}

export interface ContinualDefinition<S extends z.ZodRawShape> extends MethodHeader<S> {
  /** All tasks are trained at once, in one stage (joint training). */
  readonly singleStage?: boolean;
  /**
   * The network that is trained, where the method maps the suite's (`mapLayers`); `run.model` then has it, and
   * `context.network` is still the suite's.
   */
  network?(suites: NetworkSpec, hyperParameters: ValuesOf<S> & SteppingValues): NetworkSpec;
  /** The optimiser, where it is another than the suite's or the one that a person chose. */
  optimiser?(chosen: OptimiserSpec, hyperParameters: ValuesOf<S> & SteppingValues): OptimiserSpec;
  /** `fields` are the hyper-parameters beyond `steppingFields`. */
  create(run: ContinualRun, hyperParameters: ValuesOf<S> & SteppingValues): ContinualHooks;
}

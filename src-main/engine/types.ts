import type { Tensor } from './tf.ts';

export const BACKENDS = ['tensorflow-gpu', 'tensorflow-cpu', 'webgpu', 'wasm'] as const;
/** Where the numbers are computed; part of every trial's identity. */
export type BackendName = (typeof BACKENDS)[number];

/** In a trial's identity in place of a backend: a library outside of the engine computed it. */
export const NATIVE = 'native';
/** What a trial's identity may name. */
export const TRIAL_BACKENDS = [...BACKENDS, NATIVE] as const;

export type DType = 'float32' | 'int32' | 'bool';
export type TensorData = Float32Array | Int32Array | Uint8Array;
/** Named tensors, in the network's declared order. */
export type Tensors = Record<string, Tensor>;
export type NamedArrays = Record<string, Float32Array>;

export interface TensorSpec {
  /** At most one dimension of a step input may be -1: it is then taken from the length of what is fed. */
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/**
 * A tensor that lives on the backend between steps: parameters, optimiser slots, resident data. Only its engine reads
 * or writes it.
 */
export interface Variable extends TensorSpec {
  readonly id: number;
  readonly name: string;
}
export type Variables = Record<string, Variable>;

/**
 * What the body of a step can do besides calling `tf` operations. Effects happen in program order, as in tf.function.
 */
export interface StepScope {
  /** The variable's value at this point of the body. */
  read(variable: Variable): Tensor;
  /** Replaces the variable's value; later reads see it. */
  assign(variable: Variable, value: Tensor): void;
  /**
   * `variable[indices[i], …] = updates[i, …]`; an index that occurs twice is refused by the caller's construction, not
   * checked here.
   */
  scatter(variable: Variable, indices: Tensor, updates: Tensor): void;
  /** Rows of a resident variable: shape [...indices.shape, ...variable.shape[1:]]. */
  gather(variable: Variable, indices: Tensor): Tensor;
  /** In-place optimiser updates: TensorFlow's fused kernels on TensorFlow, written out in `tf` operations elsewhere. */
  readonly fused: FusedUpdates;
  /**
   * Uniform numbers in [0, 1) from the stateless generator keyed by `key`, an int32[2] step input made by
   * `Stream.key()`.
   */
  randomUniform(shape: readonly number[], key: Tensor): Tensor;
  /** Standard normal numbers, keyed alike. */
  randomNormal(shape: readonly number[], key: Tensor): Tensor;
}

/** All scalars are tensors so that a step is recorded once for every learning rate. */
export interface FusedUpdates {
  /** v -= lr·g */
  gradientDescent(v: Variable, lr: Tensor, gradient: Tensor): void;
  /** a = momentum·a + g; v -= lr·a, or lr·(g + momentum·a) with Nesterov. */
  momentum(v: Variable, accumulator: Variable, lr: Tensor, gradient: Tensor, momentum: number, nesterov: boolean): void;
  /**
   * Adam with bias correction from the powers β1ᵗ, β2ᵗ (already raised to this step) and ε outside the corrected root,
   * as PyTorch.
   */
  adam(
    v: Variable,
    m: Variable,
    s: Variable,
    powers: { beta1: Tensor; beta2: Tensor },
    lr: Tensor,
    gradient: Tensor,
    hyper: { beta1: number; beta2: number; epsilon: number },
  ): void;
  /** a += g²; v -= lr·g/(√a + ε) */
  adagrad(v: Variable, accumulator: Variable, lr: Tensor, gradient: Tensor, epsilon: number): void;
}

export type StepInputs = Readonly<Record<string, TensorSpec>>;
export type Feed<I extends StepInputs> = { readonly [K in keyof I]: TensorData };
export type Outputs<O extends string> = Record<O, Float32Array | Int32Array>;

export interface StepDefinition<I extends StepInputs, O extends string> {
  /** Shown in errors and profiles: `<method>/<what>`. */
  readonly name: string;
  readonly inputs: I;
  /**
   * One step, written for one network and one batch, as pure `tf` calls plus effects on `scope`. Values can't be read
   * inside; control flow may depend on shapes only.
   */
  body(inputs: { readonly [K in keyof I]: Tensor }, scope: StepScope): Record<O, Tensor>;
  /**
   * Most recorded steps put into one native call; by default the engine chooses by a fixed rule from the recorded
   * graph.
   */
  readonly stepsPerCall?: number;
}

export interface CompiledStep<I extends StepInputs, O extends string> {
  readonly name: string;
  /** Runs the step once per feed, in order, several per native call; answers the outputs of each. */
  run(feeds: readonly Feed<I>[]): Promise<Outputs<O>[]>;
  /** Floating-point operations of one step, counted from the recorded graph; 0 before the first run. */
  readonly flops: number;
  /** Drops the recorded graphs and their native sessions. */
  dispose(): void;
}

/** What the engine counted; methods never report their own cost. */
export interface Meter {
  readonly steps: number;
  readonly calls: number;
  readonly flops: number;
  /**
   * Seconds of calls that ran for the first time. With recorded steps, most of it is TensorFlow optimising their
   * graphs, which later trials of the kind need not wait for.
   */
  readonly preparation: number;
}

/** What an engine holds at a moment: tensors, native sessions, and calls of recorded steps that these have ready. */
export interface Live {
  readonly tensors: number;
  readonly sessions: number;
  readonly calls: number;
}

/** One opened backend in this process. */
export interface Engine {
  readonly backend: BackendName;
  /** Library and device versions for the result's environment. */
  readonly versions: Readonly<Record<string, string>>;
  /** Changes whenever the same trial may give other numbers than before; part of every trial's identity. */
  readonly numerics: string;
  readonly meter: Meter;
  /**
   * Makes a resident variable; `initial` in row-major order, zeros when absent. Throws EngineError when sizes do not
   * match.
   */
  variable(name: string, spec: TensorSpec, initial?: TensorData): Variable;
  /** A copy of the variable's values. */
  read(variable: Variable): Promise<Float32Array | Int32Array>;
  write(variable: Variable, data: TensorData): void;
  release(variable: Variable): void;
  compileStep<const I extends StepInputs, O extends string>(definition: StepDefinition<I, O>): CompiledStep<I, O>;
  /** For leak tests. */
  live(): Live;
  dispose(): void;
}

/** How a network's tensors start, and which of them a method may treat alike. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: 'kernel' | 'bias' | 'scale' | 'offset' | 'mean' | 'variance' | 'factor' | 'mask';
}

export interface NetworkValues {
  readonly params: NamedArrays;
  /** Batch-norm statistics; empty without batch norm. */
  readonly state: NamedArrays;
}

export interface ApplyOptions {
  readonly mode: 'train' | 'eval';
  /** Dropout noise; absent = no dropout even in `train`. */
  readonly random?: { readonly scope: StepScope; readonly key: Tensor };
  /** Dropout draws in `eval` too (answers by sampling); batch norm stays as it is there. */
  readonly sampling?: boolean;
  /**
   * Sees every layer's input ([B, in], or [B, H, W, in] of a convolution) and affine output, before batch norm.
   * Answers the output to go on with. A zero tensor added there gives the per-example gradient of that output.
   */
  readonly tap?: (layer: string, input: Tensor, output: Tensor) => Tensor;
  /**
   * Sees what each hidden layer hands on, after its rectifier ([B, units], or [B, H, W, channels]), by the name of its
   * affine map. Answers what the next layer is given.
   */
  readonly gate?: (layer: string, activation: Tensor) => Tensor;
}

/** One rule for all parameters. */
export type PlainOptimiser =
  | {
      readonly kind: 'sgd';
      readonly lr: number;
      readonly momentum?: number;
      readonly nesterov?: boolean;
      readonly weightDecay?: number;
    }
  | {
      readonly kind: 'adam';
      readonly lr: number;
      readonly beta1?: number;
      readonly beta2?: number;
      readonly epsilon?: number;
      readonly weightDecay?: number;
    }
  | {
      readonly kind: 'adamw';
      readonly lr: number;
      readonly weightDecay: number;
      readonly beta1?: number;
      readonly beta2?: number;
      readonly epsilon?: number;
    }
  | {
      readonly kind: 'adagrad';
      readonly lr: number;
      readonly epsilon?: number;
      readonly weightDecay?: number;
      /** What the sums of squares start with; 0 unless told. */
      readonly start?: number;
    }
  | {
      readonly kind: 'rmsprop';
      readonly lr: number;
      readonly alpha?: number;
      readonly epsilon?: number;
      readonly weightDecay?: number;
    };

/** What becomes of gradients before an optimiser is given them. */
export type GradientRule =
  /** All gradients together are at most this long. */
  | { readonly kind: 'clip-norm'; readonly norm: number }
  /** Adds `weightDecay` times the parameter. */
  | { readonly kind: 'decay'; readonly weightDecay: number }
  /** Each tensor's gradient is made `coefficient` times as long as the tensor; as it is where one of them is 0. */
  | { readonly kind: 'trust-ratio'; readonly coefficient: number }
  /** Another rule for those parameters alone whose name the regular expression finds. */
  | {
      readonly kind: 'masked';
      readonly parameters: string;
      readonly rule: Exclude<GradientRule, { kind: 'clip-norm' }>;
    };

/** Rules one after the other, and an optimiser at the end; its own rate is not looked at. */
export interface ChainedOptimiser {
  readonly kind: 'chain';
  readonly lr: number;
  readonly rules: readonly GradientRule[];
  readonly then: OptimiserSpec;
}

/**
 * An optimiser for each group of parameters: the first group whose regular expression finds a parameter's name has it.
 * Its rate is `rate` times the whole's; where `by` is null, and in no group, a parameter stays as it is.
 */
export interface LabelledOptimiser {
  readonly kind: 'by-label';
  readonly lr: number;
  readonly groups: readonly {
    readonly label: string;
    readonly parameters: string;
    readonly rate: number;
    readonly by: OptimiserSpec | null;
  }[];
}

export type OptimiserSpec = PlainOptimiser | ChainedOptimiser | LabelledOptimiser;

/** The slots of one optimiser over one set of parameters, as variables (so that they are checkpointed by name). */
export interface Optimiser {
  readonly spec: OptimiserSpec;
  readonly slots: Variables;
  /** What each slot is filled with at the start. */
  readonly starts: Readonly<Record<string, number>>;
  /** Inside a step body: one update of every parameter named in `gradients` at learning rate `lr` (scalar). */
  update(scope: StepScope, gradients: Tensors, lr: Tensor): void;
}

/** An error of the engine that a person can act on. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
}

/**
 * What a trial measured, before any metric is taken: metrics are pure functions over this and can be recomputed without
 * training.
 */
export interface Primitives {
  /**
   * e.g. `accuracy`: row i = after training task i, column j = on task j; `accuracy.init`: one row, at random
   * initialisation. Shares in [0, 1].
   */
  readonly matrices: Readonly<Record<string, readonly (readonly number[])[]>>;
  /** Per-sample predicted distributions at the end, by split. */
  readonly probabilities: Readonly<Record<string, SampleProbabilities>>;
  /** Per-sample predicted numbers at the end, by split. Absent where numbers are not what was asked for. */
  readonly predictions?: Readonly<Record<string, SampleNumbers>>;
  /** In place of the samples, by split, where only these were kept: in a report. */
  readonly statistics?: Readonly<Record<string, SampleStatistics>>;
  readonly numberStatistics?: Readonly<Record<string, NumberStatistics>>;
  /** x ascending; `unit` names x: step, examples, task, lambda, members. */
  readonly curves: readonly Curve[];
  /** Anything a suite measures that is one number: `barrier.loss`, `temperature`, … */
  readonly scalars: Readonly<Record<string, number>>;
}

export interface SampleProbabilities {
  readonly classes: number;
  /**
   * [samples × classes], row-major; each row sums to 1 (0 at outputs the protocol masks), unless they are `scores`.
   */
  readonly values: Float32Array;
  /** True: the values only rank the classes, a larger one first. They have no likelihood and no calibration. */
  readonly scores?: true;
  readonly labels: Int32Array;
  /** Task of each sample where the suite has tasks. */
  readonly tasks?: Int32Array;
  readonly classNames?: readonly string[];
}

/** Predicted numbers in the units of the target, [samples × width] row-major. */
export interface SampleNumbers {
  /** Numbers of a target. */
  readonly width: number;
  readonly targets: Float32Array;
  readonly values: Float32Array;
  /** Standard deviations that the predictor gave with its values. */
  readonly deviations?: Float32Array;
  /** Task of each sample where the suite has tasks. */
  readonly tasks?: Int32Array;
  /** Of the numbers of a target. */
  readonly names?: readonly string[];
}

/** The sufficient statistics of a split's predicted numbers; one sum for each number of the target. */
export interface NumberStatistics {
  readonly width: number;
  readonly samples: number;
  /** Σ (predicted − true)². */
  readonly squaredError: readonly number[];
  /** Σ |predicted − true|. */
  readonly absoluteError: readonly number[];
  /** Σ (true − mean of these samples)². */
  readonly spread: readonly number[];
  /** Where deviations were given: the sums of what scores the normal distributions that they make. */
  readonly normal?: NormalSums;
  /** Samples of each task; absent where the suite has no tasks. */
  readonly tasks?: readonly number[];
  readonly names?: readonly string[];
}

/** Sums over samples, one for each number of the target, of predictions as normal distributions. */
export interface NormalSums {
  /** Σ −ln density(true). */
  readonly logScore: readonly number[];
  /** Σ of the continuous ranked probability score. */
  readonly rankedScore: readonly number[];
  /** How many lie in the central interval that should hold nine of ten. */
  readonly covered: readonly number[];
}

/** What a bin of predictions adds up to: how many, the sum of their probabilities, and how many are right. */
export type BinSums = readonly [count: number, confidence: number, right: number];

/**
 * The sufficient statistics of a split's answers: every metric of answers is computed from these, and from nothing else
 * of them. So a report may hold them in place of the answers, and its metrics can still be computed again.
 */
export interface SampleStatistics {
  readonly classes: number;
  readonly samples: number;
  /** counts[label][predicted class]. */
  readonly counts: readonly (readonly number[])[];
  /** Samples of each task; absent where the suite has no tasks. */
  readonly tasks?: readonly number[];
  /** Σ −ln p(label); p below 1e-12 counts as 1e-12. Null, as the next two, where the answers were scores. */
  readonly logLoss: number | null;
  /** Σ Σ_c (p_c − [c = label])². */
  readonly brier: number | null;
  /** Over 15 bins of the predicted class's probability: of equal width, and of equal mass. */
  readonly bins: { readonly equalWidth: readonly BinSums[]; readonly equalMass: readonly BinSums[] } | null;
  /** Σ over coverages 1/n … 1 of the risk there (AURC · n). Absent in reports of before it was kept, and of scores. */
  readonly riskSum?: number;
  readonly classNames?: readonly string[];
}

export interface Curve {
  readonly name: string;
  readonly x: (typeof CURVE_X)[number];
  readonly points: readonly (readonly [x: number, y: number])[];
  /** The same points on other axes, one value a point; `epoch` counts epochs since the trial began, also within one. */
  readonly axes?: CurveAxes;
}

export const CURVE_X = ['step', 'examples', 'task', 'lambda', 'members', 'epoch', 'strength', 'coverage'] as const;
export const CURVE_AXES = ['examples', 'epoch', 'seconds'] as const;
/** Where one point of a curve stands on the other axes. */
export type CurvePlaces = Readonly<Partial<Record<(typeof CURVE_AXES)[number], number>>>;
export type CurveAxes = Readonly<Partial<Record<(typeof CURVE_AXES)[number], readonly number[]>>>;

/**
 * Counted by the engine and the runner; a method tells only how many examples it used and how often it passed over
 * them.
 */
export interface Cost {
  readonly seconds: number;
  readonly steps: number;
  readonly flops: number;
  readonly examples: number;
  readonly forwardPasses: number;
  readonly backwardPasses: number;
  /**
   * The most that the trial kept at once beside network and optimiser. Null: not counted (a result of an older
   * program).
   */
  readonly bytesStored: number | null;
  /** Over all networks that the final predictor answers with. Null: not counted. */
  readonly parameters: number | null;
  /** Floating-point operations of one answer of the final predictor. Null: not counted. */
  readonly inferenceFlops: number | null;
  readonly peakMemoryBytes: number;
  /** Workers that ran at the same time, so that seconds can be read rightly. */
  readonly workers: number;
}

export interface Environment {
  readonly backend: string;
  readonly numerics: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly cpu: string;
  readonly gpu: string | null;
  readonly threads: number;
  readonly platform: string;
}

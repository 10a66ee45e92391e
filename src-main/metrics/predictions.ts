import type { BinSums, SampleProbabilities } from './primitives.ts';

/** What per-sample predicted distributions come to. Metrics answer null without samples. */

/** Of a reliability diagram and of the calibration errors. */
export const CALIBRATION_BINS = 15;

/** The most probable class of each sample and its probability; the first of equals. */
export function topClasses(p: SampleProbabilities): { classes: Int32Array; confidence: Float32Array } {
  const n = p.labels.length;
  const classes = new Int32Array(n);
  const confidence = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    let best = 0;
    let value = -Infinity;
    for (let c = 0; c < p.classes; c++) {
      const q = p.values[i * p.classes + c] ?? 0;
      if (q > value) {
        value = q;
        best = c;
      }
    }
    classes[i] = best;
    confidence[i] = value;
  }
  return { classes, confidence };
}

export function accuracy(p: SampleProbabilities): number | null {
  const n = p.labels.length;
  if (n === 0) return null;
  const { classes } = topClasses(p);
  let correct = 0;
  for (let i = 0; i < n; i++) if (classes[i] === p.labels[i]) correct++;
  return correct / n;
}

/**
 * −mean ln p(label), in nats. A probability below 1e-12 counts as 1e-12: Float32 rounds confident mistakes to zero, and
 * one would make the mean infinite.
 */
export function negativeLogLikelihood(p: SampleProbabilities): number | null {
  return p.labels.length === 0 ? null : logLossSum(p) / p.labels.length;
}

/** Σ −ln p(label), as `negativeLogLikelihood` has it. */
export function logLossSum(p: SampleProbabilities): number {
  let sum = 0;
  for (let i = 0; i < p.labels.length; i++)
    sum -= Math.log(Math.max(1e-12, p.values[i * p.classes + (p.labels[i] ?? 0)] ?? 0));
  return sum;
}

/** Σ Σ_c (p_c − [c = label])²: Brier's original sum over classes, from 0 to 2 a sample. */
export function brierSum(p: SampleProbabilities): number {
  let sum = 0;
  for (let i = 0; i < p.labels.length; i++) {
    for (let c = 0; c < p.classes; c++) sum += ((p.values[i * p.classes + c] ?? 0) - (c === p.labels[i] ? 1 : 0)) ** 2;
  }
  return sum;
}

export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly confidence: number;
  readonly accuracy: number;
}

/**
 * Sums over equal-width bins (b/n, (b+1)/n] of the confidence of the predicted class; empty bins are kept. Guo et al.
 * 2017.
 */
export function equalWidthSums(p: SampleProbabilities, bins = CALIBRATION_BINS): BinSums[] {
  const { classes, confidence } = topClasses(p);
  const sums = Array.from({ length: bins }, (): [number, number, number] => [0, 0, 0]);
  for (let i = 0; i < classes.length; i++) {
    const value = confidence[i] ?? 0;
    const bin = sums[Math.min(bins - 1, Math.max(0, Math.ceil(value * bins) - 1))];
    if (bin === undefined) continue;
    bin[0] += 1;
    bin[1] += value;
    if (classes[i] === p.labels[i]) bin[2] += 1;
  }
  return sums;
}

/**
 * Sums over bins of equal mass: samples sorted by confidence and split as evenly as can be, the first bins one larger.
 * Nixon et al. 2019.
 */
export function equalMassSums(p: SampleProbabilities, bins = CALIBRATION_BINS): BinSums[] {
  const { classes, confidence } = topClasses(p);
  const order = Array.from(confidence.keys()).sort((a, b) => (confidence[a] ?? 0) - (confidence[b] ?? 0));
  let start = 0;
  return Array.from({ length: bins }, (_, b): BinSums => {
    const size = Math.floor(order.length / bins) + (b < order.length % bins ? 1 : 0);
    const members = order.slice(start, start + size);
    start += size;
    return [
      size,
      members.reduce((sum, i) => sum + (confidence[i] ?? 0), 0),
      members.filter((i) => classes[i] === p.labels[i]).length,
    ];
  });
}

/** A bin's means; 0 where it is empty. */
function binMeans([count, confidence, right]: BinSums): Pick<ReliabilityBin, 'count' | 'confidence' | 'accuracy'> {
  return { count, confidence: count === 0 ? 0 : confidence / count, accuracy: count === 0 ? 0 : right / count };
}

/** The bins of `equalWidthSums` with their edges and means. */
export function reliabilityBins(p: SampleProbabilities, bins = CALIBRATION_BINS): ReliabilityBin[] {
  return equalWidthSums(p, bins).map((sums, b) => ({ from: b / bins, to: (b + 1) / bins, ...binMeans(sums) }));
}

/** Σ_b n_b/n |accuracy_b − confidence_b|. */
export function calibrationError(sums: readonly BinSums[]): number | null {
  const bins = sums.map(binMeans);
  const total = bins.reduce((sum, bin) => sum + bin.count, 0);
  return total === 0
    ? null
    : bins.reduce((sum, bin) => sum + (bin.count / total) * Math.abs(bin.accuracy - bin.confidence), 0);
}

/** max_b |accuracy_b − confidence_b| over bins that hold samples. */
export function maximumCalibrationError(sums: readonly BinSums[]): number | null {
  const filled = sums.map(binMeans).filter((bin) => bin.count > 0);
  return filled.length === 0 ? null : Math.max(...filled.map((bin) => Math.abs(bin.accuracy - bin.confidence)));
}

export interface CalibrationCurve {
  /** Null: all samples together. */
  readonly task: number | null;
  readonly samples: number;
  /** Expected calibration error over the same bins. */
  readonly error: number;
  readonly bins: readonly ReliabilityBin[];
}

/**
 * Reliability diagrams over equal-width bins: all samples together, then those of each task where there are several
 * tasks. Empty without samples.
 */
export function calibrationCurves(p: SampleProbabilities, bins = CALIBRATION_BINS): CalibrationCurve[] {
  const curve = (samples: SampleProbabilities, task: number | null): CalibrationCurve[] => {
    const error = calibrationError(equalWidthSums(samples, bins));
    return error === null
      ? []
      : [{ task, samples: samples.labels.length, error, bins: reliabilityBins(samples, bins) }];
  };
  const { tasks } = p;
  const several = tasks === undefined ? [] : [...new Set(tasks)].sort((a, b) => a - b);
  return [
    ...curve(p, null),
    ...(tasks === undefined || several.length < 2
      ? []
      : several.flatMap((task) => curve(samplesOfTask(p, tasks, task), task))),
  ];
}

function samplesOfTask(p: SampleProbabilities, tasks: Int32Array, task: number): SampleProbabilities {
  const rows = Array.from(tasks.keys()).filter((row) => tasks[row] === task);
  const values = new Float32Array(rows.length * p.classes);
  rows.forEach((row, i) => values.set(p.values.subarray(row * p.classes, (row + 1) * p.classes), i * p.classes));
  return { classes: p.classes, values, labels: Int32Array.from(rows, (row) => p.labels[row] ?? 0) };
}

/** counts[true][predicted]. */
export function confusionMatrix(p: SampleProbabilities): number[][] {
  const counts = Array.from({ length: p.classes }, () => new Array<number>(p.classes).fill(0));
  const { classes } = topClasses(p);
  for (let i = 0; i < classes.length; i++) {
    const row = counts[p.labels[i] ?? 0];
    const predicted = classes[i] ?? 0;
    if (row !== undefined) row[predicted] = (row[predicted] ?? 0) + 1;
  }
  return counts;
}

/** Share of each true class that was recognised; NaN-free: a class without samples answers null. */
export function perClassAccuracy(p: SampleProbabilities): (number | null)[] {
  return confusionMatrix(p).map((row, c) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return total === 0 ? null : (row[c] ?? 0) / total;
  });
}

/** Test samples per task, or null when the suite has no tasks. */
export function samplesPerTask(p: SampleProbabilities): number[] | null {
  if (p.tasks === undefined || p.tasks.length === 0) return null;
  const sizes: number[] = [];
  for (const task of p.tasks) {
    while (sizes.length <= task) sizes.push(0);
    sizes[task] = (sizes[task] ?? 0) + 1;
  }
  return sizes;
}

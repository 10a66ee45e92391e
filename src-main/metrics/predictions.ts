import type { SampleProbabilities } from './primitives.ts';

/** Metrics over per-sample predicted distributions. All answer null without samples. */

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

/** −mean ln p(label), in nats. A probability below 1e-12 counts as 1e-12: Float32 rounds confident mistakes to zero, and one would make the mean infinite. */
export function negativeLogLikelihood(p: SampleProbabilities): number | null {
  const n = p.labels.length;
  if (n === 0) return null;
  let sum = 0;
  for (let i = 0; i < n; i++) sum -= Math.log(Math.max(1e-12, p.values[i * p.classes + (p.labels[i] ?? 0)] ?? 0));
  return sum / n;
}

/** mean Σ_c (p_c − [c = label])²: Brier's original sum over classes, from 0 to 2. */
export function brier(p: SampleProbabilities): number | null {
  const n = p.labels.length;
  if (n === 0) return null;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < p.classes; c++) sum += ((p.values[i * p.classes + c] ?? 0) - (c === p.labels[i] ? 1 : 0)) ** 2;
  }
  return sum / n;
}

export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly confidence: number;
  readonly accuracy: number;
}

/** Equal-width bins (from, to] over the confidence of the predicted class; empty bins are kept with count 0. Guo et al. 2017. */
export function reliabilityBins(p: SampleProbabilities, bins = 15): ReliabilityBin[] {
  const { classes, confidence } = topClasses(p);
  const count = new Float64Array(bins);
  const sum = new Float64Array(bins);
  const correct = new Float64Array(bins);
  for (let i = 0; i < classes.length; i++) {
    const value = confidence[i] ?? 0;
    const bin = Math.min(bins - 1, Math.max(0, Math.ceil(value * bins) - 1));
    count[bin] = (count[bin] ?? 0) + 1;
    sum[bin] = (sum[bin] ?? 0) + value;
    if (classes[i] === p.labels[i]) correct[bin] = (correct[bin] ?? 0) + 1;
  }
  return Array.from({ length: bins }, (_, b) => {
    const n = count[b] ?? 0;
    return {
      from: b / bins,
      to: (b + 1) / bins,
      count: n,
      confidence: n === 0 ? 0 : (sum[b] ?? 0) / n,
      accuracy: n === 0 ? 0 : (correct[b] ?? 0) / n,
    };
  });
}

/** Bins of equal mass: samples sorted by confidence and split as evenly as can be, the first bins one larger. Nixon et al. 2019. */
export function adaptiveBins(p: SampleProbabilities, bins = 15): ReliabilityBin[] {
  const { classes, confidence } = topClasses(p);
  const order = Array.from(confidence.keys()).sort((a, b) => (confidence[a] ?? 0) - (confidence[b] ?? 0));
  const answer: ReliabilityBin[] = [];
  let start = 0;
  for (let b = 0; b < bins; b++) {
    const size = Math.floor(order.length / bins) + (b < order.length % bins ? 1 : 0);
    const members = order.slice(start, start + size);
    start += size;
    if (size === 0) continue;
    const values = members.map((i) => confidence[i] ?? 0);
    const correct = members.filter((i) => classes[i] === p.labels[i]).length;
    answer.push({
      from: values[0] ?? 0,
      to: values.at(-1) ?? 0,
      count: size,
      confidence: values.reduce((s, v) => s + v, 0) / size,
      accuracy: correct / size,
    });
  }
  return answer;
}

/** Σ_b n_b/n |accuracy_b − confidence_b|. */
export function calibrationError(bins: readonly ReliabilityBin[]): number | null {
  const total = bins.reduce((sum, bin) => sum + bin.count, 0);
  return total === 0
    ? null
    : bins.reduce((sum, bin) => sum + (bin.count / total) * Math.abs(bin.accuracy - bin.confidence), 0);
}

/** max_b |accuracy_b − confidence_b| over bins that hold samples. */
export function maximumCalibrationError(bins: readonly ReliabilityBin[]): number | null {
  const filled = bins.filter((bin) => bin.count > 0);
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

/** Reliability diagrams over equal-width bins: all samples together, then those of each task where there are several tasks. Empty without samples. */
export function calibrationCurves(p: SampleProbabilities, bins = 15): CalibrationCurve[] {
  const curve = (samples: SampleProbabilities, task: number | null): CalibrationCurve[] => {
    const filled = reliabilityBins(samples, bins);
    const error = calibrationError(filled);
    return error === null ? [] : [{ task, samples: samples.labels.length, error, bins: filled }];
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

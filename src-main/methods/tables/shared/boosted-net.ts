import type { Stream } from '../../../engine/random/streams.ts';
import type { Features } from '../../ensembling/shared/linear-models.ts';
import { minimised } from '../../ensembling/shared/lbfgs.ts';

/** What a boosted net is fitted to: −1 and 1, or classes by their place. */
export type Boosting =
  | { readonly kind: 'two'; readonly y: Float64Array }
  | { readonly kind: 'more'; readonly y: Int32Array; readonly classes: number };

export interface BoostingSettings {
  readonly units: number;
  readonly eta: number;
  readonly rowShare: number;
  readonly alpha: number;
  readonly steps: number;
}

/** Σ_t ρ_t f_t(x) + F₀ for small nets f_t, grown one at a time. */
export interface BoostedNet {
  /** Fits one more small net to what the sum leaves. */
  grow(): void;
  /** F, [rows × outputs]. */
  sums(x: Features): Float64Array;
  /** The same sum as one net: hidden weights a row a unit, the bias last; output weights a row an output, F₀ last. */
  merged(): { readonly hidden: readonly Float64Array[]; readonly output: readonly Float64Array[] };
}

/** A small net: parameters in one list, [units × (width + 1)] and then [outputs × (units + 1)], biases last. */
interface SmallNet {
  readonly weights: Float64Array;
  readonly rho: readonly number[];
}

/** scikit-learn's tolerance of MLPRegressor. */
const TOLERANCE = 1e-4;

/** Gradient boosting of small nets by the formulas of the authors' code (`gbnn/GBNN.py`). */
export function boostedNet(
  x: Features,
  target: Boosting,
  settings: BoostingSettings,
  streamOf: (stage: number) => Stream,
): BoostedNet {
  const outputs = target.kind === 'more' ? target.classes : 1;
  const first = startOf(target);
  const nets: SmallNet[] = [];
  const { rows, width } = x;
  const sum = new Float64Array(rows * outputs).fill(first);
  const add = (to: Float64Array, of: SmallNet, given: Features): void => {
    smallAnswers(of.weights, given, settings.units, outputs).forEach((value, at) => {
      to[at] += of.rho[at % outputs] * value;
    });
  };
  return {
    grow() {
      const stream = streamOf(nets.length);
      const chosen = stream.permutation(rows).subarray(0, Math.max(1, Math.round(settings.rowShare * rows)));
      const residuals = residualsOf(target, sum);
      const part = rowsOf(x, chosen);
      const own = new Float64Array(chosen.length * outputs);
      chosen.forEach((row, at) => own.set(residuals.subarray(row * outputs, (row + 1) * outputs), at * outputs));
      const weights = fitted(part, own, outputs, settings, startWeights(width, settings.units, outputs, stream));
      const answers = smallAnswers(weights, part, settings.units, outputs);
      const newton = newtonSteps(target, answers, own, chosen).map((step) => settings.eta * step);
      const rho = lowering(target, sum, { answers, chosen }, newton);
      const net = { weights, rho };
      nets.push(net);
      add(sum, net, x);
    },
    sums(given) {
      const out = new Float64Array(given.rows * outputs).fill(first);
      for (const net of nets) add(out, net, given);
      return out;
    },
    merged() {
      const hidden = nets.flatMap(({ weights }) =>
        Array.from({ length: settings.units }, (_, j) => weights.slice(j * (width + 1), (j + 1) * (width + 1))),
      );
      const tail = settings.units * (width + 1);
      const output = Array.from({ length: outputs }, (_, k) => {
        const own = nets.flatMap(({ weights, rho }) =>
          Array.from({ length: settings.units }, (_unit, j) => rho[k] * weights[tail + k * (settings.units + 1) + j]),
        );
        const bias = nets.reduce(
          (all, { weights, rho }) => all + rho[k] * weights[tail + k * (settings.units + 1) + settings.units],
          first,
        );
        return Float64Array.of(...own, bias);
      });
      return { hidden, output };
    },
  };
}

/** F₀: half the log-odds of two classes; 0 of more. */
function startOf(target: Boosting): number {
  if (target.kind === 'more') return 0;
  const mean = target.y.reduce((sum, value) => sum + value, 0) / target.y.length;
  return 0.5 * Math.log((1 + mean) / (1 - mean));
}

/** What the sum leaves: 2y/(1 + e^(2yF)), or [label] − softmax(F). */
function residualsOf(target: Boosting, sum: Float64Array): Float64Array {
  if (target.kind === 'two')
    return sum.map((value, row) => (2 * target.y[row]) / (1 + Math.exp(2 * target.y[row] * value)));
  const { classes, y } = target;
  const out = new Float64Array(sum.length);
  for (let start = 0; start < sum.length; start += classes) {
    const own = sum.subarray(start, start + classes);
    const largest = own.reduce((most, value) => Math.max(most, value), -Infinity);
    const total = own.reduce((all, value) => all + Math.exp(value - largest), 0);
    own.forEach((value, k) => {
      out[start + k] = (y[start / classes] === k ? 1 : 0) - Math.exp(value - largest) / total;
    });
  }
  return out;
}

/** ρ of each output: one Newton step of the loss along what the small net answers. */
function newtonSteps(target: Boosting, f: Float64Array, r: Float64Array, rows: Int32Array): number[] {
  const outputs = f.length / rows.length;
  return Array.from({ length: outputs }, (_, k) => {
    let [slope, curvature] = [0, 0];
    rows.forEach((row, at) => {
      const [answer, left] = [f[at * outputs + k], r[at * outputs + k]];
      slope += left * answer;
      curvature += answer ** 2 * bend(target, row, k, left);
    });
    return curvature > 0 ? slope / curvature : 0;
  });
}

/** Halvings of a step before it is given up. */
const HALVINGS = 30;

/**
 * The steps, halved together until they do not raise the loss of the rows: where all rows are told apart the loss has
 * no bend left, and a Newton step has no end.
 */
function lowering(
  target: Boosting,
  sum: Float64Array,
  { answers, chosen }: { readonly answers: Float64Array; readonly chosen: Int32Array },
  steps: readonly number[],
): readonly number[] {
  const outputs = steps.length;
  const lossAt = (scale: number): number =>
    chosen.reduce((all, row, at) => {
      const own = steps.map((step, k) => sum[row * outputs + k] + scale * step * answers[at * outputs + k]);
      return all + lossOf(target, row, own);
    }, 0);
  const before = lossAt(0);
  let scale = 1;
  for (let halving = 0; halving < HALVINGS; halving += 1, scale /= 2)
    if (lossAt(scale) <= before) return steps.map((step) => scale * step);
  return steps.map(() => 0);
}

/** −ln p of a class. */
function lossOf(target: Boosting, row: number, sums: readonly number[]): number {
  if (target.kind === 'two') {
    const margin = 2 * target.y[row] * sums[0];
    return margin > 0 ? Math.log1p(Math.exp(-margin)) : Math.log1p(Math.exp(margin)) - margin;
  }
  const largest = Math.max(...sums);
  const total = sums.reduce((all, value) => all + Math.exp(value - largest), 0);
  return largest + Math.log(total) - sums[target.y[row]];
}

/** The second derivative of a row's loss, told by what the sum leaves of it. */
function bend(target: Boosting, row: number, k: number, left: number): number {
  if (target.kind === 'two') return left * (2 * target.y[row] - left);
  const p = (target.y[row] === k ? 1 : 0) - left;
  return p * (1 - p);
}

/** scikit-learn's start of sigmoid layers: weights and biases uniform in ±√(2/(in + out)). */
function startWeights(width: number, units: number, outputs: number, stream: Stream): Float64Array {
  const bound = (inputs: number, outs: number): number => Math.sqrt(2 / (inputs + outs));
  const [hidden, output] = [bound(width, units), bound(units, outputs)];
  const tail = units * (width + 1);
  return Float64Array.from({ length: tail + outputs * (units + 1) }, (_, at) => {
    const limit = at < tail ? hidden : output;
    return (2 * stream.uniform() - 1) * limit;
  });
}

/** Least ½ mean ‖r − f(x)‖² + ½ α ‖W‖²/rows by L-BFGS, biases free: scikit-learn's MLPRegressor. */
function fitted(
  x: Features,
  r: Float64Array,
  outputs: number,
  { units, alpha, steps }: BoostingSettings,
  start: Float64Array,
): Float64Array {
  const { rows, width, values } = x;
  const tail = units * (width + 1);
  const isBias = (at: number): boolean =>
    at < tail ? at % (width + 1) === width : (at - tail) % (units + 1) === units;
  const objective = (w: Float64Array): { value: number; gradient: Float64Array } => {
    const gradient = new Float64Array(w.length);
    let value = 0;
    w.forEach((weight, at) => {
      if (isBias(at)) return;
      value += (alpha * weight ** 2) / (2 * rows);
      gradient[at] = (alpha * weight) / rows;
    });
    const hidden = new Float64Array(units);
    const back = new Float64Array(units);
    for (let row = 0; row < rows; row += 1) {
      hiddenOf(w, values, row * width, width, hidden);
      back.fill(0);
      for (let k = 0; k < outputs; k += 1) {
        const own = tail + k * (units + 1);
        let answer = w[own + units];
        for (let j = 0; j < units; j += 1) answer += w[own + j] * hidden[j];
        const error = (answer - r[row * outputs + k]) / rows;
        value += (error ** 2 * rows) / 2;
        gradient[own + units] += error;
        for (let j = 0; j < units; j += 1) {
          gradient[own + j] += error * hidden[j];
          back[j] += error * w[own + j];
        }
      }
      for (let j = 0; j < units; j += 1) {
        const through = back[j] * hidden[j] * (1 - hidden[j]);
        const own = j * (width + 1);
        for (let i = 0; i < width; i += 1) gradient[own + i] += through * values[row * width + i];
        gradient[own + width] += through;
      }
    }
    return { value, gradient };
  };
  return minimised(objective, start.length, TOLERANCE, start, steps);
}

/** σ(w·x + b) of every unit for the row that begins at `start`. */
function hiddenOf(
  w: Float64Array,
  values: ArrayLike<number>,
  start: number,
  width: number,
  hidden: Float64Array,
): void {
  for (let j = 0; j < hidden.length; j += 1) {
    const own = j * (width + 1);
    let sum = w[own + width];
    for (let i = 0; i < width; i += 1) sum += w[own + i] * values[start + i];
    hidden[j] = 1 / (1 + Math.exp(-sum));
  }
}

/** What a small net answers, [rows × outputs]. */
function smallAnswers(
  w: Float64Array,
  { rows, width, values }: Features,
  units: number,
  outputs: number,
): Float64Array {
  const out = new Float64Array(rows * outputs);
  const hidden = new Float64Array(units);
  const tail = units * (width + 1);
  for (let row = 0; row < rows; row += 1) {
    hiddenOf(w, values, row * width, width, hidden);
    for (let k = 0; k < outputs; k += 1) {
      const own = tail + k * (units + 1);
      let answer = w[own + units];
      for (let j = 0; j < units; j += 1) answer += w[own + j] * hidden[j];
      out[row * outputs + k] = answer;
    }
  }
  return out;
}

/** Some of the rows, in the order told. */
export function rowsOf({ width, values }: Features, rows: Int32Array): Features {
  const out = new Float64Array(rows.length * width);
  rows.forEach((row, at) => {
    for (let i = 0; i < width; i += 1) out[at * width + i] = values[row * width + i];
  });
  return { rows: rows.length, width, values: out };
}

/** Answers [labels × outputs], row-major, to examples whose labels are known. */
export interface HeldOutAnswers {
  readonly logits: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
  readonly outputs: number;
  /** Outputs of the classes seen so far; the others take no part. */
  readonly seen: readonly number[];
  /** Those whose logits z become α·z + β. */
  readonly fresh: readonly number[];
}

const STEPS = 200;
const SMALLEST_STEP = 1e-12;

/**
 * The second stage of bias correction (Wu et al. 2019, eqs. 4 and 5): the α and β with the least mean cross-entropy
 * plus ridge/2 · ((α − 1)² + β²). It is convex, so Newton's method finds them; a step is halved until the loss falls.
 */
export function biasCorrection(
  answers: HeldOutAnswers,
  ridge: number,
): { readonly alpha: number; readonly beta: number } {
  let [alpha, beta] = [1, 0];
  let now = momentsAt(answers, ridge, alpha, beta);
  for (let step = 0; step < STEPS; step += 1) {
    const { gradient, curvature } = now;
    const [a, b, c] = curvature;
    // Nearly flat where the examples are told apart.
    const determinant = Math.max(a * c - b * b, 1e-30);
    const move = [(c * gradient[0] - b * gradient[1]) / determinant, (a * gradient[1] - b * gradient[0]) / determinant];
    let length = 1;
    let next = momentsAt(answers, ridge, alpha - move[0], beta - move[1]);
    while (!(next.loss <= now.loss) && length > SMALLEST_STEP) {
      length /= 2;
      next = momentsAt(answers, ridge, alpha - length * move[0], beta - length * move[1]);
    }
    if (!(next.loss < now.loss)) break;
    [alpha, beta, now] = [alpha - length * move[0], beta - length * move[1], next];
  }
  return { alpha, beta };
}

interface Moments {
  readonly loss: number;
  readonly gradient: readonly [number, number];
  /** Of α twice, of α and β, of β twice. */
  readonly curvature: readonly [number, number, number];
}

function momentsAt(
  { logits, labels, outputs, seen, fresh }: HeldOutAnswers,
  ridge: number,
  alpha: number,
  beta: number,
): Moments {
  const isFresh = new Set(fresh);
  const count = labels.length;
  let loss = (ridge / 2) * ((alpha - 1) ** 2 + beta ** 2);
  const gradient: [number, number] = [ridge * (alpha - 1), ridge * beta];
  const curvature: [number, number, number] = [ridge, 0, ridge];
  for (let row = 0; row < count; row += 1) {
    const raw = (output: number): number => logits[row * outputs + output];
    const corrected = seen.map((output) => (isFresh.has(output) ? alpha * raw(output) + beta : raw(output)));
    const highest = Math.max(...corrected);
    const powers = corrected.map((value) => Math.exp(value - highest));
    const total = powers.reduce((sum, power) => sum + power, 0);
    // Of the logits of the new classes: their mean by the answer's probabilities, its mass, and the same of squares.
    let [mass, first, second] = [0, 0, 0];
    seen.forEach((output, at) => {
      if (!isFresh.has(output)) return;
      const p = powers[at] / total;
      mass += p;
      first += p * raw(output);
      second += p * raw(output) ** 2;
    });
    const own = seen.indexOf(labels[row]);
    const ownFresh = isFresh.has(labels[row]);
    loss += (Math.log(total) + highest - corrected[own]) / count;
    gradient[0] += (first - (ownFresh ? raw(labels[row]) : 0)) / count;
    gradient[1] += (mass - (ownFresh ? 1 : 0)) / count;
    curvature[0] += (second - first ** 2) / count;
    curvature[1] += (first - first * mass) / count;
    curvature[2] += (mass - mass ** 2) / count;
  }
  return { loss, gradient, curvature };
}

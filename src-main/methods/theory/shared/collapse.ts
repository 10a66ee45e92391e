import { symmetricPseudoInverse } from './symmetric.ts';

export interface CollapseInput {
  /** [rows × width] */
  readonly features: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
  /** What the network answers for each row. */
  readonly answers: ArrayLike<number>;
  readonly classes: number;
  /** The last layer's kernel [width × classes]. */
  readonly weights: ArrayLike<number>;
}

/** NC1 to NC4 by the names of their curves. */
export type Collapse = Readonly<Record<'nc1' | 'nc2-norms' | 'nc2-angles' | 'nc3' | 'nc4', number>>;

/**
 * How far features have collapsed (Papyan, Han & Donoho 2020). The global mean is the mean of the class means; every
 * class must have a row. With M the centred class means as columns, Σ_B = M Mᵀ/C has the pseudo-inverse C M (MᵀM)†² Mᵀ,
 * so that only a matrix of classes × classes is decomposed.
 */
export function collapse({ features, labels, answers, classes, weights }: CollapseInput): Collapse {
  const rows = labels.length;
  const width = features.length / rows;
  const means = classMeans(features, labels, classes, width);
  const centred = centredMeans(means, classes, width);
  const gram = products(centred, classes, width);
  const inverse = symmetricPseudoInverse(gram, classes);
  return {
    nc1: variability(features, labels, means, centred, inverse, width),
    ...simplex(gram, classes),
    nc3: duality(centred, weights, classes, width),
    nc4: disagreement(features, labels.length, answers, means, classes, width),
  };
}

/** [classes × width] */
function classMeans(
  features: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
  width: number,
): Float64Array {
  const means = new Float64Array(classes * width);
  const counts = new Float64Array(classes);
  for (let row = 0; row < labels.length; row += 1) {
    counts[labels[row]] += 1;
    for (let f = 0; f < width; f += 1) means[labels[row] * width + f] += features[row * width + f];
  }
  return means.map((sum, at) => sum / counts[Math.floor(at / width)]);
}

function centredMeans(means: Float64Array, classes: number, width: number): Float64Array {
  const global = new Float64Array(width);
  means.forEach((value, at) => {
    global[at % width] += value / classes;
  });
  return means.map((value, at) => value - global[at % width]);
}

/** MᵀM [classes × classes] */
function products(centred: Float64Array, classes: number, width: number): Float64Array {
  return Float64Array.from({ length: classes * classes }, (_, at) => {
    const [a, b] = [Math.floor(at / classes) * width, (at % classes) * width];
    let sum = 0;
    for (let f = 0; f < width; f += 1) sum += centred[a + f] * centred[b + f];
    return sum;
  });
}

/** NC1: Tr(Σ_W Σ_B†)/C = mean over rows of ‖(MᵀM)† Mᵀ (h − μ_c)‖². */
function variability(
  features: ArrayLike<number>,
  labels: ArrayLike<number>,
  means: Float64Array,
  centred: Float64Array,
  inverse: Float64Array,
  width: number,
): number {
  const classes = means.length / width;
  const projected = new Float64Array(classes);
  let total = 0;
  for (let row = 0; row < labels.length; row += 1) {
    projected.fill(0);
    for (let f = 0; f < width; f += 1) {
      const away = features[row * width + f] - means[labels[row] * width + f];
      for (let c = 0; c < classes; c += 1) projected[c] += centred[c * width + f] * away;
    }
    for (let c = 0; c < classes; c += 1) {
      let value = 0;
      for (let d = 0; d < classes; d += 1) value += inverse[c * classes + d] * projected[d];
      total += value ** 2;
    }
  }
  return total / labels.length;
}

/** NC2: how far the centred means are from equal norms, and from the angles of a simplex. */
function simplex(gram: Float64Array, classes: number): Pick<Collapse, 'nc2-norms' | 'nc2-angles'> {
  const norms = Array.from({ length: classes }, (_, c) => Math.sqrt(gram[c * classes + c]));
  const mean = norms.reduce((sum, norm) => sum + norm, 0) / classes;
  const variance = norms.reduce((sum, norm) => sum + (norm - mean) ** 2, 0) / classes;
  let distance = 0;
  for (let a = 0; a < classes; a += 1)
    for (let b = 0; b < classes; b += 1)
      if (a !== b) distance += Math.abs(gram[a * classes + b] / (norms[a] * norms[b]) + 1 / (classes - 1));
  return { 'nc2-norms': Math.sqrt(variance) / mean, 'nc2-angles': distance / (classes * (classes - 1)) };
}

/** NC3: ‖W/‖W‖ − M/‖M‖‖², norms of Frobenius. */
function duality(centred: Float64Array, weights: ArrayLike<number>, classes: number, width: number): number {
  const size = (values: ArrayLike<number>): number => Math.sqrt(Array.from(values).reduce((sum, v) => sum + v ** 2, 0));
  const [ofWeights, ofMeans] = [size(weights), size(centred)];
  let sum = 0;
  for (let c = 0; c < classes; c += 1)
    for (let f = 0; f < width; f += 1)
      sum += (weights[f * classes + c] / ofWeights - centred[c * width + f] / ofMeans) ** 2;
  return sum;
}

/** NC4: share of rows whose nearest class mean is not what the network answers. */
function disagreement(
  features: ArrayLike<number>,
  rows: number,
  answers: ArrayLike<number>,
  means: Float64Array,
  classes: number,
  width: number,
): number {
  let other = 0;
  for (let row = 0; row < rows; row += 1) {
    let [nearest, least] = [-1, Number.POSITIVE_INFINITY];
    for (let c = 0; c < classes; c += 1) {
      let distance = 0;
      for (let f = 0; f < width && distance < least; f += 1)
        distance += (features[row * width + f] - means[c * width + f]) ** 2;
      if (distance < least) [nearest, least] = [c, distance];
    }
    if (nearest !== answers[row]) other += 1;
  }
  return other / rows;
}

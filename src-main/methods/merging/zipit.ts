import { z } from 'zod';
import { correlations, covariances } from './shared/correlation.ts';
import { defineMergingMethod } from './shared/define.ts';
import { chainValues, denseChain } from './shared/dense-chain.ts';
import type { DenseLayer } from './shared/dense-chain.ts';

export interface ZipOptions {
  /** α: factor of a merged unit's similarities. */
  readonly alpha: number;
  /** β: budget of matches within one model, as a share of what would be possible. */
  readonly beta: number;
}

/** Keeps a group's weights finite; the authors' value. */
const EPSILON = 1e-5;

/**
 * Greedy matching of units within and across models (Stoica et al. 2024, section 4.2; the authors' code): the most
 * similar pair becomes one unit until as many units are left as one model has.
 *
 * @param similarity correlations of all units, model after model, [units × units] row-major; not changed.
 * @returns the group of every unit; groups are numbered from 0 in the order of their first unit.
 */
export function zipUnits(similarity: Float64Array, models: number, { alpha, beta }: ZipOptions): Int32Array {
  const units = Math.sqrt(similarity.length);
  const own = Math.floor(units / models);
  const near = similarity.slice();
  for (let unit = 0; unit < units; unit += 1) near[unit * units + unit] = -Infinity;
  const leader = Int32Array.from({ length: units }, (_, unit) => unit);
  const modelOf = Int32Array.from({ length: units }, (_, unit) => Math.floor(unit / own));
  const budget = new Int32Array(models).fill(Math.floor(Math.floor((units - own) / models) * beta + 1e-4));
  let left = [...leader];
  while (left.length > own) {
    const [row, column] = mostSimilar(near, left, units);
    leader.forEach((of, unit) => {
      if (of === column) leader[unit] = row;
    });
    left = left.filter((unit) => unit !== column);
    for (const other of left) {
      if (other === row) continue;
      const least = alpha * Math.min(near[row * units + other], near[column * units + other]);
      near[row * units + other] = least;
      near[other * units + row] = least;
    }
    if (modelOf[row] !== modelOf[column]) continue;
    // The budget is looked at after a match within a model, so that one match may happen even with β = 0.
    budget[modelOf[row]] -= 1;
    if (budget[modelOf[row]] > 0) continue;
    const same = left.filter((unit) => modelOf[unit] === modelOf[row]);
    for (const one of same) for (const other of same) near[one * units + other] = -Infinity;
  }
  return leader.map((unit) => left.indexOf(unit));
}

/** The first pair of largest similarity; where none is left, the first two units. */
function mostSimilar(near: Float64Array, left: readonly number[], units: number): [number, number] {
  let best: [number, number] = [left[0], left[1]];
  let most = -Infinity;
  left.forEach((row, index) => {
    for (let at = index + 1; at < left.length; at += 1) {
      const value = near[row * units + left[at]];
      if (value > most) {
        most = value;
        best = [row, left[at]];
      }
    }
  });
  return best;
}

/** Layers that all models share after a merge, and what each still has for itself after them. */
export interface Zipped {
  readonly trunk: DenseLayer[];
  readonly tails: readonly (readonly DenseLayer[])[];
}

/**
 * ZipIt! (Stoica et al. 2024): the first layers of all models are zipped into one of the same width, each by the
 * correlations of its features, and the layer after them is unmerged for each model. A partial zip stops earlier.
 *
 * @param models layers of each model, of the same widths.
 * @param features of the layers to be zipped, of the same rows: [layer][model], [rows × units] each.
 */
export function zip(
  models: readonly (readonly DenseLayer[])[],
  features: readonly (readonly Float32Array[])[],
  rows: number,
  options: ZipOptions,
): Zipped {
  let before: Int32Array | null = null;
  const trunk = features.map((of, index) => {
    const layers = models.map((model) => model[index]);
    const groups = zipUnits(correlations(covariances(of, rows)), models.length, options);
    const merged = mergedLayer(layers, before, groups);
    before = groups;
    return merged;
  });
  const tails = models.map((model, index) => {
    const [first, ...rest] = model.slice(trunk.length);
    return [before === null ? first : unmerged(first, before, index), ...rest];
  });
  return { trunk, tails };
}

/** Σ_t U_t W_t M_t: inputs are unmerged, outputs become the mean of their group. */
function mergedLayer(layers: readonly DenseLayer[], before: Int32Array | null, groups: Int32Array): DenseLayer {
  const { inputs, outputs } = layers[0];
  const sizes = new Int32Array(outputs);
  for (const group of groups) sizes[group] += 1;
  const kernel = new Float64Array(inputs * outputs);
  const bias = new Float64Array(outputs);
  layers.forEach((layer, model) => {
    for (let o = 0; o < outputs; o += 1) {
      const to = groups[model * outputs + o];
      const weight = 1 / (sizes[to] + EPSILON);
      bias[to] += weight * (layer.bias?.[o] ?? 0);
      for (let i = 0; i < inputs; i += 1) {
        const from = before === null ? i : before[model * inputs + i];
        kernel[from * outputs + to] += weight * layer.kernel[i * outputs + o];
      }
    }
  });
  return {
    ...layers[0],
    kernel: new Float32Array(kernel),
    bias: layers[0].bias === null ? null : new Float32Array(bias),
  };
}

/** U_t W_t: the layer of one model as it takes the zipped units. */
function unmerged(layer: DenseLayer, groups: Int32Array, model: number): DenseLayer {
  const { inputs, outputs } = layer;
  const kernel = new Float32Array(inputs * outputs);
  for (let i = 0; i < inputs; i += 1) {
    const from = groups[model * inputs + i];
    for (let o = 0; o < outputs; o += 1) kernel[from * outputs + o] += layer.kernel[i * outputs + o];
  }
  return { ...layer, kernel };
}

export default defineMergingMethod({
  id: 'zipit',
  version: 1,
  title: 'ZipIt!',
  summary:
    'Joins units that answer alike, across models and within one, layer by layer; the last layers may stay apart.',
  paper: {
    title: 'ZipIt! Merging Models from Different Tasks without Training',
    authors: 'Stoica et al.',
    year: 2024,
    reference: 'arXiv:2305.03053',
    equations: "Section 4, equations 2 to 4, with the budget of the authors' code",
    deviations: 'Dense layers only. Every model keeps its own head, also where all hidden layers are zipped.',
  },
  asks: ['training-inputs'],
  fits: ({ network }) =>
    network.layers.every(({ kind }) => kind === 'dense' || kind === 'relu') ||
    'ZipIt! knows networks of dense layers and rectifiers only.',
  fields: {
    layers: z.number().int().min(0).max(99).default(99).describe('Hidden layers that are zipped, from the input on'),
    alpha: z.number().min(1e-8).max(1).default(1e-4).describe("Factor α of a joined unit's similarities"),
    beta: z.number().min(0).max(1).default(0.075).describe('Budget β of joins within one model'),
    examples: z.number().int().min(2).max(100_000).default(1000).describe('Training inputs for the correlations'),
  },
  statistics: ({ examples }) => ({ answers: examples }),
  async *merge({ whole, networks, statistics }, { layers, alpha, beta }) {
    const chains = whole.map((model, index) => denseChain(networks[index].params, model));
    yield 0;
    const answers = await statistics.hidden([...whole.keys()]);
    yield 0.3;
    const zipped = Array.from({ length: Math.min(layers, chains[0].length - 1) }, (_, layer) => layer);
    const features = zipped.map((layer) => answers.map(({ after }) => after[layer]));
    const { trunk, tails } = zip(chains, features, answers[0].rows, { alpha, beta });
    return { kind: 'a net a model', nets: tails.map((tail) => chainValues([...trunk, ...tail])) };
  },
});

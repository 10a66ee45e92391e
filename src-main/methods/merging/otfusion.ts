import { z } from 'zod';
import { defineMergingMethod } from './shared/define.ts';
import { chainValues, denseChain } from './shared/dense-chain.ts';
import type { DenseLayer } from './shared/dense-chain.ts';
import { columnDistances, incomingDistances } from './shared/distances.ts';
import { uniformTransport } from './shared/transport.ts';

export interface OtFusionOptions {
  /**
   * Answers of the hidden layers to the same rows, [rows × units] a layer, for both nets: units are compared by them.
   * Absent: by their incoming weights.
   */
  readonly activations?: readonly [readonly Float32Array[], readonly Float32Array[]];
  /** Rows of these answers. */
  readonly rows?: number;
  /** Whether the last layer's outputs keep their order, as classes do, or are transported too. */
  readonly output: 'identity' | 'transport';
  /** Share of the second net in the mean. */
  readonly share: number;
}

/**
 * OTFusion (Singh & Jaggi 2020, algorithm 1): layer by layer, the first net's units are moved onto the second's by the
 * exact transport plan between them, and the weights are averaged. The widths may differ; the result has the second's.
 *
 * @throws RangeError when the nets have other numbers of layers, inputs or outputs.
 */
export function otFusion(
  a: readonly DenseLayer[],
  b: readonly DenseLayer[],
  options: OtFusionOptions,
): { readonly fused: DenseLayer[]; readonly aligned: DenseLayer[]; readonly plans: readonly Float64Array[] } {
  const last = a.length - 1;
  if (a.length !== b.length) throw new RangeError(`Nets of ${a.length} and ${b.length} layers can't be fused.`);
  if (a[0].inputs !== b[0].inputs || a[last].outputs !== b[last].outputs)
    throw new RangeError('Only nets with the same inputs and outputs can be fused.');
  const plans: Float64Array[] = [];
  const aligned: DenseLayer[] = [];
  b.forEach((target, index) => {
    const source = withInputs(a[index], plans.at(-1) ?? null, target.inputs);
    const plan =
      index === last && options.output === 'identity'
        ? identityPlan(target.outputs)
        : uniformTransport(unitDistances(source, target, index, options), source.outputs, target.outputs);
    plans.push(plan);
    // The names are the target's, also where the source was given layers of no name of its own.
    aligned.push({ ...withOutputs(source, plan, target.outputs), name: target.name });
  });
  return { fused: averagedChains(aligned, b, options.share), aligned, plans };
}

/**
 * (1 − η) a + η b, layer by layer, under the names of b.
 *
 * @throws RangeError when layers have other shapes.
 */
export function averagedChains(a: readonly DenseLayer[], b: readonly DenseLayer[], share: number): DenseLayer[] {
  return b.map((target, index) => {
    const { inputs, outputs } = a[index];
    if (inputs !== target.inputs || outputs !== target.outputs)
      throw new RangeError(
        `Layer ${target.name} is ${target.inputs} × ${target.outputs} in one net and ${inputs} × ${outputs} in the ` +
          'other: only layers of one shape can be averaged as they are.',
      );
    return mixed(a[index], target, share);
  });
}

function unitDistances(
  source: DenseLayer,
  target: DenseLayer,
  index: number,
  { activations, rows }: OtFusionOptions,
): Float64Array {
  const [answersA, answersB] = [activations?.[0].at(index), activations?.[1].at(index)];
  return answersA === undefined || answersB === undefined || rows === undefined
    ? incomingDistances(source, target)
    : columnDistances(answersA, answersB, rows);
}

/** Ŵ = Tᵀ W: the layer takes the inputs of the other net's width; of the first layer they are the same already. */
function withInputs(layer: DenseLayer, plan: Float64Array | null, inputs: number): DenseLayer {
  if (plan === null) return layer;
  const { outputs } = layer;
  const kernel = new Float64Array(inputs * outputs);
  for (let from = 0; from < layer.inputs; from += 1)
    for (let to = 0; to < inputs; to += 1) {
      const share = plan[from * inputs + to];
      if (share === 0) continue;
      for (let o = 0; o < outputs; o += 1) kernel[to * outputs + o] += share * layer.kernel[from * outputs + o];
    }
  return { ...layer, inputs, kernel: new Float32Array(kernel) };
}

/** W T, and b T: the layer answers with units of the other net's width. */
function withOutputs(layer: DenseLayer, plan: Float64Array, outputs: number): DenseLayer {
  const moved = (values: Float32Array): Float32Array => {
    const result = new Float64Array((values.length / layer.outputs) * outputs);
    values.forEach((value, at) => {
      const from = at % layer.outputs;
      const row = (at - from) / layer.outputs;
      for (let to = 0; to < outputs; to += 1) result[row * outputs + to] += value * plan[from * outputs + to];
    });
    return new Float32Array(result);
  };
  return { ...layer, outputs, kernel: moved(layer.kernel), bias: layer.bias === null ? null : moved(layer.bias) };
}

function identityPlan(units: number): Float64Array {
  return new Float64Array(units * units).map((_, at) => (at % (units + 1) === 0 ? 1 : 0));
}

/** (1 − η) a + η b. */
function mixed(a: DenseLayer, b: DenseLayer, share: number): DenseLayer {
  const mean = (left: Float32Array, right: Float32Array): Float32Array =>
    right.map((value, at) => (1 - share) * left[at] + share * value);
  return { ...b, kernel: mean(a.kernel, b.kernel), bias: a.bias && b.bias && mean(a.bias, b.bias) };
}

export default defineMergingMethod({
  id: 'otfusion',
  version: 1,
  title: 'OTFusion',
  summary: "Moves the first net's units onto the second's by exact optimal transport, layer by layer, then averages.",
  paper: {
    title: 'Model Fusion via Optimal Transport',
    authors: 'Singh, Jaggi',
    year: 2020,
    reference: 'arXiv:1910.05653',
    equations: 'Algorithm 1 with uniform masses, exact plans and their barycentric projection',
    deviations:
      'A bias counts as the weight of one more input, always 1. The output layer keeps its order, as the plan would ' +
      'have it. Plans are normalised without the added 1e-7.',
  },
  models: 2,
  anyWidth: true,
  asks: ['training-inputs'],
  fits: ({ id, network, experts }) => {
    const depths = (experts?.members ?? []).map(({ network: own = network }) => own.layers.length);
    if (depths.some((depth) => depth !== depths[0]))
      return `OTFusion fuses networks of one depth; those of ${id} have several.`;
    return (
      network.layers.every(({ kind }) => kind === 'dense' || kind === 'relu') ||
      'OTFusion knows networks of dense layers and rectifiers only.'
    );
  },
  fields: {
    align: z
      .enum(['weights', 'activations'])
      .default('weights')
      .describe('Whether units are compared by their incoming weights or by their answers'),
    examples: z.number().int().min(1).max(100_000).default(200).describe('Training inputs for these answers'),
    share: z.number().min(0).max(1).default(0.5).describe('Share η of the second net in the mean'),
  },
  statistics: ({ align, examples }) => (align === 'weights' ? {} : { answers: examples }),
  async *merge({ whole, networks, statistics }, { align, share }) {
    const [a, b] = whole.map((model, index) => denseChain(networks[index].params, model));
    yield 0;
    const answers = align === 'weights' ? null : await statistics.hidden([0, 1]);
    yield 0.5;
    const { fused, aligned } = otFusion(a, b, {
      activations: answers === null ? undefined : [answers[0].before, answers[1].before],
      rows: answers?.[0].rows,
      output: 'identity',
      share,
    });
    return {
      kind: 'parameters',
      network: networks[1],
      merged: chainValues(fused),
      ends: [chainValues(aligned), whole[1]],
    };
  },
});

import { tf } from '../../../engine/tf.ts';
import type { Engine, NamedArrays, Variable } from '../../../engine/types.ts';
import type { Network } from '../../../engine/networks/specification.ts';
import { expectedFisherSum } from '../../continual/shared/importance.ts';
import { joined } from '../../shared/network-predictor.ts';
import { networkVariables, readAll } from '../../shared/network-variables.ts';
import { examplesPerPass, rowsPerEvaluation } from '../../shared/work-sizes.ts';

/** Inputs whose passage through a network is looked at. */
export interface PassedRows {
  readonly inputs: Variable;
  /** Which of them. */
  readonly ids: Int32Array;
}

/** Measures Gram matrices on some rows as often as it is asked, for values that change. */
export interface GramMeter {
  /** XᵀX / rows of what each dense layer is given, under the names of their kernels; heads are left out. */
  measure(values: NamedArrays): Promise<NamedArrays>;
  dispose(): void;
}

/** @throws Error when a layer is given more than one axis an example (a convolution). */
export function gramMeter(engine: Engine, network: Network, { inputs, ids }: PassedRows): GramMeter {
  const variables = networkVariables(engine, network, 'measured');
  const heads = new Set(network.spec.heads.map(({ name }) => name));
  const kernels = network.params.filter(({ name, role }) => role === 'kernel' && !heads.has(layerOf(name)));
  const sums = Object.fromEntries(
    kernels.map(({ name, shape }) => {
      if (shape.length !== 2) throw new Error(`Gram matrices are of dense layers; ${name} has ${shape.length} axes.`);
      return [layerOf(name), engine.variable(`gram/${name}`, { shape: [shape[0], shape[0]], dtype: 'float32' })];
    }),
  );
  const step = engine.compileStep({
    name: 'merging/grams',
    inputs: { rows: { shape: [-1], dtype: 'int32' } },
    body({ rows: chunk }, scope) {
      const { logits } = network.apply(
        { params: readAll(scope, variables.parameters), state: readAll(scope, variables.statistics) },
        scope.gather(inputs, chunk),
        {
          mode: 'eval',
          tap(layer, x, output) {
            if (sums[layer] !== undefined)
              scope.assign(sums[layer], tf.add(scope.read(sums[layer]), tf.matMul(x, x, true, false)));
            return output;
          },
        },
      );
      return { last: tf.sum(logits) };
    },
  });
  return {
    async measure(values) {
      variables.load(values);
      for (const sum of Object.values(sums)) engine.write(sum, new Float32Array(sum.shape[0] * sum.shape[1]));
      await step.run(passedFeeds(ids, rowsPerEvaluation(network)));
      const grams: NamedArrays = {};
      for (const [layer, sum] of Object.entries(sums))
        grams[`${layer}/kernel`] = Float32Array.from(await engine.read(sum), (entry) => entry / ids.length);
      return grams;
    },
    dispose: () => step.dispose(),
  };
}

/** The same, once. */
export async function layerGrams(
  engine: Engine,
  network: Network,
  values: NamedArrays,
  rows: PassedRows,
): Promise<NamedArrays> {
  const meter = gramMeter(engine, network, rows);
  const grams = await meter.measure(values);
  meter.dispose();
  return grams;
}

/**
 * The diagonal Fisher information of a network with one head: of each parameter Σ_c p_c (∂ log p_c / ∂θ)² of every
 * example, mean over examples.
 */
export async function diagonalFisher(
  engine: Engine,
  network: Network,
  values: NamedArrays,
  { inputs, ids }: PassedRows,
): Promise<NamedArrays> {
  const variables = networkVariables(engine, network, 'measured');
  variables.load(values);
  const sums = network.params.map(({ name, shape }) => ({
    name,
    sum: engine.variable(`fisher/${name}`, { shape, dtype: 'float32' }),
  }));
  const step = engine.compileStep({
    name: 'merging/fisher',
    inputs: { rows: { shape: [-1], dtype: 'int32' } },
    body({ rows: chunk }, scope) {
      const present = { params: readAll(scope, variables.parameters), state: readAll(scope, variables.statistics) };
      const found = expectedFisherSum(network, present, scope.gather(inputs, chunk));
      for (const { name, sum } of sums) scope.assign(sum, tf.add(scope.read(sum), found[name]));
      return { rows: tf.sum(tf.onesLike(chunk)) };
    },
  });
  await step.run(passedFeeds(ids, examplesPerPass(network)));
  step.dispose();
  const fisher: NamedArrays = {};
  for (const { name, sum } of sums)
    fisher[name] = Float32Array.from(await engine.read(sum), (entry) => entry / ids.length);
  return fisher;
}

/** Answers of the hidden layers of a network to some rows, one [rows × units] a layer in the order of the network. */
export interface HiddenAnswers {
  /** Affine answers. */
  readonly before: readonly Float32Array[];
  /** What the layer after it is given. */
  readonly after: readonly Float32Array[];
  readonly rows: number;
}

/** What the hidden layers of a chain of dense layers answer. */
export async function hiddenAnswers(
  engine: Engine,
  network: Network,
  values: NamedArrays,
  { inputs, ids }: PassedRows,
): Promise<HiddenAnswers> {
  const variables = networkVariables(engine, network, 'measured');
  variables.load(values);
  const step = engine.compileStep({
    name: 'merging/hidden-answers',
    inputs: { rows: { shape: [-1], dtype: 'int32' } },
    body({ rows: chunk }, scope) {
      const outputs: Record<string, ReturnType<typeof tf.clone>> = {};
      let layers = 0;
      network.apply(
        { params: readAll(scope, variables.parameters), state: readAll(scope, variables.statistics) },
        scope.gather(inputs, chunk),
        {
          mode: 'eval',
          tap(_layer, x, output) {
            outputs[`given/${layers}`] = tf.clone(x);
            outputs[`answered/${layers}`] = tf.clone(output);
            layers += 1;
            return output;
          },
        },
      );
      return outputs;
    },
  });
  const parts = await step.run(passedFeeds(ids, rowsPerEvaluation(network)));
  step.dispose();
  const layers = Object.keys(parts[0]).length / 2;
  const all = (name: string): Float32Array => joined(parts.map((part) => part[name]));
  const hidden = Array.from({ length: layers - 1 }, (_, layer) => layer);
  return {
    before: hidden.map((layer) => all(`answered/${layer}`)),
    after: hidden.map((layer) => all(`given/${layer + 1}`)),
    rows: ids.length,
  };
}

/** These rows in parts of at most so many. */
export const passedFeeds = (ids: Int32Array, most: number): { readonly rows: Int32Array }[] =>
  Array.from({ length: Math.ceil(ids.length / most) }, (_, part) => ({
    rows: ids.subarray(part * most, (part + 1) * most),
  }));

const layerOf = (tensor: string): string => tensor.slice(0, tensor.lastIndexOf('/'));

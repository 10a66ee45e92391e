import { z } from 'zod';
import { valueAndGradients } from '../../engine/losses.ts';
import { makeOptimiser } from '../../engine/optimisers/optimisers.ts';
import type { VariableSource } from '../../engine/optimisers/optimisers.ts';
import { tf, type Scalar, type Tensor } from '../../engine/tf.ts';
import type { CompiledStep, Engine, NamedArrays, StepInputs, Variable } from '../../engine/types.ts';
import type { Network } from '../../engine/networks/specification.ts';
import { defineMergingMethod } from './shared/define.ts';
import { mergedTensors, residentVectors } from './shared/merged-weights.ts';
import type { ResidentVectors } from './shared/merged-weights.ts';
import { addedTo, taskVectors } from './shared/task-vectors.ts';

/** Unlabelled inputs of one task, and the head that answers for it. */
export interface AdaptationTask {
  readonly inputs: Variable;
  readonly head: string;
}

/**
 * One step of AdaMerging (Yang et al. 2024, equations 5 and 6): Adam on the coefficients λ of the task vectors against
 * the entropy of the merged net's answers to unlabelled inputs, summed over tasks. λ is clamped to [0, 1] in the
 * forward pass, so it has no gradient outside. Inputs of the step: `rows<t>`, the rows of task t; with several batches
 * in them the means of all are added.
 *
 * @param lambda [1, models] or [merged tensors, models].
 */
export function adaptationStep(
  engine: Engine,
  source: VariableSource,
  network: Network,
  vectors: ResidentVectors,
  lambda: Variable,
  tasks: readonly AdaptationTask[],
  { rate, batches }: { readonly rate: number; readonly batches: number },
): CompiledStep<StepInputs, 'entropy'> {
  const optimiser = makeOptimiser(source, { kind: 'adam', lr: rate }, { lambda });
  return engine.compileStep({
    name: 'merging/adaptation',
    inputs: Object.fromEntries(tasks.map((_, task) => [`rows${task}`, { shape: [-1], dtype: 'int32' }])),
    body(given, scope) {
      const entropyOf = (coefficients: Tensor): Scalar => {
        const params = mergedTensors(scope, vectors, tf.clipByValue(coefficients, 0, 1));
        const entropies = tasks.map(({ inputs, head }, task) => {
          const x = scope.gather(inputs, given[`rows${task}`]);
          return meanEntropy(network.apply({ params, state: {} }, x, { mode: 'eval' }, head).logits);
        });
        return tf.mul(tf.addN(entropies), batches).asScalar();
      };
      const { value, gradients } = valueAndGradients((at) => entropyOf(at['lambda']), { lambda: scope.read(lambda) });
      optimiser.update(scope, gradients, tf.scalar(rate));
      return { entropy: value };
    },
  });
}

/** Mean over rows of −Σ p ln p, from logits [rows, classes]. */
export function meanEntropy(logits: Tensor): Scalar {
  const logs = tf.logSoftmax(logits, -1);
  return tf.neg(tf.mean(tf.sum(tf.mul(tf.exp(logs), logs), -1))).asScalar();
}

/** θ0 + Σ_t λ_t^l τ_t^l with coefficients clamped to [0, 1]; tensors that no model changed stay. */
export function mergedWith(
  base: NamedArrays,
  models: readonly NamedArrays[],
  names: readonly string[],
  lambda: ArrayLike<number>,
): NamedArrays {
  const vectors = taskVectors(models, base);
  const perTensor = lambda.length > models.length;
  const row = (tensor: number): number[] =>
    models.map((_, model) => Math.min(1, Math.max(0, lambda[(perTensor ? tensor : 0) * models.length + model])));
  const merged = names.map((name, tensor) =>
    addedTo(
      { [name]: base[name] },
      vectors.map((of) => ({ [name]: of[name] })),
      1,
      row(tensor),
    ),
  );
  return merged.reduce((all, tensor) => ({ ...all, ...tensor }), base);
}

const cursorSchema = z.number();
/** Steps in one native call, and between two places where the trial may be interrupted. */
const STEPS_PER_YIELD = 25;
/** Batches of each task in a step, as in the authors' code. */
const BATCHES = 2;

export default defineMergingMethod({
  id: 'adamerging',
  version: 1,
  title: 'AdaMerging',
  summary: 'Learns the scales of the task vectors by minimising the entropy of the answers to unlabelled test inputs.',
  paper: {
    title: 'AdaMerging: Adaptive Model Merging for Multi-Task Learning',
    authors: 'Yang et al.',
    year: 2024,
    reference: 'arXiv:2310.02575',
    equations: 'Equations 5 and 6, task-wise and layer-wise',
    deviations: "None known; a layer is one tensor, biases included, as in the authors' code.",
  },
  needsStart: true,
  asks: ['unlabelled-test'],
  fields: {
    granularity: z.enum(['task', 'layer']).default('layer').describe('One λ a model, or one a model and tensor'),
    start: z.number().min(0).max(1).default(0.3).describe('λ before the first step'),
    steps: z.number().int().min(1).max(10_000).default(500).describe('Steps of Adam'),
    rate: z.number().min(1e-6).max(1).default(0.001).describe('Learning rate of Adam'),
    batchSize: z
      .number()
      .int()
      .min(1)
      .max(1024)
      .default(16)
      .describe('Inputs of each task in a batch; two batches a step'),
  },
  async *merge({ context, network, base, models, heads, tasks }, { granularity, start, steps, rate, batchSize }) {
    const { engine, state, stream, meter } = context;
    const vectors = residentVectors(engine, network, base, models, heads);
    const rows = granularity === 'task' ? 1 : vectors.merged.length;
    const lambda = state.variable('lambda', { shape: [rows, models.length], dtype: 'float32' }, () =>
      new Float32Array(rows * models.length).fill(start),
    );
    const pools = tasks.map((task) => task.unlabelledTest());
    const adapted = tasks.map(({ head }, task) => ({ head, inputs: pools[task].x }));
    const adapt = adaptationStep(engine, state, network, vectors, lambda, adapted, { rate, batches: BATCHES });
    const feed = (step: number): Record<string, Int32Array> =>
      Object.fromEntries(
        pools.map((pool, task) => [
          `rows${task}`,
          stream(`adaptation/step${step}/task${task}`).sample(pool.rows, Math.min(BATCHES * batchSize, pool.rows)),
        ]),
      );
    let done = state.restored === undefined ? 0 : cursorSchema.parse(state.restored);
    while (done < steps) {
      const count = Math.min(STEPS_PER_YIELD, steps - done);
      const feeds = Array.from({ length: count }, (_, step) => feed(done + step));
      const outputs = await adapt.run(feeds);
      const seen = feeds.flatMap((of) => Object.values(of)).reduce((sum, { length }) => sum + length, 0);
      meter.examples(seen);
      meter.passes({ forward: seen, backward: seen });
      done += count;
      yield { done, total: steps, metrics: { entropy: outputs[count - 1].entropy[0] } };
    }
    const found = await engine.read(lambda);
    return {
      kind: 'parameters',
      merged: mergedWith(
        base,
        models,
        vectors.merged.map(({ name }) => name),
        found,
      ),
      notes: [
        `λ of the models, ${granularity === 'task' ? 'one each' : 'row by row of tensors'}: ${[...found].map((v) => v.toFixed(3)).join(' ')}`,
      ],
    };
  },
});

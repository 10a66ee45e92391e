import { z } from 'zod';
import { valueAndGradients } from '../../engine/losses.ts';
import { makeOptimiser } from '../../engine/optimisers/optimisers.ts';
import type { VariableSource } from '../../engine/optimisers/optimisers.ts';
import { tf, type Tensor } from '../../engine/tf.ts';
import type {
  CompiledStep,
  Engine,
  NamedArrays,
  StepInputs,
  StepScope,
  Tensors,
  Variables,
} from '../../engine/types.ts';
import type { Network } from '../../engine/networks/specification.ts';
import { readAll } from '../shared/network-variables.ts';
import { adaptationNotes } from './shared/adaptation-notes.ts';
import { defineMergingMethod } from './shared/define.ts';
import { learnable } from './shared/learnable.ts';
import { askTasks, entropies, learn, learningStep, rowInputs } from './shared/learning.ts';
import type { LearntTask } from './shared/learning.ts';
import { coefficientNote, mergedArrays, mergedTensors, residentVectors } from './shared/merged-weights.ts';
import type { ResidentVectors } from './shared/merged-weights.ts';
import { taskVectors } from './shared/task-vectors.ts';

/** A sample of the concrete mask (equation 5): σ((x + ln u − ln(1 − u)) / T) for uniform u. */
export const sampledMask = (logits: Tensor, u: Tensor, temperature: number): Tensor =>
  tf.sigmoid(tf.div(tf.add(logits, tf.sub(tf.log(u), tf.log(tf.sub(1, u)))), temperature));

/** A mask whose mean over the tensor is 1, so that the scale of the change is kept. */
export const rescaled = (mask: Tensor): Tensor => tf.div(mask, tf.mean(mask));

/** Uniform numbers for the masks: by the tensor's number, in (0, 1). */
export type Noise = (scope: StepScope, tensor: number, shape: readonly number[], given: Tensors) => Tensor;

/** Two int32 numbers a tensor, fed as `key<tensor>`. */
const drawnNoise: Noise = (scope, tensor, shape, given) =>
  tf.clipByValue(scope.randomUniform(shape, given[`key${tensor}`]), 1e-6, 1 - 1e-6);

export interface MaskOptions {
  readonly rate: number;
  readonly temperature: number;
  /**
   * Before the mask learns, λ take one step of gradient descent of this length from their start, on rows `inner<t>`
   * with the mask as it is; 0 = λ stay.
   */
  readonly innerRate: number;
  readonly noise?: Noise;
  readonly inputs?: StepInputs;
}

/**
 * One step on the logits of the one mask that all task vectors share (Tang et al. 2023, algorithm 1): Adam against the
 * entropy of the answers of θ0 + m ⊙ Σ_t λ_t τ_t to unlabelled inputs, m drawn anew and rescaled tensor by tensor.
 *
 * @param start λ: [1, models] or [merged tensors, models].
 */
export function maskStep(
  engine: Engine,
  source: VariableSource,
  network: Network,
  vectors: ResidentVectors,
  logits: Variables,
  start: { readonly rows: number; readonly lambda: number },
  tasks: readonly LearntTask[],
  { rate, temperature, innerRate, noise = drawnNoise, inputs }: MaskOptions,
): CompiledStep<StepInputs, 'loss'> {
  const optimiser = makeOptimiser(source, { kind: 'adam', lr: rate }, logits, 'mask-adam');
  return engine.compileStep({
    name: 'merging/mask',
    inputs: {
      ...rowInputs(tasks.length),
      ...(innerRate > 0 ? rowInputs(tasks.length, 'inner') : {}),
      ...inputs,
    },
    body(given, scope) {
      const uniform = Object.fromEntries(
        vectors.merged.map(({ name, start: { shape } }, tensor) => [name, noise(scope, tensor, shape, given)]),
      );
      const masks = (learnt: Tensors): Tensors =>
        Object.fromEntries(
          Object.entries(uniform).map(([name, u]) => [name, rescaled(sampledMask(learnt[name], u, temperature))]),
        );
      const entropyOf = (lambda: Tensor, drawn: Tensors, name: string) =>
        entropies(
          askTasks(scope, network, tasks, { params: mergedTensors(scope, vectors, lambda, drawn) }, given, name),
        );
      const present = readAll(scope, logits);
      const fixed = tf.fill([start.rows, vectors.models], start.lambda);
      let lambda: Tensor = fixed;
      if (innerRate > 0) {
        const drawn = masks(present);
        const inner = valueAndGradients((at) => entropyOf(at['lambda'], drawn, 'inner'), { lambda: fixed });
        lambda = tf.sub(fixed, tf.mul(inner.gradients['lambda'], innerRate));
      }
      const { value, gradients } = valueAndGradients((at) => entropyOf(lambda, masks({ ...at }), 'rows'), present);
      optimiser.update(scope, gradients, tf.scalar(rate));
      return { loss: value };
    },
  });
}

/** The mask that is used in the end, without sampling: σ(x), rescaled. */
export function meanMask(logits: Float32Array): Float32Array {
  const mask = logits.map((value) => 1 / (1 + Math.exp(-value)));
  const mean = mask.reduce((sum, value) => sum + value, 0) / mask.length;
  return mask.map((value) => value / mean);
}

export default defineMergingMethod({
  id: 'concrete',
  version: 1,
  title: 'Concrete subspace merging',
  summary:
    'Learns one mask over all task vectors that lowers the entropy of answers to unlabelled test inputs, then merges ' +
    'by task arithmetic or AdaMerging within it.',
  paper: {
    title: 'Concrete Subspace Learning based Interference Elimination for Multi-task Model Fusion',
    authors: 'Tang et al.',
    year: 2023,
    reference: 'arXiv:2312.06173',
    equations: 'Equation 5 and algorithm 1: concrete task arithmetic and concrete AdaMerging',
    deviations:
      'The inner step on λ is one of plain gradient descent from the start, as the text has it; the authors’ code ' +
      'takes Adam with rate 1 there, whose first step moves every λ by 1. The step on the mask is of first order, as ' +
      'there, and has the mask that the inner one had, where theirs draws another. λ are learned, and the net is ' +
      'judged, with the mean mask: in their scripts with a drawn one, in fusion_bench with the mean.',
  },
  needsStart: true,
  asks: ['unlabelled-test'],
  fits: learnable,
  fields: {
    merge: z
      .enum(['task-arithmetic', 'adamerging'])
      .default('task-arithmetic')
      .describe('What merges the masked task vectors: one fixed λ, or one learned for each model and tensor'),
    lambda: z.number().min(0).max(2).default(0.3).describe('λ, or where it starts'),
    maskSteps: z.number().int().min(0).max(20_000).default(2000).describe('Steps on the mask'),
    steps: z.number().int().min(0).max(20_000).default(1000).describe('Steps on λ thereafter (AdaMerging)'),
    rate: z.number().min(1e-6).max(10).default(0.001).describe('Learning rate of Adam, for the mask and for λ'),
    innerRate: z
      .number()
      .min(0)
      .max(10)
      .default(1)
      .describe('Length of the step on λ before each on the mask (AdaMerging)'),
    temperature: z.number().min(0.01).max(10).default(0.5).describe('Temperature of the samples'),
    batchSize: z.number().int().min(1).max(1024).default(16).describe('Inputs of each task in a step'),
  },
  async *merge(input, { merge, lambda: start, maskSteps, steps, rate, innerRate, temperature, batchSize }) {
    const { context, network, base, models, heads, tasks } = input;
    const { engine, state, stream } = context;
    const vectors = residentVectors(engine, network, base, models, heads);
    const names = vectors.merged.map(({ name }) => name);
    const learns = merge === 'adamerging';
    const rows = learns ? names.length : 1;
    const spec = { shape: [rows, models.length], dtype: 'float32' } as const;
    const begin = () => new Float32Array(rows * models.length).fill(start);
    const lambda = learns ? state.variable('lambda', spec, begin) : engine.variable('lambda', spec, begin());
    const logits: Variables = Object.fromEntries(
      vectors.merged.map(({ name, start: { shape } }) => [
        name,
        state.variable(`mask/${name}`, { shape, dtype: 'float32' }, () => new Float32Array(base[name].length)),
      ]),
    );
    const pools = tasks.map((task) => task.unlabelledTest());
    const learnt = tasks.map(({ head }, task) => ({ head, inputs: pools[task].x }));
    const total = maskSteps + (learns ? steps : 0);
    const inner = learns ? innerRate : 0;
    const onMask = maskStep(engine, state, network, vectors, logits, { rows, lambda: start }, learnt, {
      rate,
      temperature,
      innerRate: inner,
      inputs: Object.fromEntries(names.map((_, tensor) => [`key${tensor}`, { shape: [2], dtype: 'int32' }])),
    });
    yield* learn(context, {
      step: onMask,
      pools,
      size: batchSize,
      to: maskSteps,
      total,
      metric: 'entropy',
      rowsAs: inner > 0 ? ['rows', 'inner'] : ['rows'],
      feed: (at) =>
        Object.fromEntries(names.map((_, tensor) => [`key${tensor}`, stream(`mask/step${at}/tensor${tensor}`).key()])),
    });
    const masks: NamedArrays = {};
    for (const name of names) masks[name] = meanMask(Float32Array.from(await engine.read(logits[name])));
    if (learns) {
      const fixed = Object.fromEntries(
        vectors.merged.map(({ name, start: { shape } }) => [
          name,
          engine.variable(`mean-mask/${name}`, { shape, dtype: 'float32' }, masks[name]),
        ]),
      );
      const onLambda = learningStep(engine, state, network, { lambda }, learnt, {
        optimiser: { kind: 'adam', lr: rate },
        prefix: 'lambda-adam',
        merge: (scope, at) => ({ params: mergedTensors(scope, vectors, at['lambda'], readAll(scope, fixed)) }),
        loss: entropies,
      });
      yield* learn(context, { step: onLambda, pools, size: batchSize, from: maskSteps, to: total, metric: 'entropy' });
    }
    const found = await engine.read(lambda);
    const masked = taskVectors(models, base).map((vector): NamedArrays =>
      Object.fromEntries(names.map((name) => [name, vector[name].map((value, at) => value * masks[name][at])])),
    );
    const merged = mergedArrays(base, masked, names, found);
    return {
      kind: 'parameters',
      merged,
      notes: [...(learns ? [coefficientNote('λ', rows, found)] : []), ...(await adaptationNotes(input, merged))],
    };
  },
});

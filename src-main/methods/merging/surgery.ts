import { z } from 'zod';
import { valueAndGradients } from '../../engine/losses.ts';
import { buildNetwork } from '../../engine/networks/networks.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import { makeOptimiser } from '../../engine/optimisers/optimisers.ts';
import type { VariableSource } from '../../engine/optimisers/optimisers.ts';
import { tf, type Tensor } from '../../engine/tf.ts';
import type { CompiledStep, Engine, NamedArrays, Variable } from '../../engine/types.ts';
import type { HyperParameters } from '../contract.ts';
import { openModel } from '../shared/artefacts.ts';
import { networkVariables } from '../shared/network-variables.ts';
import { featuresOf } from '../theory/shared/features.ts';
import type { MergingInput } from './contract.ts';
import { defineMergingMethod } from './shared/define.ts';
import { representationAt, representing } from './shared/representation.ts';
import { isBeginning, stepsDone } from './shared/steps-done.ts';

/** The module of one task: Down [features, rank] and Up [rank, features], without biases. */
export interface SurgeryModule {
  readonly down: Variable;
  readonly up: Variable;
}

/** ẑ = z − ReLU(z·Down)·Up (Yang et al. 2024, equation 3) for rows z [B, features]. */
export function corrected(z: Tensor, down: Tensor, up: Tensor): Tensor {
  return tf.sub(z, tf.matMul(tf.relu(tf.matMul(z, down)), up));
}

/**
 * One step of Adam on the module of one task (equation 4): the mean over all entries of |ẑ − z of the expert|, for rows
 * of what the merged net and the expert answer. Where both are equal the gradient is 0.
 */
export function surgeryStep(
  engine: Engine,
  source: VariableSource,
  module: SurgeryModule,
  answers: { readonly merged: Variable; readonly expert: Variable },
  { rate, name }: { readonly rate: number; readonly name: string },
): CompiledStep<{ rows: { shape: [-1]; dtype: 'int32' } }, 'distance'> {
  const optimiser = makeOptimiser(source, { kind: 'adam', lr: rate }, { down: module.down, up: module.up }, name);
  return engine.compileStep({
    name: 'merging/surgery',
    inputs: { rows: { shape: [-1], dtype: 'int32' } },
    body({ rows }, scope) {
      const [merged, expert] = [scope.gather(answers.merged, rows), scope.gather(answers.expert, rows)];
      const { value, gradients } = valueAndGradients(
        ({ down, up }) => {
          const difference = tf.sub(corrected(merged, down, up), expert);
          return tf.mean(tf.mul(difference, tf.sign(difference))).asScalar();
        },
        { down: scope.read(module.down), up: scope.read(module.up) },
      );
      optimiser.update(scope, gradients, tf.scalar(rate));
      return { distance: value };
    },
  });
}

const [DOWN, UP] = ['surgery-down', 'surgery-up'];

/** The network with a module after its representation, as a block z + ReLU(z·Down)·(−Up). */
export function withModule(spec: NetworkSpec, rank: number, features: number): NetworkSpec {
  const at = representationAt(spec);
  return {
    ...spec,
    architecture: { kind: 'surgery', rank, of: spec.architecture },
    layers: [
      ...spec.layers.slice(0, at),
      {
        kind: 'residual',
        layers: [
          { kind: 'dense', name: DOWN, units: rank, bias: false },
          { kind: 'relu' },
          { kind: 'dense', name: UP, units: features, bias: false },
        ],
      },
      ...spec.layers.slice(at),
    ],
  };
}

/** Steps in one native call, and between two places where the trial may be interrupted. */
const STEPS_PER_YIELD = 100;
/** The trial whose merged net is corrected. */
const MERGED = 'merged';

/** The method and the settings of the merge that is corrected; the scale is for those that have one. */
const baseOf = (
  base: string,
  lambda: number,
): { readonly method: string; readonly hyperParameters: HyperParameters } => ({
  method: base,
  hyperParameters: base === 'task-arithmetic' ? { lambda } : base === 'ties' ? { lambda, combine: 'sum' } : {},
});

export default defineMergingMethod({
  id: 'surgery',
  version: 1,
  title: 'Representation Surgery',
  summary:
    'Takes a merged net and learns, for each task, a small module that moves its representation of unlabelled test ' +
    "inputs to the expert's.",
  paper: {
    title: 'Representation Surgery for Multi-Task Model Merging',
    authors: 'Yang et al.',
    year: 2024,
    reference: 'arXiv:2402.02705',
    equations: 'Equations 3 and 4',
    deviations:
      'One Adam a task, so that the modules of other tasks stand still; the representation is what heads are given, ' +
      'before it is brought to unit length. Representations are computed once, not at every step: the merged net ' +
      'and the experts do not change.',
  },
  needsStart: true,
  asks: ['unlabelled-test'],
  fields: {
    base: z
      .enum(['weight-average', 'task-arithmetic', 'ties', 'adamerging'])
      .default('task-arithmetic')
      .describe('The merge that is corrected'),
    lambda: z
      .number()
      .min(0)
      .max(3)
      .default(0.3)
      .describe('Scale λ of that merge, where it is task arithmetic or TIES (with the disjoint sum)'),
    rank: z.number().int().min(1).max(512).default(16).describe('Numbers between Down and Up'),
    steps: z.number().int().min(1).max(20_000).default(1000).describe('Steps of Adam for each task'),
    rate: z.number().min(1e-6).max(1).default(0.001).describe('Learning rate of Adam'),
    batchSize: z.number().int().min(1).max(1024).default(16).describe('Inputs in a step'),
  },
  requests: ({ id }, { base, lambda }, seed) => [{ name: MERGED, suite: id, ...baseOf(base, lambda), seed }],
  async *merge(input, { rank, steps, rate, batchSize }) {
    const { context, network, whole, taskOf, tasks } = input;
    const { engine, state, stream, meter } = context;
    const merged = (await openModel(context, MERGED)).arrays;
    const represented = representationsOf(input);
    const operated: (SurgeryModule & { readonly answers: Represented; readonly rows: number })[] = [];
    for (const [task, { unlabelledTest }] of tasks.entries()) {
      const { rows } = unlabelledTest();
      const answers = {
        merged: await represented(merged, task),
        expert: await represented(whole[taskOf.indexOf(task)], task),
      };
      if (isBeginning(state)) meter.passes({ forward: 2 * rows });
      // Kaiming's uniform start with a = √5 is one within ±1/√inputs.
      const [features, drawn] = [answers.merged.shape[1], stream(`surgery/task${task}/down`)];
      const entries = new Float32Array(features * rank);
      drawn.fillUniform(entries, -1 / Math.sqrt(features), 1 / Math.sqrt(features));
      const variable = (name: string, shape: readonly number[], start: Float32Array): Variable =>
        state.variable(`task${task}/${name}`, { shape, dtype: 'float32' }, () => start);
      const down = variable('down', [features, rank], entries);
      const up = variable('up', [rank, features], new Float32Array(rank * features));
      operated.push({ down, up, answers, rows });
    }
    const learners = operated.map((module, task) =>
      surgeryStep(engine, state, module, module.answers, { rate, name: `task${task}/adam` }),
    );
    const total = steps * tasks.length;
    let done = stepsDone(state);
    while (done < total) {
      const [task, first] = [Math.floor(done / steps), done % steps];
      const count = Math.min(STEPS_PER_YIELD, steps - first);
      const size = Math.min(batchSize, operated[task].rows);
      const rows = (step: number): Int32Array =>
        stream(`surgery/task${task}/step${step}`).sample(operated[task].rows, size);
      const outputs = await learners[task].run(Array.from({ length: count }, (_, at) => ({ rows: rows(first + at) })));
      meter.examples(count * size);
      done += count;
      yield { done, total, metrics: { distance: outputs[count - 1].distance[0] } };
    }
    const net = buildNetwork(withModule(network.spec, rank, operated[0].down.shape[0]));
    const modules: NamedArrays[] = [];
    for (const { down, up } of operated)
      modules.push({
        [`${DOWN}/kernel`]: Float32Array.from(await engine.read(down)),
        [`${UP}/kernel`]: Float32Array.from(await engine.read(up), (value) => -value),
      });
    return {
      kind: 'a net a model',
      nets: taskOf.map((task) => ({ ...merged, ...modules[task] })),
      networks: taskOf.map(() => net),
      notes: await distanceNotes(engine, operated),
    };
  },
});

/** What the merged net and an expert answer to the inputs of a task, [rows × features]. */
interface Represented {
  readonly merged: Variable;
  readonly expert: Variable;
}

/** A function that lets a net with these values answer the unlabelled inputs of a task. */
function representationsOf({
  context: { engine },
  network,
  tasks,
}: MergingInput): (values: NamedArrays, task: number) => Promise<Variable> {
  const net = buildNetwork(representing(network.spec));
  const variables = networkVariables(engine, net, 'represented');
  let asked = 0;
  return async (values, task) => {
    variables.load(values);
    const split = tasks[task].unlabelledTest();
    const { features } = await featuresOf(engine, net, variables, split)();
    asked += 1;
    const shape = [split.rows, features.length / split.rows];
    return engine.variable(`represented/${asked}`, { shape, dtype: 'float32' }, features);
  };
}

/** How far the merged net is from the experts, over all inputs, without and with the modules. */
async function distanceNotes(
  engine: Engine,
  operated: readonly (SurgeryModule & { readonly answers: Represented })[],
): Promise<string[]> {
  const notes: string[] = [];
  for (const [task, { down, up, answers }] of operated.entries()) {
    const step = engine.compileStep({
      name: 'merging/surgery-distance',
      inputs: {},
      body(_given, scope) {
        const [merged, expert] = [scope.read(answers.merged), scope.read(answers.expert)];
        const distance = (z: Tensor): Tensor => tf.mean(tf.abs(tf.sub(z, expert)));
        return {
          before: distance(merged),
          after: distance(corrected(merged, scope.read(down), scope.read(up))),
        };
      },
    });
    const [{ before, after }] = await step.run([{}]);
    step.dispose();
    notes.push(`Task ${task + 1}: distance to the expert ${before[0].toFixed(4)}, with surgery ${after[0].toFixed(4)}`);
  }
  return notes;
}

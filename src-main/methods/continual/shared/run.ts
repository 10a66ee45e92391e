import { softmaxCrossEntropy } from '../../../engine/losses.ts';
import { makeOptimiser } from '../../../engine/optimisers/optimisers.ts';
import { tf, type Tensor } from '../../../engine/tf.ts';
import type { OptimiserSpec, StepScope, Tensors, Variable, Variables } from '../../../engine/types.ts';
import type { StateRole, TrialContext } from '../../contract.ts';
import { augmentationFeed, augmentationInputs, augmented } from '../../shared/augmentation.ts';
import { evaluated } from '../../shared/network-predictor.ts';
import { readAll } from '../../shared/network-variables.ts';
import type { NetworkVariables } from '../../shared/network-variables.ts';
import { rowsPerEvaluation } from '../../shared/work-sizes.ts';
import {
  ContinualProtocol,
  type ContinualRun,
  type ExampleBatch,
  type LossScope,
  type PassOptions,
  type SteppingValues,
  type TrainingExamples,
} from '../contract.ts';

/** The optimiser that hyper-parameters and suite agree on. */
export function optimiserFor(suite: OptimiserSpec, values: SteppingValues): OptimiserSpec {
  const base: OptimiserSpec =
    values.optimiser === 'suite' || values.optimiser === suite.kind ? suite : { kind: values.optimiser, lr: suite.lr };
  return values.learningRate === 0 ? base : { ...base, lr: values.learningRate };
}

/**
 * What a method's hooks are built from. Network and optimiser are registered variables: checkpoints carry them, and a
 * resumed trial finds them filled.
 *
 * @throws Error when the trial's suite is not one of tasks in a row.
 */
export function prepareRun(context: TrialContext, values: SteppingValues): ContinualRun {
  const { network, state, engine, protocol } = context;
  if (!(protocol instanceof ContinualProtocol))
    throw new Error(`A continual method was given a protocol of the kind ${protocol.kind}.`);
  const registered =
    (role: StateRole): ContinualRun['variable'] =>
    (name, spec, initial) =>
      state.variable(
        name,
        spec,
        initial ??
          (() => (spec.dtype === 'int32' ? new Int32Array(size(spec.shape)) : new Float32Array(size(spec.shape)))),
        role,
      );
  const [variable, ofModel] = [registered('kept'), registered('model')];
  let start: ReturnType<typeof network.init> | null = null;
  const startOf = (): ReturnType<typeof network.init> => (start ??= network.init(context.stream('init')));
  const parameters = Object.fromEntries(
    network.params.map(({ name, shape }): [string, Variable] => [
      name,
      ofModel(`params/${name}`, { shape, dtype: 'float32' }, () => startOf().params[name]),
    ]),
  );
  const statistics = Object.fromEntries(
    network.state.map(({ name, shape }): [string, Variable] => [
      name,
      ofModel(`statistics/${name}`, { shape, dtype: 'float32' }, () => startOf().state[name]),
    ]),
  );
  const optimiserSpec = optimiserFor(protocol.optimiser, values);
  const optimiser = makeOptimiser({ variable: registered('optimiser') }, optimiserSpec, parameters);
  const mask = engine.variable('output-mask', { shape: [protocol.tasks.length, protocol.outputs], dtype: 'float32' });
  const training = trainingExamples(context, protocol);
  return {
    context,
    protocol,
    parameters,
    statistics,
    optimiserSpec,
    mask,
    variable,
    training,
    update: (scope, gradients) => optimiser.update(scope, gradients, tf.scalar(optimiserSpec.lr)),
    resetOptimiser: () => {
      for (const [name, slot] of Object.entries(optimiser.slots))
        engine.write(slot, new Float32Array(size(slot.shape)).fill(name.endsWith('-power') ? 1 : 0));
    },
    stream: (name) => context.stream(name),
    perParameter: (name) =>
      Object.fromEntries(
        network.params.map((p): [string, Variable] => [
          p.name,
          variable(`${name}/${p.name}`, { shape: p.shape, dtype: 'float32' }),
        ]),
      ),
    readParameters: (scope) => readAll(scope, parameters),
    features: trainingFeatures(context, protocol, { parameters, statistics }),
    lossScope: (scope, current, batch, inputs, options = {}) =>
      makeLossScope({ context, training, mask, statistics, options }, scope, current, batch, inputs),
  };
}

/** Training examples through the suite's augmentation, by one function for the driver's step and for methods' own. */
function trainingExamples({ stream, network }: TrialContext, protocol: ContinualProtocol): TrainingExamples {
  const { augmentation } = protocol;
  return {
    inputs: augmentationInputs(augmentation),
    feed: (globalStep) => augmentationFeed(augmentation, stream, globalStep),
    examples: (scope, inputs, ids, use) => {
      const batch = protocol.examples(scope, ids);
      return { ...batch, x: augmented(scope, batch.x, network.spec.input, augmentation, inputs, use) };
    },
  };
}

function trainingFeatures(
  { engine, network, meter }: TrialContext,
  protocol: ContinualProtocol,
  variables: Pick<NetworkVariables, 'parameters' | 'statistics'>,
): ContinualRun['features'] {
  const step = engine.compileStep({
    name: 'continual/features',
    inputs: { ids: { shape: [-1], dtype: 'int32' } },
    body: ({ ids }, scope) => ({
      features: evaluated(scope, network, variables, protocol.examples(scope, ids).x).features,
    }),
  });
  return async (ids) => {
    const most = rowsPerEvaluation(network);
    const parts = await step.run(
      Array.from({ length: Math.ceil(ids.length / most) }, (_, i) => ({ ids: ids.slice(i * most, (i + 1) * most) })),
    );
    meter.passes({ forward: ids.length });
    return joined(parts.map(({ features }) => features));
  };
}

function joined(parts: readonly ArrayLike<number>[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

interface LossSurroundings {
  readonly context: TrialContext;
  readonly training: TrainingExamples;
  readonly mask: Variable;
  readonly statistics: Variables;
  readonly options: PassOptions;
}

function makeLossScope(
  { context, training, mask, statistics, options }: LossSurroundings,
  scope: StepScope,
  parameters: Tensors,
  batch: ExampleBatch,
  inputs: Readonly<Record<string, Tensor>>,
): LossScope {
  const state = readAll(scope, statistics);
  const masked = (logits: Tensor, tasks: Tensor): Tensor => tf.add(logits, scope.gather(mask, tasks));
  const applied = (x: Tensor, given: Tensors, tap?: PassOptions['tap']): { logits: Tensor; features: Tensor } => {
    const told = (layer: string, input: Tensor, output: Tensor): Tensor => {
      tap?.(layer, input, output);
      return output;
    };
    const pass = context.network.apply(
      { params: given, state },
      x,
      tap === undefined ? { mode: 'train' } : { mode: 'train', tap: told },
    );
    if (given === parameters && options.isTrial !== true)
      for (const [name, next] of Object.entries(pass.state)) scope.assign(statistics[name], next);
    return pass;
  };
  let known: ReturnType<typeof applied> | null = null;
  const own = (): ReturnType<typeof applied> => (known ??= applied(batch.x, parameters, options.tap));
  return {
    scope,
    parameters,
    batch,
    inputs,
    logits: (x, given = parameters) => applied(x, given).logits,
    features: (x, given = parameters) => applied(x, given).features,
    masked,
    get batchLogits() {
      return own().logits;
    },
    get batchFeatures() {
      return own().features;
    },
    examples: (ids, use) => training.examples(scope, inputs, ids, use),
    crossEntropy: (values, examples, weights) =>
      softmaxCrossEntropy(masked(values, examples.tasks), examples.y, weights),
  };
}

const size = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

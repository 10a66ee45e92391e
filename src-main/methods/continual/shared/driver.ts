import { z } from 'zod';
import { softmaxCrossEntropy, valueAndGradients } from '../../../engine/losses.ts';
import { makeOptimiser } from '../../../engine/optimisers.ts';
import { tf, type Tensor } from '../../../engine/tf.ts';
import type { Network, OptimiserSpec, StepInputs, StepScope, TensorData, Tensors, Variable, Variables } from '../../../engine/types.ts';
import type { Artefact, HyperParameters, JsonValue, Method, Outcome, TrialContext, TrialEvent } from '../../contract.ts';
import { ContinualProtocol, steppingFields, type ContinualDefinition, type ContinualHooks, type ContinualRun, type ExampleBatch, type LossScope, type Place, type SteppingValues } from '../contract.ts';
import { networkPredictor } from './predictor.ts';

const cursorSchema = z.object({ task: z.number(), epoch: z.number(), step: z.number(), globalStep: z.number() });
type Cursor = z.infer<typeof cursorSchema>;

/** Steps between two yields: a fraction of a second, so that cancelling is prompt and progress moves. */
const stepsPerYield = (network: Network): number => (network.spec.kind === 'cnn' ? 4 : 48);

/** A continual method from its hooks: the driver owns order, epochs, batches, optimiser, evaluation points, progress and resuming. */
export function defineContinualMethod<const S extends z.ZodRawShape>(definition: ContinualDefinition<S>): Method {
  const fields = z.object(definition.fields);
  const stepping = z.object(steppingFields);
  const schema = z.object({ ...definition.fields, ...steppingFields });
  return {
    id: definition.id, version: definition.version, title: definition.title, summary: definition.summary, family: 'continual', paper: definition.paper,
    schema, needs: definition.needs ?? {}, reference: definition.reference,
    fits: (suite) => (suite.family === 'continual' ? definition.fits?.(suite) ?? true : `${definition.title} learns a stream of tasks; ${suite.id} has none.`),
    run: (context, hyperParameters) => {
      const values: SteppingValues & z.output<z.ZodObject<S>> = { ...stepping.parse(only(hyperParameters, Object.keys(steppingFields))), ...fields.parse(only(hyperParameters, Object.keys(definition.fields))) };
      return runStream(context, values, definition.singleStage ?? false, (run) => definition.create(run, values));
    },
  };
}

const only = (values: HyperParameters, names: readonly string[]): Record<string, unknown> => Object.fromEntries(names.filter((name) => name in values).map((name) => [name, values[name]]));

function protocolOf(context: TrialContext): ContinualProtocol {
  if (!(context.protocol instanceof ContinualProtocol)) throw new Error(`A continual method was given the protocol of the family ${context.protocol.family}.`);
  return context.protocol;
}

/** The optimiser that hyper-parameters and suite agree on. */
export function optimiserFor(suite: OptimiserSpec, values: SteppingValues): OptimiserSpec {
  const base: OptimiserSpec = values.optimiser === 'suite' || values.optimiser === suite.kind ? suite : { kind: values.optimiser, lr: suite.lr };
  return values.learningRate === 0 ? base : { ...base, lr: values.learningRate };
}

async function* runStream(context: TrialContext, values: SteppingValues, singleStage: boolean, create: (run: ContinualRun) => ContinualHooks): AsyncGenerator<TrialEvent, Outcome, void> {
  const protocol = protocolOf(context);
  const { engine, network, meter } = context;
  const run = prepareRun(context, protocol, values);
  const hooks = create(run);
  const train = trainStep(run, hooks);
  const predictor = networkPredictor(engine, network, run.parameters, run.statistics);
  const stages = singleStage ? [protocol.tasks.length - 1] : protocol.tasks.map((task) => task.index);
  const epochIds = (task: number): Int32Array => hooks.epochIds?.(task) ?? protocol.tasks[task].ids;
  const perEpoch = (task: number): number => Math.ceil(epochIds(task).length / protocol.batchSize);
  const restored = context.state.restored === undefined ? null : cursorSchema.parse(context.state.restored);
  let cursor: Cursor = restored ?? { task: stages[0], epoch: 0, step: 0, globalStep: 0 };
  const chunk = stepsPerYield(network);
  const progress = (total: number, metrics: Readonly<Record<string, number>>): TrialEvent => ({ kind: 'progress', cursor: toJson(cursor), done: cursor.globalStep, total, metrics });

  if (restored === null) yield { kind: 'evaluate', stage: -1, predictor };
  for (const task of stages.filter((stage) => stage >= cursor.task)) {
    engine.write(run.mask, protocol.outputMask(task));
    if (cursor.epoch === 0 && cursor.step === 0) await hooks.beginTask?.(task);
    const steps = perEpoch(task);
    // what later tasks will take is known only when memory has filled; new data alone is a fair guess
    const total = cursor.globalStep - cursor.epoch * steps - cursor.step + protocol.epochs * steps + stages.filter((stage) => stage > task).reduce((sum, stage) => sum + protocol.epochs * Math.max(perEpoch(stage), steps * 0.9), 0);
    while (cursor.epoch < protocol.epochs) {
      const order = shuffled(epochIds(task), run, `batches/task${task}/epoch${cursor.epoch}`);
      while (cursor.step < steps) {
        const count = Math.min(chunk, steps - cursor.step);
        const batches = Array.from({ length: count }, (_, i) => order.subarray((cursor.step + i) * protocol.batchSize, (cursor.step + i + 1) * protocol.batchSize));
        const loss = await train({ task, epoch: cursor.epoch, step: cursor.step, globalStep: cursor.globalStep }, batches);
        const examples = batches.reduce((sum, ids) => sum + ids.length, 0);
        meter.examples(examples);
        meter.passes({ forward: examples * (hooks.passes?.forward ?? 1), backward: examples * (hooks.passes?.backward ?? 1) });
        cursor = { ...cursor, step: cursor.step + count, globalStep: cursor.globalStep + count };
        if (cursor.step < steps) yield progress(total, { loss });
      }
      cursor = { ...cursor, epoch: cursor.epoch + 1, step: 0 };
      if (cursor.epoch < protocol.epochs) yield progress(total, {});
    }
    await hooks.endTask?.(task);
    yield { kind: 'evaluate', stage: task, predictor };
    cursor = { task: task + 1, epoch: 0, step: 0, globalStep: cursor.globalStep };
    yield progress(Math.max(total, cursor.globalStep), {});
  }
  return { predictor, artefact: await parametersAsArtefact(run, context) };
}

function toJson(cursor: Cursor): JsonValue {
  return { task: cursor.task, epoch: cursor.epoch, step: cursor.step, globalStep: cursor.globalStep };
}

function shuffled(ids: Int32Array, run: ContinualRun, name: string): Int32Array {
  return run.stream(name).permutation(ids.length).map((index) => ids[index]);
}

function prepareRun(context: TrialContext, protocol: ContinualProtocol, values: SteppingValues): ContinualRun {
  const { network, state } = context;
  const variable: ContinualRun['variable'] = (name, spec, initial) =>
    state.variable(name, spec, initial ?? (() => (spec.dtype === 'int32' ? new Int32Array(size(spec.shape)) : new Float32Array(size(spec.shape)))));
  let initial: ReturnType<Network['init']> | null = null;
  const initialOf = (): ReturnType<Network['init']> => (initial ??= network.init(context.stream('init')));
  const parameters = Object.fromEntries(network.params.map(({ name, shape }): [string, Variable] => [name, variable(`params/${name}`, { shape, dtype: 'float32' }, () => initialOf().params[name])]));
  const statistics = Object.fromEntries(network.state.map(({ name, shape }): [string, Variable] => [name, variable(`statistics/${name}`, { shape, dtype: 'float32' }, () => initialOf().state[name])]));
  const optimiserSpec = optimiserFor(protocol.optimiser, values);
  const optimiser = makeOptimiser({ variable: (name, spec, first) => variable(name, spec, first) }, optimiserSpec, parameters);
  const mask = context.engine.variable('output-mask', { shape: [protocol.tasks.length, protocol.outputs], dtype: 'float32' });
  const readAll = (scope: StepScope, variables: Variables): Tensors => Object.fromEntries(Object.entries(variables).map(([name, v]) => [name, scope.read(v)]));
  return {
    context, protocol, parameters, statistics, optimiserSpec, mask, variable,
    update: (scope, gradients) => optimiser.update(scope, gradients, tf.scalar(optimiserSpec.lr)),
    resetOptimiser: () => { for (const [name, slot] of Object.entries(optimiser.slots)) context.engine.write(slot, new Float32Array(size(slot.shape)).fill(name.endsWith('-power') ? 1 : 0)); },
    stream: (name) => context.stream(name),
    perParameter: (name) => Object.fromEntries(network.params.map((p): [string, Variable] => [p.name, variable(`${name}/${p.name}`, { shape: p.shape, dtype: 'float32' })])),
    readParameters: (scope) => readAll(scope, parameters),
    lossScope: (scope, current, batch, inputs = {}) => makeLossScope(scope, network, current, readAll(scope, statistics), statistics, mask, batch, inputs),
  };
}

function makeLossScope(scope: StepScope, network: Network, parameters: Tensors, state: Tensors, statistics: Variables, mask: Variable, batch: ExampleBatch, inputs: Readonly<Record<string, Tensor>>): LossScope {
  const masked = (logits: Tensor, tasks: Tensor): Tensor => tf.add(logits, scope.gather(mask, tasks));
  const logits = (x: Tensor, given: Tensors = parameters): Tensor => {
    const applied = network.apply({ params: given, state }, x, { mode: 'train' });
    if (given === parameters) for (const [name, next] of Object.entries(applied.state)) scope.assign(statistics[name], next);
    return applied.logits;
  };
  let own: Tensor | null = null;
  return {
    scope, parameters, batch, inputs, logits, masked,
    get batchLogits() { return (own ??= logits(batch.x)); },
    crossEntropy: (values, examples, weights) => softmaxCrossEntropy(masked(values, examples.tasks), examples.y, weights),
  };
}

type TrainSteps = (place: Place, batches: readonly Int32Array[]) => Promise<number>;

function trainStep(run: ContinualRun, hooks: ContinualHooks): TrainSteps {
  if (hooks.train !== undefined) return hooks.train;
  const inputs: StepInputs = { ids: { shape: [-1], dtype: 'int32' }, ...hooks.inputs };
  const step = run.context.engine.compileStep({
    name: 'continual/train', inputs,
    body: (given, scope) => {
      const before = run.readParameters(scope);
      const batch = run.protocol.examples(scope, given['ids']);
      const { value, gradients } = valueAndGradients((parameters) => {
        const losses = run.lossScope(scope, parameters, batch, given);
        return hooks.loss?.(losses) ?? losses.crossEntropy(losses.batchLogits, batch);
      }, before);
      const added = hooks.addedGradients?.(scope, before) ?? {};
      run.update(scope, Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, name in added ? tf.add(gradient, added[name]) : gradient])));
      hooks.afterUpdate?.(scope, { before, gradients });
      return { loss: value };
    },
  });
  return async (place, batches) => {
    const outputs = await step.run(batches.map((ids, i): Record<string, TensorData> => ({ ids, ...hooks.feed?.({ ...place, step: place.step + i, globalStep: place.globalStep + i }, ids) })));
    return outputs.reduce((sum, output) => sum + output.loss[0], 0) / outputs.length;
  };
}

async function parametersAsArtefact(run: ContinualRun, context: TrialContext): Promise<Artefact> {
  const arrays: Record<string, Float32Array> = {};
  for (const [name, variable] of Object.entries({ ...run.parameters, ...run.statistics })) arrays[name] = Float32Array.from(await context.engine.read(variable));
  return { arrays, note: 'parameters after the last task' };
}

const size = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

import { z } from 'zod';
import { softmaxCrossEntropy, valueAndGradients } from '../../../engine/losses.ts';
import { makeOptimiser } from '../../../engine/optimisers.ts';
import type { Tensor } from '../../../engine/tf.ts';
import type { CompiledStep, NamedArrays, ParameterSpec, StepInputs, StepScope, TensorData, Tensors, Variables } from '../../../engine/types.ts';
import { networkPredictor } from '../../continual/shared/predictor.ts';
import type { Artefact, HyperParameters, Method, Outcome, Predictor, TrialContext, TrialEvent } from '../../contract.ts';
import { iidProtocol } from '../contract.ts';
import type { IidProtocolParts, TrainingDefinition, TrainingHooks, TrainingPlace } from '../contract.ts';
import { augment, drawAugmentation } from './augment.ts';

const cursorSchema = z.object({ epoch: z.number(), step: z.number() });

/** Steps between two yields: a fraction of a second of work. */
const STEPS_PER_YIELD = { mlp: 48, cnn: 4 } as const;

/** A training method from its hooks: the driver owns initialisation, order, epochs, batches, optimiser, progress and resuming. */
export function defineTrainingMethod<const S extends z.ZodRawShape>(definition: TrainingDefinition<S>): Method {
  const schema = z.object(definition.fields);
  return {
    id: definition.id, version: definition.version, title: definition.title, summary: definition.summary, family: 'training', paper: definition.paper,
    schema, needs: definition.needs ?? {}, reference: definition.reference,
    fits: (suite) => (suite.family === 'training' ? definition.fits?.(suite) ?? true : `${definition.title} trains one network on one training set; ${suite.id} asks for something else.`),
    run: (context, hyperParameters: HyperParameters) => runTraining(context, definition.hooks(schema.parse(hyperParameters), context), true),
  };
}

/**
 * Trains the suite's network on its training set within its budget. Ends with a predictor and with parameters and batch-norm statistics as
 * artefact. Interrupted at any yield and resumed, the numbers are those of an uninterrupted run: everything that changes is registered
 * state, and every draw comes from a stream named by its place.
 */
export async function* runTraining(context: TrialContext, hooks: TrainingHooks, evaluateEpochs: boolean): AsyncGenerator<TrialEvent, Outcome, void> {
  const protocol = iidProtocol(context);
  const { network, engine, meter, state } = context;
  const start = network.init(context.stream('init'));
  const register = (specs: readonly ParameterSpec[], values: NamedArrays): Variables =>
    Object.fromEntries(specs.map(({ name, shape }) => [name, state.variable(name, { shape, dtype: 'float32' }, () => values[name])]));
  const parameters = register(network.params, start.params);
  const statistics = register(network.state, start.state);
  const train = trainingStep(context, protocol, hooks, parameters, statistics);
  const predictor = networkPredictor(engine, network, parameters, statistics);

  const steps = Math.ceil(protocol.trainRows / protocol.batchSize);
  const total = steps * protocol.epochs;
  const optimiser = hooks.optimiser ?? protocol.optimiser;
  const rate = hooks.schedule?.(optimiser.lr, total) ?? (() => optimiser.lr);
  let { epoch, step } = state.restored === undefined ? { epoch: 0, step: 0 } : cursorSchema.parse(state.restored);
  while (epoch < protocol.epochs) {
    const order = context.stream(`batches/epoch${epoch}`).permutation(protocol.trainRows);
    const measured: Record<string, number> = {};
    while (step < steps) {
      const count = Math.min(STEPS_PER_YIELD[network.spec.kind], steps - step);
      const batches = Array.from({ length: count }, (_, i) => order.subarray((step + i) * protocol.batchSize, (step + i + 1) * protocol.batchSize));
      measured['loss'] = await train({ epoch, step, globalStep: epoch * steps + step }, batches, rate);
      const examples = batches.reduce((sum, rows) => sum + rows.length, 0);
      meter.examples(examples);
      meter.passes({ forward: examples, backward: examples });
      step += count;
      if (step < steps) yield { kind: 'progress', cursor: { epoch, step }, done: epoch * steps + step, total, metrics: { ...measured } };
    }
    if (evaluateEpochs) yield { kind: 'evaluate', stage: epoch, predictor };
    epoch += 1;
    step = 0;
    yield { kind: 'progress', cursor: { epoch, step }, done: epoch * steps, total, metrics: { ...measured } };
  }
  return { predictor, artefact: await networkArtefact(context, { ...parameters, ...statistics }) };
}

type TrainSteps = (place: TrainingPlace, batches: readonly Int32Array[], rate: (step: number) => number) => Promise<number>;

function trainingStep(context: TrialContext, protocol: IidProtocolParts, hooks: TrainingHooks, parameters: Variables, statistics: Variables): TrainSteps {
  const { network, engine } = context;
  const data = protocol.train();
  const optimiser = makeOptimiser(context.state, hooks.optimiser ?? protocol.optimiser, parameters);
  const augmentation = hooks.augment === true ? protocol.augmentation : null;
  const noisy = (network.spec.dropout ?? 0) > 0;
  const read = (scope: StepScope, variables: Variables): Tensors => Object.fromEntries(Object.entries(variables).map(([name, variable]) => [name, scope.read(variable)]));
  const inputs: StepInputs = {
    rows: { shape: [-1], dtype: 'int32' }, lr: { shape: [], dtype: 'float32' },
    ...(augmentation === null ? {} : { window: { shape: [-1, 3], dtype: 'int32' } }),
    ...(noisy ? { key: { shape: [2], dtype: 'int32' } } : {}),
    ...hooks.inputs,
  };
  const step: CompiledStep<StepInputs, 'loss'> = engine.compileStep({
    name: 'training/train', inputs,
    body(given, scope) {
      const examples = (rows: Tensor): { x: Tensor; y: Tensor } => ({ x: scope.gather(data.x, rows), y: scope.gather(data.y, rows) });
      const { rows, lr } = given;
      const batch = examples(rows);
      const x = augmentation === null ? batch.x : augment(batch.x, given['window'], augmentation.pad);
      const before = read(scope, statistics);
      const { value, gradients } = valueAndGradients((values) => {
        const logits = (input: Tensor): Tensor => {
          const applied = network.apply({ params: values, state: before }, input, { mode: 'train', ...(noisy ? { random: { scope, key: given['key'] } } : {}) });
          for (const [name, next] of Object.entries(applied.state)) scope.assign(statistics[name], next);
          return applied.logits;
        };
        return hooks.loss?.({ scope, x, y: batch.y, inputs: given, rows, examples, logits }) ?? softmaxCrossEntropy(logits(x), batch.y);
      }, read(scope, parameters));
      optimiser.update(scope, gradients, lr);
      return { loss: value };
    },
  });
  return async (place, batches, rate) => {
    const feeds = batches.map((rows, i): Record<string, TensorData> => {
      const here = { epoch: place.epoch, step: place.step + i, globalStep: place.globalStep + i };
      return {
        rows, lr: Float32Array.of(rate(here.globalStep)),
        ...(augmentation === null ? {} : { window: drawAugmentation(context.stream(`augmentation/step${here.globalStep}`), rows.length, augmentation) }),
        ...(noisy ? { key: context.stream(`dropout/step${here.globalStep}`).key() } : {}),
        ...hooks.feed?.(here, rows),
      };
    });
    const outputs = await step.run(feeds);
    return outputs.reduce((sum, { loss }) => sum + loss[0], 0) / outputs.length;
  };
}

/** The present values of these variables as an artefact. */
async function networkArtefact(context: TrialContext, variables: Variables): Promise<Artefact> {
  const arrays: NamedArrays = {};
  for (const [name, variable] of Object.entries(variables)) arrays[name] = Float32Array.from(await context.engine.read(variable));
  return { arrays, note: 'parameters and batch-norm statistics after training' };
}

/** A network whose values can be replaced, and its predictor: one recorded step serves every set of parameters. */
export function loadableNetwork(context: TrialContext): { load(values: NamedArrays): void; readonly predictor: Predictor } {
  const { network, engine } = context;
  const make = (specs: readonly ParameterSpec[]): Variables => Object.fromEntries(specs.map(({ name, shape }) => [name, engine.variable(`loaded/${name}`, { shape, dtype: 'float32' })]));
  const parameters = make(network.params);
  const statistics = make(network.state);
  return {
    load(values) {
      for (const [name, variable] of Object.entries({ ...parameters, ...statistics })) {
        if (values[name] === undefined) throw new Error(`The artefact has no "${name}"; it was made for another network.`);
        engine.write(variable, values[name]);
      }
    },
    predictor: networkPredictor(engine, network, parameters, statistics),
  };
}

import { z } from 'zod';
import { softmaxCrossEntropy, valueAndGradients } from '../../../engine/losses.ts';
import { makeOptimiser } from '../../../engine/optimisers/optimisers.ts';
import type { Tensor } from '../../../engine/tf.ts';
import type {
  CompiledStep,
  NamedArrays,
  ParameterSpec,
  StepInputs,
  TensorData,
  Variables,
} from '../../../engine/types.ts';
import type { Method, Outcome, TrialContext, TrialEvent } from '../../contract.ts';
import { defineMethod } from '../../define.ts';
import { augmentationFeed, augmentationInputs, augmented } from '../../shared/augmentation.ts';
import { networkPredictor } from '../../shared/network-predictor.ts';
import { stepsPerYield } from '../../shared/work-sizes.ts';
import { isNoisy } from '../../../engine/networks/specification.ts';
import { artefactOf, readAll } from '../../shared/network-variables.ts';
import type { NetworkVariables } from '../../shared/network-variables.ts';
import { iidProtocol } from '../contract.ts';
import type { IidProtocolParts, TrainingDefinition, TrainingHooks, TrainingPlace } from '../contract.ts';

const cursorSchema = z.object({ epoch: z.number(), step: z.number() });

/** Raised whenever the same method may give other numbers under this driver. */
export const TRAINING_DRIVER = 1;

/**
 * A training method from its hooks: the driver owns initialisation, order, epochs, batches, optimiser, progress and
 * resuming.
 */
export function defineTrainingMethod<const S extends z.ZodRawShape>(definition: TrainingDefinition<S>): Method {
  return defineMethod(definition, {
    family: 'training',
    protocol: 'rows',
    driver: TRAINING_DRIVER,
    run: (context, values) => runTraining(context, definition.hooks(values, context), true),
  });
}

/**
 * Trains the suite's network on its training set within its budget. Ends with a predictor and with parameters and
 * batch-norm statistics as artefact. Interrupted at any yield and resumed, the numbers are those of an uninterrupted
 * run: everything that changes is registered state, and every draw comes from a stream named by its place.
 */
export async function* runTraining(
  context: TrialContext,
  hooks: TrainingHooks,
  evaluateEpochs: boolean,
): AsyncGenerator<TrialEvent, Outcome, void> {
  const protocol = iidProtocol(context);
  const { network, engine, meter, state } = context;
  const start = network.init(context.stream('init'));
  const register = (specs: readonly ParameterSpec[], values: NamedArrays): Variables =>
    Object.fromEntries(
      specs.map(({ name, shape }) => [
        name,
        state.variable(name, { shape, dtype: 'float32' }, () => values[name], 'model'),
      ]),
    );
  const variables = {
    parameters: register(network.params, start.params),
    statistics: register(network.state, start.state),
  };
  const train = trainingStep(context, protocol, hooks, variables);
  const predictor = networkPredictor(engine, network, variables);

  const steps = Math.ceil(protocol.trainRows / protocol.batchSize);
  const total = protocol.steps ?? steps * protocol.epochs;
  const chunk = stepsPerYield(network, protocol.batchSize, engine.backend);
  const optimiser = hooks.optimiser ?? protocol.optimiser;
  const rate = hooks.schedule?.(optimiser.lr, total) ?? (() => optimiser.lr);
  let { epoch, step } = state.restored === undefined ? { epoch: 0, step: 0 } : cursorSchema.parse(state.restored);
  const progress = (metrics: Readonly<Record<string, number>>): TrialEvent => ({
    kind: 'progress',
    cursor: { epoch, step },
    done: epoch * steps + step,
    total,
    epochs: epoch + step / steps,
    metrics,
  });
  while (epoch * steps < total) {
    const here = Math.min(steps, total - epoch * steps);
    const order = context.stream(`batches/epoch${epoch}`).permutation(protocol.trainRows);
    while (step < here) {
      const count = Math.min(chunk, here - step);
      const batches = Array.from({ length: count }, (_, i) =>
        order.subarray((step + i) * protocol.batchSize, (step + i + 1) * protocol.batchSize),
      );
      const loss = await train({ epoch, step, globalStep: epoch * steps + step }, batches, rate);
      const examples = batches.reduce((sum, rows) => sum + rows.length, 0);
      meter.examples(examples);
      meter.passes({ forward: examples, backward: examples });
      step += count;
      yield progress({ loss });
    }
    if (evaluateEpochs) yield { kind: 'evaluate', stage: epoch, predictor };
    if (hooks.endEpoch !== undefined) {
      const end = { epoch: epoch + 1, step: epoch * steps + step, steps: total, variables, predictor };
      for (const { curve, y, axis = 'step' } of await hooks.endEpoch(end))
        yield { kind: 'measure', curve, axis, x: axis === 'step' ? end.step : end.epoch, y };
    }
    epoch += 1;
    step = 0;
    if (evaluateEpochs || hooks.endEpoch !== undefined) yield progress({});
  }
  return {
    predictor,
    artefact: await artefactOf(
      engine,
      { ...variables.parameters, ...variables.statistics },
      'parameters and batch-norm statistics after training',
    ),
  };
}

type TrainSteps = (
  place: TrainingPlace,
  batches: readonly Int32Array[],
  rate: (step: number) => number,
) => Promise<number>;

function trainingStep(
  context: TrialContext,
  protocol: IidProtocolParts,
  hooks: TrainingHooks,
  { parameters, statistics }: Pick<NetworkVariables, 'parameters' | 'statistics'>,
): TrainSteps {
  const { network, engine, stream } = context;
  const data = protocol.train();
  const optimiser = makeOptimiser(
    { variable: (name, spec, initial) => context.state.variable(name, spec, initial, 'optimiser') },
    hooks.optimiser ?? protocol.optimiser,
    parameters,
  );
  const augmentation = hooks.augment === true ? protocol.augmentation : null;
  const noisy = isNoisy(network.spec);
  const inputs: StepInputs = {
    rows: { shape: [-1], dtype: 'int32' },
    lr: { shape: [], dtype: 'float32' },
    ...augmentationInputs(augmentation),
    ...(noisy ? { key: { shape: [2], dtype: 'int32' } } : {}),
    ...hooks.inputs,
  };
  const step: CompiledStep<StepInputs, 'loss'> = engine.compileStep({
    name: 'training/train',
    inputs,
    body(given, scope) {
      const examples = (rows: Tensor): { x: Tensor; y: Tensor } => ({
        x: scope.gather(data.x, rows),
        y: scope.gather(data.y, rows),
      });
      const { rows, lr } = given;
      const batch = examples(rows);
      const x = augmented(scope, batch.x, data.x.shape.slice(1), augmentation, given, 0);
      const before = readAll(scope, statistics);
      const { value, gradients } = valueAndGradients(
        (values) => {
          const logits = (input: Tensor): Tensor => {
            const applied = network.apply({ params: values, state: before }, input, {
              mode: 'train',
              ...(noisy ? { random: { scope, key: given['key'] } } : {}),
            });
            for (const [name, next] of Object.entries(applied.state)) scope.assign(statistics[name], next);
            return applied.logits;
          };
          return (
            hooks.loss?.({ scope, x, y: batch.y, inputs: given, rows, examples, logits }) ??
            softmaxCrossEntropy(logits(x), batch.y)
          );
        },
        readAll(scope, parameters),
      );
      optimiser.update(scope, gradients, lr);
      return { loss: value };
    },
  });
  return async (place, batches, rate) => {
    const feeds = batches.map((rows, i): Record<string, TensorData> => {
      const here = { epoch: place.epoch, step: place.step + i, globalStep: place.globalStep + i };
      return {
        rows,
        lr: Float32Array.of(rate(here.globalStep)),
        ...augmentationFeed(augmentation, stream, here.globalStep),
        ...(noisy ? { key: stream(`dropout/step${here.globalStep}`).key() } : {}),
        ...hooks.feed?.(here, rows),
      };
    });
    const outputs = await step.run(feeds);
    return outputs.reduce((sum, { loss }) => sum + loss[0], 0) / outputs.length;
  };
}

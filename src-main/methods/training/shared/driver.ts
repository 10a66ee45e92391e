import { z } from 'zod';
import { buildNetwork } from '../../../engine/networks/networks.ts';
import type { Network } from '../../../engine/networks/specification.ts';
import type { NamedArrays, ParameterSpec, Variables } from '../../../engine/types.ts';
import type { Method, Outcome, TrialContext, TrialEvent } from '../../contract.ts';
import { defineMethod } from '../../define.ts';
import { networkPredictor } from '../../shared/network-predictor.ts';
import { modelOf } from '../../shared/network-variables.ts';
import { stepsPerYield } from '../../shared/work-sizes.ts';
import { iidProtocol, stepsOf } from '../contract.ts';
import type { TrainedNetwork, TrainingDefinition, TrainingHooks } from '../contract.ts';
import { trainingStep } from './step.ts';

const cursorSchema = z.object({ epoch: z.number(), step: z.number() });

/** Raised whenever the same method may give other numbers under this driver. */
export const TRAINING_DRIVER = 1;

/**
 * A training method from its hooks: the driver owns initialisation, order, epochs, batches, optimiser, progress and
 * resuming.
 */
export function defineTrainingMethod<const S extends z.ZodRawShape>(definition: TrainingDefinition<S>): Method {
  return defineMethod(definition, {
    family: definition.family ?? 'training',
    protocol: 'rows',
    driver: TRAINING_DRIVER,
    run: (context, values) => runTraining(context, definition.hooks(values, context), true),
  });
}

/**
 * Trains the suite's network, or the one that the method makes of it, on the suite's training set within its budget.
 * Ends with a predictor and with parameters and batch-norm statistics as its artefact `model`. Interrupted at any yield
 * and resumed, the numbers are those of an uninterrupted run: everything that changes is registered state, and every
 * draw comes from a stream named by its place.
 */
export async function* runTraining(
  context: TrialContext,
  hooks: TrainingHooks,
  evaluateEpochs: boolean,
): AsyncGenerator<TrialEvent, Outcome, void> {
  const protocol = iidProtocol(context);
  const { engine, meter, state } = context;
  const network = hooks.network === undefined ? context.network : buildNetwork(hooks.network);
  const variables = registered(context, network);
  const trained = { network, variables };
  const train = trainingStep(context, protocol, hooks, trained);
  const predictor = hooks.predictor?.(trained) ?? networkPredictor(engine, network, variables);

  const steps = Math.ceil(protocol.trainRows / protocol.batchSize);
  const total = stepsOf(protocol);
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
      const done = epoch * steps + step;
      const stop = hooks.between?.steps.find((place) => place > done) ?? total;
      const count = Math.min(chunk, here - step, stop - done);
      const batches = Array.from({ length: count }, (_, i) =>
        order.subarray((step + i) * protocol.batchSize, (step + i + 1) * protocol.batchSize),
      );
      const loss = await train({ epoch, step, globalStep: done }, batches, rate);
      const examples = batches.reduce((sum, rows) => sum + rows.length, 0);
      meter.examples(examples);
      const { forward, backward } = hooks.passes ?? { forward: 1, backward: 1 };
      meter.passes({ forward: examples * forward, backward: examples * backward });
      step += count;
      if (hooks.between?.steps.includes(done + count) === true) await hooks.between.act(done + count, trained);
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
  const ended = (await hooks.end?.(trained)) ?? {};
  return {
    ...ended,
    predictor,
    artefacts: {
      ...ended.artefacts,
      model: await modelOf(engine, network, variables, 'parameters and batch-norm statistics after training'),
    },
  };
}

/** The network's tensors as registered variables, which a resumed trial finds filled. */
function registered({ state, stream }: TrialContext, network: Network): TrainedNetwork['variables'] {
  const start = network.init(stream('init'));
  const register = (specs: readonly ParameterSpec[], values: NamedArrays): Variables =>
    Object.fromEntries(
      specs.map(({ name, shape }) => [
        name,
        state.variable(name, { shape, dtype: 'float32' }, () => values[name], 'model'),
      ]),
    );
  return { parameters: register(network.params, start.params), statistics: register(network.state, start.state) };
}

import { z } from 'zod';
import type { Network } from '../../../engine/networks/specification.ts';
import type { Method, Outcome, TrialContext, TrialEvent } from '../../contract.ts';
import { defineMethod } from '../../define.ts';
import { openModel } from '../../shared/artefacts.ts';
import { networkPredictor } from '../../shared/network-predictor.ts';
import { modelOf } from '../../shared/network-variables.ts';
import { runPhase, stepsOf, stepsPerEpoch } from '../../shared/phases.ts';
import type { PhasePlace } from '../../shared/phases.ts';
import { costOf, SUITES_NETWORK } from '../../shared/trainables.ts';
import { stepsPerYield } from '../../shared/work-sizes.ts';
import { iidProtocol, phaseSizes } from '../contract.ts';
import type { TrainingDefinition, TrainingHooks } from '../contract.ts';
import { startedFrom, startRequests } from './start.ts';
import { trainingStep } from './step.ts';
import { inTargetUnits } from './target.ts';

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
    trials: startRequests,
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
  const from = hooks.startsFrom ?? (protocol.hasStart === true && hooks.models === undefined ? 'start' : null);
  const given = from === null ? {} : typeof from === 'string' ? (await openModel(context, from)).arrays : from;
  const variables =
    hooks.models?.[0] ??
    context.models.open(SUITES_NETWORK, hooks.network, (made) => startedFrom(made.init(context.stream('init')), given));
  const { network } = variables;
  const trained = { network, variables };
  const train = trainingStep(context, protocol, hooks, trained);
  const predictor = hooks.predictor?.(trained) ?? inTargetUnits(protocol, networkPredictor(engine, network, variables));

  const { rows } = hooks;
  const sizes = rows === undefined ? phaseSizes(protocol) : { ...phaseSizes(protocol), examples: rows.length };
  const [steps, total] = [stepsPerEpoch(sizes), stepsOf(sizes)];
  const optimiser = hooks.optimiser ?? protocol.optimiser;
  const schedule = hooks.schedule ?? (hooks.optimiser === undefined ? protocol.schedule : undefined);
  const rate = schedule?.(optimiser.lr, total) ?? (() => optimiser.lr);
  const { between, passes = { forward: 1, backward: 1 } } = hooks;
  const endEpoch = async function* ({ epoch, step }: PhasePlace): AsyncGenerator<TrialEvent, void, void> {
    if (evaluateEpochs) yield { kind: 'evaluate', stage: epoch, predictor };
    const end = { epoch: epoch + 1, step: epoch * steps + step, steps: total, variables, predictor };
    for (const { curve, y, axis = 'step' } of (await hooks.endEpoch?.(end)) ?? [])
      yield { kind: 'measure', curve, axis, x: axis === 'step' ? end.step : end.epoch, y };
  };
  yield* runPhase(
    {
      ...sizes,
      chunk: stepsPerYield(costOf(hooks.models ?? [variables]), protocol.batchSize, engine.backend),
      order(epoch) {
        const order = context.stream(`batches/epoch${epoch}`).permutation(sizes.examples);
        return rows === undefined ? order : order.map((at) => rows[at]);
      },
      train: ({ epoch, step }, batches) => train({ epoch, step, globalStep: epoch * steps + step }, batches, rate),
      spent: (examples) => {
        meter.examples(examples);
        meter.passes({ forward: examples * passes.forward, backward: examples * passes.backward });
      },
      progress: ({ epoch, step }, metrics) => ({
        kind: 'progress',
        cursor: { epoch, step },
        done: epoch * steps + step,
        total,
        epochs: epoch + step / steps,
        metrics,
      }),
      ...(between && { between: { steps: between.steps, act: (step: number) => between.act(step, trained) } }),
      endEpoch,
      yieldsAtEpochs: evaluateEpochs || hooks.endEpoch !== undefined,
    },
    state.restored === undefined ? { epoch: 0, step: 0 } : cursorSchema.parse(state.restored),
  );
  const ended = (await hooks.end?.(trained)) ?? {};
  return {
    ...ended,
    scalars: { ...trainedCount(hooks, network), ...ended.scalars },
    predictor,
    artefacts: {
      ...ended.artefacts,
      ...(hooks.models === undefined
        ? { model: await modelOf(engine, network, variables, 'parameters and batch-norm statistics after training') }
        : {}),
    },
  };
}

/** How many parameters were trained, where some were not. */
function trainedCount({ trains }: TrainingHooks, { params }: Network): Readonly<Record<string, number>> {
  if (trains === undefined) return {};
  const sizes = params.filter(({ name }) => trains(name)).map(({ shape }) => shape.reduce((a, b) => a * b, 1));
  return { 'parameters.trained': sizes.reduce((a, b) => a + b, 0) };
}

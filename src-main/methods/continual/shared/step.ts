import { valueAndGradients, valueAndSomeGradients } from '../../../engine/losses.ts';
import { tf, type Scalar, type Tensor } from '../../../engine/tf.ts';
import type { StepInputs, StepScope, TensorData, Tensors } from '../../../engine/types.ts';
import type { Trainable } from '../../models.ts';
import type { ExampleBatch, LayerTaps, LossScope, PassOptions, Phase, Place } from '../contract.ts';
import { keyOf, partOf } from '../../shared/trainables.ts';
import type { DrivenRun } from './run.ts';

/** A compiled step. */
export interface TrainSteps {
  /** Trains on these batches, one step each, the first at this place; `rates`: of each. Answers their mean loss. */
  run(place: Place, batches: readonly Int32Array[], rates: readonly number[] | null): Promise<number>;
  dispose(): void;
}

/** The step of a phase: gradient of its loss, what its hooks do with it, update of what it trains. */
export function trainStep(run: DrivenRun, phase: Phase): TrainSteps {
  const { train } = phase;
  if (train !== undefined) {
    run.optimisers.prepare(run.model);
    return { run: (place, batches) => train(place, batches), dispose: () => undefined };
  }
  const trains = phase.trains ?? [run.model];
  const own = phase.optimiser === undefined ? undefined : { name: phase.name, spec: phase.optimiser };
  // What a method chose to train need not all be used in every step, such as a second head.
  const differentiated = phase.trains === undefined ? valueAndGradients : valueAndSomeGradients;
  for (const trained of trains) run.optimisers.prepare(trained, { own });
  const inputs: StepInputs = {
    ids: { shape: [-1], dtype: 'int32' },
    ...(phase.rate === undefined ? {} : { rate: { shape: [], dtype: 'float32' } }),
    ...run.training.inputs,
    ...phase.inputs,
  };
  const step = run.context.engine.compileStep({
    name: 'continual/train',
    // A phase with models of its own is over soon: large graphs would take longer to get ready than they save.
    ...(phase.trains === undefined ? {} : { stepsPerCall: 4 }),
    inputs,
    body: (given, scope) => {
      const before = readTogether(scope, trains);
      const batch = run.training.examples(scope, given, given['ids'], 0);
      const known = { ...given, ...lookedAhead(run, phase, scope, before, batch, given) };
      const taps = keptTaps(phase.transformGradients !== undefined || phase.afterUpdate !== undefined);
      const { value, gradients } = differentiated((parameters) => {
        const losses = run.lossScope(scope, parameters, batch, known, { trains, ...taps.options });
        return phase.loss?.(losses) ?? losses.crossEntropy(losses.batchLogits, batch);
      }, before);
      const total = sum(gradients, phase.addedGradients?.(scope, before) ?? {});
      const used = phase.transformGradients?.(scope, total, taps.taps) ?? total;
      for (const trained of trains)
        run.optimisers.update(scope, trained, partOf(used, trained), { own, rate: given['rate'] });
      phase.afterUpdate?.(scope, { before, gradients, taps: taps.taps });
      taps.dispose();
      return { loss: value };
    },
  });
  return {
    run: async (place, batches, rates) => {
      const outputs = await step.run(
        batches.map((ids, i): Record<string, TensorData> => {
          const here = { ...place, step: place.step + i, globalStep: place.globalStep + i };
          return {
            ids,
            ...(rates === null ? {} : { rate: Float32Array.of(rates[i]) }),
            ...run.training.feed(here.globalStep),
            ...phase.feed?.(here, ids),
          };
        }),
      );
      return outputs.reduce((total, output) => total + output.loss[0], 0) / outputs.length;
    },
    dispose: () => step.dispose(),
  };
}

/** Inside a step: the present tensors of all that is trained. */
const readTogether = (scope: StepScope, trains: readonly Trainable[]): Tensors =>
  Object.fromEntries(
    trains.flatMap((trained) =>
      Object.entries(trained.parameters).map(([name, variable]) => [keyOf(trained, name), scope.read(variable)]),
    ),
  );

function lookedAhead(
  run: DrivenRun,
  phase: Phase,
  scope: StepScope,
  before: Tensors,
  batch: ExampleBatch,
  given: Readonly<Record<string, Tensor>>,
): Readonly<Record<string, Tensor>> {
  if (phase.lookahead === undefined) return {};
  const trial = (at: Tensors): LossScope =>
    run.lossScope(scope, at, batch, given, { trains: phase.trains ?? [run.model], isTrial: true });
  const gradients = (of: (losses: LossScope) => Scalar): Tensors =>
    valueAndGradients((parameters) => of(trial(parameters)), before).gradients;
  return phase.lookahead(Object.assign(trial(before), { gradients }));
}

/** What layers were given and answered: kept until the step is over, when the other tensors of the pass are gone. */
function keptTaps(wanted: boolean): { readonly taps: LayerTaps; readonly options: PassOptions; dispose(): void } {
  const taps: Record<string, { input: Tensor; output: Tensor }> = {};
  const kept = (tensor: Tensor): Tensor => tf.keep(tf.clone(tensor));
  return {
    taps,
    options: wanted
      ? {
          tap: (layer, input, output) => {
            taps[layer] = { input: kept(input), output: kept(output) };
          },
        }
      : {},
    dispose: () => {
      for (const { input, output } of Object.values(taps)) tf.dispose([input, output]);
    },
  };
}

const sum = (gradients: Tensors, added: Tensors): Tensors =>
  Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => [
      name,
      name in added ? tf.add(gradient, added[name]) : gradient,
    ]),
  );

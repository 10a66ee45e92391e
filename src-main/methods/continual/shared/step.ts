import { valueAndGradients } from '../../../engine/losses.ts';
import { tf, type Scalar, type Tensor } from '../../../engine/tf.ts';
import type { StepInputs, StepScope, TensorData, Tensors } from '../../../engine/types.ts';
import type {
  ContinualHooks,
  ContinualRun,
  ExampleBatch,
  LayerTaps,
  LossScope,
  PassOptions,
  Place,
} from '../contract.ts';

/** Trains on these batches, one step each; answers their mean loss. */
export type TrainSteps = (place: Place, batches: readonly Int32Array[]) => Promise<number>;

/** The compiled step of a method's hooks: gradient of its loss, what the hooks do with it, update. */
export function trainStep(run: ContinualRun, hooks: ContinualHooks): TrainSteps {
  if (hooks.train !== undefined) return hooks.train;
  const inputs: StepInputs = { ids: { shape: [-1], dtype: 'int32' }, ...run.training.inputs, ...hooks.inputs };
  const step = run.context.engine.compileStep({
    name: 'continual/train',
    inputs,
    body: (given, scope) => {
      const before = run.readParameters(scope);
      const batch = run.training.examples(scope, given, given['ids'], 0);
      const known = { ...given, ...lookedAhead(run, hooks, scope, before, batch, given) };
      const taps = keptTaps(hooks.transformGradients !== undefined || hooks.afterUpdate !== undefined);
      const { value, gradients } = valueAndGradients((parameters) => {
        const losses = run.lossScope(scope, parameters, batch, known, taps.options);
        return hooks.loss?.(losses) ?? losses.crossEntropy(losses.batchLogits, batch);
      }, before);
      const total = sum(gradients, hooks.addedGradients?.(scope, before) ?? {});
      run.update(scope, hooks.transformGradients?.(scope, total, taps.taps) ?? total);
      hooks.afterUpdate?.(scope, { before, gradients, taps: taps.taps });
      taps.dispose();
      return { loss: value };
    },
  });
  return async (place, batches) => {
    const outputs = await step.run(
      batches.map((ids, i): Record<string, TensorData> => {
        const here = { ...place, step: place.step + i, globalStep: place.globalStep + i };
        return { ids, ...run.training.feed(here.globalStep), ...hooks.feed?.(here, ids) };
      }),
    );
    return outputs.reduce((total, output) => total + output.loss[0], 0) / outputs.length;
  };
}

function lookedAhead(
  run: ContinualRun,
  hooks: ContinualHooks,
  scope: StepScope,
  before: Tensors,
  batch: ExampleBatch,
  given: Readonly<Record<string, Tensor>>,
): Readonly<Record<string, Tensor>> {
  if (hooks.lookahead === undefined) return {};
  const trial = (at: Tensors): LossScope => run.lossScope(scope, at, batch, given, { isTrial: true });
  const gradients = (of: (losses: LossScope) => Scalar): Tensors =>
    valueAndGradients((parameters) => of(trial(parameters)), before).gradients;
  return hooks.lookahead(Object.assign(trial(before), { gradients }));
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

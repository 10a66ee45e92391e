import { valueAndGradients } from '../../../engine/losses.ts';
import { isNoisy } from '../../../engine/networks/specification.ts';
import { makeOptimiser } from '../../../engine/optimisers/optimisers.ts';
import type { Tensor } from '../../../engine/tf.ts';
import type { CompiledStep, StepInputs, StepScope, TensorData, Tensors, Variables } from '../../../engine/types.ts';
import type { TrialContext } from '../../contract.ts';
import type { Model } from '../../models.ts';
import { augmentationFeed, augmentationInputs, augmented } from '../../shared/augmentation.ts';
import { readAll } from '../../shared/network-variables.ts';
import { keyOf, partOf } from '../../shared/trainables.ts';
import { supervisedLoss } from './target.ts';
import type { IidProtocolParts, TrainedNetwork, TrainingHooks, TrainingPlace } from '../contract.ts';

/** Trains on these batches, one step each, from that place on; answers their mean loss. */
export type TrainSteps = (
  place: TrainingPlace,
  batches: readonly Int32Array[],
  rate: (step: number) => number,
) => Promise<number>;

/** The compiled step of a method's hooks: gradient of its loss, what the hooks do with it, update. */
export function trainingStep(
  context: TrialContext,
  protocol: IidProtocolParts,
  hooks: TrainingHooks,
  trained: TrainedNetwork,
): TrainSteps {
  const { engine, stream } = context;
  const {
    network,
    variables: { parameters: all, statistics },
  } = trained;
  const data = protocol.train();
  const isTrained = ([name]: readonly [string, unknown]): boolean => hooks.trains?.(name) ?? true;
  const own = hooks.models ?? [];
  const parameters: Variables =
    hooks.models === undefined
      ? Object.fromEntries(Object.entries(all).filter(isTrained))
      : Object.fromEntries(
          own.flatMap((model) => Object.entries(model.parameters).map(([name, of]) => [keyOf(model, name), of])),
        );
  const frozen = Object.fromEntries(Object.entries(all).filter((entry) => !isTrained(entry)));
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
      const state = readAll(scope, statistics);
      const still = readAll(scope, frozen);
      const before = readAll(scope, parameters);
      const { value, gradients } = valueAndGradients((values) => {
        const logits = (input: Tensor): Tensor => {
          const passed = network.apply({ params: { ...values, ...still }, state }, input, {
            mode: 'train',
            ...(noisy ? { random: { scope, key: given['key'] } } : {}),
          });
          for (const [name, next] of Object.entries(passed.state)) scope.assign(statistics[name], next);
          return passed.logits;
        };
        const apply = (model: Model, input: Tensor): Tensor => applied(scope, model, values, input);
        return (
          hooks.loss?.({ scope, x, y: batch.y, inputs: given, rows, examples, logits, apply, parameters: values }) ??
          supervisedLoss(protocol, logits(x), batch.y)
        );
      }, before);
      optimiser.update(scope, hooks.transformGradients?.(scope, gradients, before) ?? gradients, lr);
      hooks.afterUpdate?.(scope, { before, gradients, inputs: given, trained });
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

/** Logits of one of several trained models; its statistics move. */
function applied(scope: StepScope, model: Model, values: Tensors, x: Tensor): Tensor {
  const passed = model.network.apply({ params: partOf(values, model), state: readAll(scope, model.statistics) }, x, {
    mode: 'train',
  });
  for (const [name, next] of Object.entries(passed.state)) scope.assign(model.statistics[name], next);
  return passed.logits;
}

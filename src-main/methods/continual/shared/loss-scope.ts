import { softmaxCrossEntropy } from '../../../engine/losses.ts';
import { tf, type Tensor } from '../../../engine/tf.ts';
import type { ApplyOptions, StepScope, Tensors, Variable } from '../../../engine/types.ts';
import type { Model, Trainable } from '../../models.ts';
import { readAll } from '../../shared/network-variables.ts';
import { partOf } from '../../shared/trainables.ts';
import type {
  ContinualHooks,
  ExampleBatch,
  Gates,
  LossScope,
  Passed,
  PassOptions,
  TrainingExamples,
} from '../contract.ts';

export interface LossSurroundings {
  /** Opened when a step first needs it. */
  suitesModel(): Model;
  readonly training: TrainingExamples;
  readonly mask: Variable;
  readonly options: PassOptions;
  /** The method's gates; see `ContinualHooks`. */
  readonly gates: ContinualHooks['gates'];
}

/** The loss scope of one batch, where `parameters` are those of all that is trained. */
export function makeLossScope(
  { suitesModel, training, mask, options, gates }: LossSurroundings,
  scope: StepScope,
  parameters: Tensors,
  batch: ExampleBatch,
  inputs: Readonly<Record<string, Tensor>>,
): LossScope {
  const trains: readonly Trainable[] = options.trains ?? [suitesModel()];
  const isTrained = ({ name }: Trainable): boolean => trains.some((trained) => trained.name === name);
  const statistics = new Map<string, Tensors>();
  /** Batch-norm statistics as they were when the scope first looked: two passes of a step see the same. */
  const statisticsOf = (model: Model): Tensors => {
    const known = statistics.get(model.name) ?? readAll(scope, model.statistics);
    statistics.set(model.name, known);
    return known;
  };
  const applied = (
    model: Model,
    x: Tensor,
    details: Omit<ApplyOptions, 'mode'>,
    given?: Tensors,
    head?: string,
  ): Passed => {
    const trained = isTrained(model);
    const params = given ?? (trained ? partOf(parameters, model) : readAll(scope, model.parameters));
    const pass = model.network.apply(
      { params, state: statisticsOf(model) },
      x,
      { mode: trained ? 'train' : 'eval', ...details },
      head,
    );
    if (trained && given === undefined && options.isTrial !== true)
      for (const [name, next] of Object.entries(pass.state)) scope.assign(model.statistics[name], next);
    return pass;
  };
  /** The suite's network; with other values than those in training it is applied in the same mode. */
  const own = (x: Tensor, given: Tensors | undefined, tap?: PassOptions['tap']): Passed =>
    applied(
      suitesModel(),
      x,
      {
        ...(tap === undefined ? {} : { tap: told(tap) }),
        ...(gates === undefined ? {} : { gate: gateOf(gates(scope, tasksOf(x))) }),
      },
      given === parameters ? undefined : given,
    );
  const tasksOf = (x: Tensor): Tensor => {
    if (x === batch.x) return batch.tasks;
    throw new Error('A method with gates passes other examples than the batch by `apply`, with the gates of each.');
  };
  const masked = (logits: Tensor, tasks: Tensor): Tensor => tf.add(logits, scope.gather(mask, tasks));
  let known: Passed | null = null;
  const ofBatch = (): Passed => (known ??= own(batch.x, undefined, options.tap));
  return {
    scope,
    parameters,
    batch,
    inputs,
    logits: (x, given) => own(x, given).logits,
    features: (x, given) => own(x, given).features,
    apply: (model, x, { head, ...details } = {}) => applied(model, x, details, undefined, head),
    tensors: (of) => (isTrained(of) ? partOf(parameters, of) : readAll(scope, of.parameters)),
    masked,
    get batchLogits() {
      return ofBatch().logits;
    },
    get batchFeatures() {
      return ofBatch().features;
    },
    examples: (ids, use) => training.examples(scope, inputs, ids, use),
    crossEntropy: (values, examples, weights) =>
      softmaxCrossEntropy(masked(values, examples.tasks), examples.y, weights),
  };
}

const told =
  (tap: NonNullable<PassOptions['tap']>): NonNullable<ApplyOptions['tap']> =>
  (layer, input, output) => {
    tap(layer, input, output);
    return output;
  };

/** Multiplies what hidden layers hand on; images by a factor for each channel. */
export const gateOf =
  (gates: Gates): NonNullable<ApplyOptions['gate']> =>
  (layer, activation) => {
    const gate = gates[layer];
    if (gate === undefined) return activation;
    const [examples, units] = [gate.rank === 1 ? 1 : gate.shape[0], gate.shape[gate.rank - 1]];
    return tf.mul(activation, tf.reshape(gate, [examples, ...activation.shape.slice(1, -1).fill(1), units]));
  };

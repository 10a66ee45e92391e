import type { NetworkSpec } from '../../../engine/networks/specification.ts';
import type { CompiledStep, OptimiserSpec, Variable } from '../../../engine/types.ts';
import type { StateRole, TrialContext } from '../../contract.ts';
import type { Model, Trainable } from '../../models.ts';
import { augmentationFeed, augmentationInputs, augmented } from '../../shared/augmentation.ts';
import { evaluated, joined } from '../../shared/network-predictor.ts';
import { readAll } from '../../shared/network-variables.ts';
import { rowsPerEvaluation } from '../../shared/work-sizes.ts';
import {
  ContinualProtocol,
  type ContinualHooks,
  type ContinualRun,
  type SteppingValues,
  type TrainingExamples,
} from '../contract.ts';
import { SUITES_NETWORK } from '../../shared/trainables.ts';
import { makeLossScope } from './loss-scope.ts';
import { optimiserFor, trialOptimisers } from './optimisers.ts';
import type { Optimisers } from './optimisers.ts';

/** A run with what only the driver uses of it. */
export interface DrivenRun extends ContinualRun {
  readonly optimisers: Optimisers;
  /** The method's gates, which are known once its hooks are. */
  setGates(gates: ContinualHooks['gates']): void;
}

/** What a method has in place of the suite's. */
export interface ChangedBudget {
  readonly network?: NetworkSpec | undefined;
  optimiser?(chosen: OptimiserSpec): OptimiserSpec;
}

/**
 * What a method's hooks are built from. Networks and optimisers are registered: checkpoints carry them, and a resumed
 * trial finds them filled.
 *
 * @throws Error when the trial's suite is not one of tasks in a row.
 */
export function prepareRun(context: TrialContext, values: SteppingValues, changed: ChangedBudget = {}): DrivenRun {
  const { network, state, engine, protocol, models } = context;
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
  const model = (): Model => models.open(SUITES_NETWORK, changed.network, (made) => made.init(context.stream('init')));
  const chosen = optimiserFor(protocol.optimiser, values);
  const optimisers = trialOptimisers(engine, state, changed.optimiser?.(chosen) ?? chosen);
  const mask = engine.variable('output-mask', { shape: [protocol.tasks.length, protocol.outputs], dtype: 'float32' });
  const training = trainingExamples(context, protocol);
  let gates: ContinualHooks['gates'];
  return {
    context,
    protocol,
    models,
    get model() {
      return model();
    },
    get parameters() {
      return model().parameters;
    },
    get statistics() {
      return model().statistics;
    },
    optimiserSpec: optimisers.spec,
    optimisers,
    mask,
    variable,
    training,
    setGates: (given) => {
      gates = given;
    },
    update: (scope, gradients) => optimisers.update(scope, model(), gradients),
    resetOptimiser: (of) => optimisers.reset(of ?? model()),
    trainable: (name, tensors, rate): Trainable => ({
      name,
      parameters: Object.fromEntries(
        Object.entries(tensors).map(([tensor, { shape, initial }]): [string, Variable] => [
          tensor,
          ofModel(`trained/${name}/${tensor}`, { shape, dtype: 'float32' }, initial),
        ]),
      ),
      ...(rate === undefined ? {} : { rate }),
    }),
    stream: (name) => context.stream(name),
    perParameter: (name) =>
      Object.fromEntries(
        network.params.map((p): [string, Variable] => [
          p.name,
          variable(`${name}/${p.name}`, { shape: p.shape, dtype: 'float32' }),
        ]),
      ),
    readParameters: (scope) => readAll(scope, model().parameters),
    features: trainingFeatures(context, protocol, model),
    lossScope: (scope, current, batch, inputs, options = {}) =>
      makeLossScope({ suitesModel: model, training, mask, options, gates }, scope, current, batch, inputs),
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
  { engine, meter }: TrialContext,
  protocol: ContinualProtocol,
  model: () => Model,
): ContinualRun['features'] {
  const compiled = (of: Model): CompiledStep<{ readonly ids: { shape: [-1]; dtype: 'int32' } }, 'features'> =>
    engine.compileStep({
      name: 'continual/features',
      inputs: { ids: { shape: [-1], dtype: 'int32' } },
      body: ({ ids }, scope) => ({
        features: evaluated(scope, of.network, of, protocol.examples(scope, ids).x).features,
      }),
    });
  let now: { readonly of: Model; readonly step: ReturnType<typeof compiled> } | null = null;
  return async (ids) => {
    const of = model();
    if (now?.of !== of) now = { of, step: compiled(of) };
    const most = rowsPerEvaluation(of.network);
    const parts = await now.step.run(
      Array.from({ length: Math.ceil(ids.length / most) }, (_, i) => ({ ids: ids.slice(i * most, (i + 1) * most) })),
    );
    meter.passes({ forward: ids.length });
    return joined(parts.map(({ features }) => features));
  };
}

const size = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

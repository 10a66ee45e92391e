import { makeOptimiser } from '../../../engine/optimisers/optimisers.ts';
import { tf, type Tensor } from '../../../engine/tf.ts';
import type { Engine, Optimiser, OptimiserSpec, StepScope, Tensors, Variables } from '../../../engine/types.ts';
import type { TrialState } from '../../contract.ts';
import { slotsOf } from '../../models.ts';
import type { Trainable } from '../../models.ts';
import type { SteppingValues } from '../contract.ts';

/** The optimiser that hyper-parameters and suite agree on. */
export function optimiserFor(suite: OptimiserSpec, values: SteppingValues): OptimiserSpec {
  const base: OptimiserSpec =
    values.optimiser === 'suite' || values.optimiser === suite.kind ? suite : { kind: values.optimiser, lr: suite.lr };
  return values.learningRate === 0 ? base : { ...base, lr: values.learningRate };
}

/** How a phase updates what it trains. */
export interface UpdateOptions {
  /** An optimiser of the phase's own, with slots under its name; the trial's unless told. */
  readonly own?: { readonly name: string; readonly spec: OptimiserSpec } | undefined;
  /** Scalar; the optimiser's rate unless told. A trainable's own rate goes before. */
  readonly rate?: Tensor | undefined;
}

/** One optimiser for each trainable of a trial, with registered slots. */
export interface Optimisers {
  readonly spec: OptimiserSpec;
  update(scope: StepScope, of: Trainable, gradients: Tensors, options?: UpdateOptions): void;
  /** Makes the slots, which a step's body should find there. */
  prepare(of: Trainable, options?: UpdateOptions): void;
  /** As if nothing had been trained. */
  reset(of: Trainable): void;
}

export function trialOptimisers(engine: Engine, state: TrialState, spec: OptimiserSpec): Optimisers {
  const made = new WeakMap<Variables, Map<string, Optimiser>>();
  const optimiserOf = (of: Trainable, { own }: UpdateOptions): Optimiser => {
    const known = made.get(of.parameters) ?? new Map<string, Optimiser>();
    made.set(of.parameters, known);
    const prefix = own === undefined ? slotsOf(of.name) : `${slotsOf(of.name)}/${own.name}`;
    const found =
      known.get(prefix) ??
      makeOptimiser(
        { variable: (name, tensor, initial) => state.variable(name, tensor, initial, 'optimiser') },
        own?.spec ?? spec,
        of.parameters,
        prefix,
      );
    known.set(prefix, found);
    return found;
  };
  return {
    spec,
    update: (scope, of, gradients, options = {}) => {
      const optimiser = optimiserOf(of, options);
      const rate = of.rate === undefined ? options.rate : tf.scalar(of.rate);
      optimiser.update(scope, gradients, rate ?? tf.scalar(optimiser.spec.lr));
    },
    prepare: (of, options = {}) => void optimiserOf(of, options),
    reset: (of) => {
      const { slots, starts } = optimiserOf(of, {});
      for (const [name, slot] of Object.entries(slots))
        engine.write(slot, new Float32Array(slot.shape.reduce((product, n) => product * n, 1)).fill(starts[name]));
    },
  };
}

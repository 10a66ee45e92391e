import type { CompiledStep, Engine, StepDefinition, StepInputs, Variable } from '../engine/types.ts';

export interface ScopedEngine {
  readonly engine: Engine;
  /** Looks at what steps answer as `loss`, one by one in their order; null: at nothing. Throwing ends the call. */
  watchLosses(watch: ((loss: ArrayLike<number>) => void) | null): void;
  release(): void;
}

/**
 * One trial's view of a worker's engine: everything made through it is released when the trial ends, so that a worker
 * can run many trials without growing, whatever a method forgets.
 */
export function scopedEngine(engine: Engine): ScopedEngine {
  let watch: ((loss: ArrayLike<number>) => void) | null = null;
  const variables = new Map<number, Variable>();
  const steps = new Set<{ dispose(): void }>();
  const scoped: Engine = {
    get backend() {
      return engine.backend;
    },
    get versions() {
      return engine.versions;
    },
    get numerics() {
      return engine.numerics;
    },
    get meter() {
      return engine.meter;
    },
    variable(name, spec, initial) {
      const variable = engine.variable(name, spec, initial);
      variables.set(variable.id, variable);
      return variable;
    },
    read: (variable) => engine.read(variable),
    write: (variable, data) => engine.write(variable, data),
    release(variable) {
      variables.delete(variable.id);
      engine.release(variable);
    },
    compileStep<const I extends StepInputs, O extends string>(definition: StepDefinition<I, O>): CompiledStep<I, O> {
      const step = engine.compileStep(definition);
      const tracked: CompiledStep<I, O> = {
        name: step.name,
        get flops() {
          return step.flops;
        },
        run: async (feeds) => {
          const outputs = await step.run(feeds);
          if (watch === null) return outputs;
          for (const output of outputs) {
            const { loss }: { readonly loss?: ArrayLike<number> } = output;
            if (loss !== undefined) watch(loss);
          }
          return outputs;
        },
        dispose() {
          if (steps.delete(tracked)) step.dispose();
        },
      };
      steps.add(tracked);
      return tracked;
    },
    live: () => engine.live(),
    dispose() {
      throw new Error('A trial cannot close the engine of its worker.');
    },
  };
  return {
    engine: scoped,
    watchLosses(next) {
      watch = next;
    },
    release() {
      for (const step of [...steps]) step.dispose();
      for (const variable of variables.values()) engine.release(variable);
      variables.clear();
    },
  };
}

import type { CompiledStep, Engine, StepDefinition, StepInputs, Variable } from '../engine/types.ts';

/**
 * One trial's view of a worker's engine: everything made through it is released when the trial ends, so that a worker can run
 * many trials without growing, whatever a method forgets.
 */
export function scopedEngine(engine: Engine): { engine: Engine; release(): void } {
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
        run: (feeds) => step.run(feeds),
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
    release() {
      for (const step of [...steps]) step.dispose();
      for (const variable of variables.values()) engine.release(variable);
      variables.clear();
    },
  };
}

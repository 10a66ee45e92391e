import type { CompiledStep, Engine, Network, Tensors, Variable, Variables } from '../../../engine/types.ts';
import type { Predictor } from '../../contract.ts';

/** Rows per step: large enough to keep the matrix multiply busy, small enough that activations stay in cache or memory. */
const rowsPerStep = (network: Network): number => (network.spec.kind === 'cnn' ? 250 : 2000);

/** A predictor that applies the network with the current values of these variables in evaluation mode; one recorded step per inputs variable. */
export function networkPredictor(engine: Engine, network: Network, parameters: Variables, statistics: Variables): Predictor {
  const steps = new Map<Variable, CompiledStep<{ readonly rows: { readonly shape: readonly [-1]; readonly dtype: 'int32' } }, 'logits'>>();
  const stepFor = (inputs: Variable): CompiledStep<{ readonly rows: { readonly shape: readonly [-1]; readonly dtype: 'int32' } }, 'logits'> => {
    const known = steps.get(inputs);
    if (known !== undefined) return known;
    const made = engine.compileStep({
      name: 'network/predict', inputs: { rows: { shape: [-1], dtype: 'int32' } },
      body: ({ rows }, scope) => {
        const read = (variables: Variables): Tensors => Object.fromEntries(Object.entries(variables).map(([name, variable]) => [name, scope.read(variable)]));
        return { logits: network.apply({ params: read(parameters), state: read(statistics) }, scope.gather(inputs, rows), { mode: 'eval' }).logits };
      },
    });
    steps.set(inputs, made);
    return made;
  };
  return {
    predict: async (inputs, rows) => {
      const most = rowsPerStep(network);
      const feeds = Array.from({ length: Math.ceil(rows / most) }, (_, chunk) => ({ rows: Int32Array.from({ length: Math.min(most, rows - chunk * most) }, (_row, i) => chunk * most + i) }));
      const out = new Float32Array(rows * network.outputs);
      const parts = await stepFor(inputs).run(feeds);
      parts.forEach((part, chunk) => out.set(part.logits, chunk * most * network.outputs));
      return out;
    },
  };
}

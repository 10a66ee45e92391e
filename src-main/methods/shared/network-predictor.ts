import type { Tensor } from '../../engine/tf.ts';
import type { CompiledStep, Engine, StepScope, Variable } from '../../engine/types.ts';
import type { Network } from '../../engine/networks/specification.ts';
import type { Predictor } from '../contract.ts';
import { readAll } from './network-variables.ts';
import type { NetworkVariables } from './network-variables.ts';
import { rowsPerEvaluation } from './work-sizes.ts';

type ByRows = { readonly rows: { readonly shape: readonly [-1]; readonly dtype: 'int32' } };

/** Feeds that name rows 0 … rows-1, at most `most` in each. */
export function rowFeeds(rows: number, most: number): { readonly rows: Int32Array }[] {
  return Array.from({ length: Math.ceil(rows / most) }, (_, chunk) => ({
    rows: Int32Array.from({ length: Math.min(most, rows - chunk * most) }, (_row, i) => chunk * most + i),
  }));
}

/** Inside a step: what the network answers with its variables' present values, in evaluation mode. */
export function evaluated(
  scope: StepScope,
  network: Network,
  { parameters, statistics }: Pick<NetworkVariables, 'parameters' | 'statistics'>,
  x: Tensor,
): { readonly logits: Tensor; readonly features: Tensor } {
  return network.apply({ params: readAll(scope, parameters), state: readAll(scope, statistics) }, x, { mode: 'eval' });
}

/** Inside a step: logits [B, outputs] of the network with its variables' present values, in evaluation mode. */
export function evaluationLogits(
  scope: StepScope,
  network: Network,
  variables: Pick<NetworkVariables, 'parameters' | 'statistics'>,
  x: Tensor,
): Tensor {
  return evaluated(scope, network, variables, x).logits;
}

/**
 * A predictor that applies the network with the current values of these variables in evaluation mode; one recorded step
 * per inputs variable.
 */
export function networkPredictor(
  engine: Engine,
  network: Network,
  variables: Pick<NetworkVariables, 'parameters' | 'statistics'>,
): Predictor {
  const steps = new Map<Variable, CompiledStep<ByRows, 'logits'>>();
  const stepFor = (inputs: Variable): CompiledStep<ByRows, 'logits'> => {
    const known = steps.get(inputs);
    if (known !== undefined) return known;
    const made = engine.compileStep({
      name: 'network/predict',
      inputs: { rows: { shape: [-1], dtype: 'int32' } },
      body: ({ rows }, scope) => ({ logits: evaluationLogits(scope, network, variables, scope.gather(inputs, rows)) }),
    });
    steps.set(inputs, made);
    return made;
  };
  return {
    uses: [{ network, values: { ...variables.parameters, ...variables.statistics } }],
    answer: async ({ inputs, rows }) => {
      const most = rowsPerEvaluation(network);
      const out = new Float32Array(rows * network.outputs);
      const parts = await stepFor(inputs).run(rowFeeds(rows, most));
      parts.forEach((part, chunk) => out.set(part.logits, chunk * most * network.outputs));
      return { kind: 'logits', width: network.outputs, values: out };
    },
  };
}

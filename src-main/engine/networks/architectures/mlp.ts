import type { LayerSpec } from '../layers/kinds.ts';
import type { InitScheme, NetworkSpec } from '../specification.ts';

export interface MlpSettings {
  /** Numbers of an example. */
  readonly input: number;
  /** Units of each hidden layer. */
  readonly hidden: readonly number[];
  readonly outputs: number;
  readonly init: InitScheme;
  /** Share of the units that are left out after each hidden layer. */
  readonly dropout?: number;
  readonly batchNorm?: boolean;
  /** Without: every layer is a product alone. */
  readonly bias?: false;
}

/**
 * A multi-layer perceptron: dense layers `dense0`, `dense1`, … and the head `output`. Each hidden layer: affine map,
 * batch norm if asked, ReLU, dropout if asked.
 */
export function mlp(settings: MlpSettings): NetworkSpec {
  const { input, hidden, outputs, init, dropout = 0, batchNorm = false } = settings;
  const bias = settings.bias === false ? { bias: settings.bias } : {};
  return {
    architecture: { kind: 'mlp', ...settings },
    input: [input],
    layers: hidden.flatMap((units, index): LayerSpec[] => {
      const name = `dense${index}`;
      return [
        { kind: 'dense', name, units, ...bias },
        ...(batchNorm ? [{ kind: 'batch-norm', name } as const] : []),
        { kind: 'relu' },
        ...(dropout === 0 ? [] : [{ kind: 'dropout', rate: dropout, draw: index } as const]),
      ];
    }),
    heads: [
      {
        name: 'output',
        outputs,
        ...(bias.bias === false ? { layer: { kind: 'dense', name: 'output', units: outputs, ...bias } } : {}),
      },
    ],
    init,
  };
}

import type { LayerSpec } from '../layers/kinds.ts';
import type { InitScheme, NetworkSpec } from '../specification.ts';

export interface Lenet5Settings {
  readonly input: readonly [height: number, width: number, channels: number];
  /** Filters of the three convolutions, and units of the dense layer behind them. */
  readonly filters: readonly [number, number, number];
  readonly dense: number;
  readonly outputs: number;
  readonly init: InitScheme;
}

/**
 * LeNet-5 (LeCun et al. 1998) as google/uncertainty-baselines has it (`baselines/mnist/utils.py`, `lenet5`): 5×5
 * convolutions `conv0`, `conv1`, `conv2` that keep the size, a 2×2 maximum after the first two, the dense layer
 * `dense0` and the head `output`; a ReLU after each hidden one. With filters 6-16-120 and 84 units on 28 × 28 grey
 * images it has 545,546 parameters.
 */
export function lenet5(settings: Lenet5Settings): NetworkSpec {
  const { input, filters, dense, outputs, init } = settings;
  return {
    architecture: { kind: 'lenet5', ...settings },
    input,
    layers: [
      ...filters.flatMap((count, index): LayerSpec[] => [
        { kind: 'convolution', name: `conv${index}`, filters: count, size: 5 },
        { kind: 'relu' },
        ...(index < 2 ? [{ kind: 'max-pool' } as const] : []),
      ]),
      { kind: 'flatten' },
      { kind: 'dense', name: 'dense0', units: dense },
      { kind: 'relu' },
    ],
    heads: [{ name: 'output', outputs }],
    init,
  };
}

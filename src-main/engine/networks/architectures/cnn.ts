import type { LayerSpec } from '../layers/kinds.ts';
import type { InitScheme, NetworkSpec } from '../specification.ts';

export interface CnnSettings {
  readonly input: readonly [height: number, width: number, channels: number];
  /** Filters of each convolution. */
  readonly conv: readonly number[];
  /** Units of the dense layer behind them. */
  readonly dense: number;
  readonly outputs: number;
  readonly init: InitScheme;
  /** Share of the units that are left out after the dense layer. */
  readonly dropout?: number;
  readonly batchNorm?: boolean;
}

/**
 * A plain convolutional network: 3×3 convolutions `conv0`, `conv1`, … that keep the size, a 2×2 maximum after every
 * second one, one dense layer `dense0`, and the head `output`. Each of these layers: affine map, batch norm if asked,
 * ReLU; dropout after the dense one if asked.
 */
export function cnn(settings: CnnSettings): NetworkSpec {
  const { input, conv, dense, outputs, init, dropout = 0, batchNorm = false } = settings;
  const activated = (name: string): LayerSpec[] => [
    ...(batchNorm ? [{ kind: 'batch-norm', name } as const] : []),
    { kind: 'relu' },
  ];
  return {
    architecture: { kind: 'cnn', ...settings },
    input,
    layers: [
      ...conv.flatMap((filters, index): LayerSpec[] => {
        const name = `conv${index}`;
        return [
          { kind: 'convolution', name, filters, size: 3 },
          ...activated(name),
          ...(index % 2 === 1 ? [{ kind: 'max-pool' } as const] : []),
        ];
      }),
      { kind: 'flatten' },
      { kind: 'dense', name: 'dense0', units: dense },
      ...activated('dense0'),
      ...(dropout === 0 ? [] : [{ kind: 'dropout', rate: dropout, draw: 0 } as const]),
    ],
    heads: [{ name: 'output', outputs }],
    init,
  };
}

import type { LayerSpec } from '../layers/kinds.ts';
import type { InitScheme, NetworkSpec } from '../specification.ts';

export interface ResidualCnnSettings {
  readonly input: readonly [height: number, width: number, channels: number];
  /** Channels of each stage. */
  readonly stages: readonly number[];
  /** Residual blocks of each stage. */
  readonly blocks: number;
  readonly outputs: number;
  readonly init: InitScheme;
}

/**
 * A small residual network with batch norm (He et al. 2016): a stage is a 3×3 convolution to its channels, residual
 * blocks of two 3×3 convolutions, each block followed by a ReLU, and a 2×2 maximum; then the head `output`. Every
 * convolution is without bias and followed by batch norm. Within a stage all blocks share the order of their channels.
 */
export function residualCnn(settings: ResidualCnnSettings): NetworkSpec {
  const { input, stages, blocks, outputs, init } = settings;
  const normed = (name: string, filters: number): LayerSpec[] => [
    { kind: 'convolution', name, filters, size: 3, bias: false },
    { kind: 'batch-norm', name },
  ];
  const block = (name: string, filters: number): LayerSpec[] => [
    {
      kind: 'residual',
      layers: [...normed(`${name}a`, filters), { kind: 'relu' }, ...normed(`${name}b`, filters)],
    },
    { kind: 'relu' },
  ];
  return {
    architecture: { kind: 'residual-cnn', ...settings },
    input,
    layers: [
      ...stages.flatMap((filters, stage): LayerSpec[] => [
        ...normed(`conv${stage}`, filters),
        { kind: 'relu' },
        ...Array.from({ length: blocks }, (_, index) => block(`block${stage}.${index}`, filters)).flat(),
        { kind: 'max-pool' },
      ]),
      { kind: 'flatten' },
    ],
    heads: [{ name: 'output', outputs }],
    init,
  };
}

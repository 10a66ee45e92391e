import type { LayerSpec } from '../layers/kinds.ts';
import type { HeadSpec, InitScheme, NetworkSpec } from '../specification.ts';

export interface CosineMlpSettings {
  /** Numbers of an example. */
  readonly input: number;
  /** Units of each hidden layer. */
  readonly hidden: readonly number[];
  /** Numbers that the heads are given. */
  readonly features: number;
  /** What cosines are multiplied by to be logits. */
  readonly scale: number;
  /** Outputs of each head, by its name; at least one. */
  readonly heads: Readonly<Record<string, number>>;
  readonly init: InitScheme;
  /** Answers of hidden layers are normalised before ReLU. */
  readonly norm?: 'layer';
}

/**
 * A multi-layer perceptron with several heads, as CLIP's image side has them: hidden layers with ReLU, an affine map to
 * the features, these brought to the length `scale`, heads without bias. Where the columns of a head have length 1, its
 * logits are `scale` times cosines.
 */
export function cosineMlp(settings: CosineMlpSettings): NetworkSpec {
  const { input, hidden, features, scale, init, norm } = settings;
  const heads = Object.entries(settings.heads).map(([name, outputs]): HeadSpec => ({
    name,
    outputs,
    layer: { kind: 'dense', name, units: outputs, bias: false },
  }));
  const [first, ...others] = heads;
  if (first === undefined) throw new RangeError('A network needs at least one head.');
  return {
    architecture: { kind: 'cosine-mlp', ...settings },
    input: [input],
    layers: [
      ...hidden.flatMap((units, index): LayerSpec[] => [
        { kind: 'dense', name: `dense${index}`, units },
        ...(norm === undefined ? [] : [{ kind: 'layer-norm', name: `dense${index}` } as const]),
        { kind: 'relu' },
      ]),
      { kind: 'dense', name: 'features', units: features },
      { kind: 'unit-length', scale },
    ],
    heads: [first, ...others],
    init,
  };
}

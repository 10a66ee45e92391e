import { softmaxCrossEntropy, valueAndGradients } from '../../../engine/losses.ts';
import { makeOptimiser } from '../../../engine/optimisers/optimisers.ts';
import type { VariableSource } from '../../../engine/optimisers/optimisers.ts';
import type { Network } from '../../../engine/networks/specification.ts';
import { tf } from '../../../engine/tf.ts';
import type { Engine, NamedArrays, OptimiserSpec, Variables } from '../../../engine/types.ts';
import { readAll } from '../../shared/network-variables.ts';
import type { ResidentSplit } from '../../training/contract.ts';

/** Free parameters that are moved by the gradient at the midpoint of two nets. */
export interface StraightThrough {
  /** The free parameters as they are. */
  free(): Promise<NamedArrays>;
  /** One step on these rows with the second net as it is projected: the loss at the midpoint, before the step. */
  step(projected: NamedArrays, rows: Int32Array): Promise<number>;
}

export interface StraightThroughParts {
  readonly network: Network;
  readonly a: NamedArrays;
  readonly split: Pick<ResidentSplit, 'x' | 'y'>;
  readonly optimiser: OptimiserSpec;
}

/**
 * The loss at (A + π(B)) / 2; its gradient with respect to π(B) moves the free parameters B̂ as if they stood there
 * (Ainsworth et al. 2023, equation 8). They start at A.
 */
export function straightThrough(
  engine: Engine,
  source: VariableSource,
  { network, a, split, optimiser }: StraightThroughParts,
): StraightThrough {
  const made = (prefix: string, make: VariableSource): Variables =>
    Object.fromEntries(
      network.params.map(({ name, shape }) => [
        name,
        make.variable(`${prefix}/${name}`, { shape, dtype: 'float32' }, () => Float32Array.from(a[name])),
      ]),
    );
  const own: VariableSource = { variable: (name, spec, initial) => engine.variable(name, spec, initial()) };
  const [first, second] = [made('first', own), made('projected', own)];
  const free = made('free', source);
  const rule = makeOptimiser(source, optimiser, free);
  const compiled = engine.compileStep({
    name: 'merging/straight-through',
    inputs: { rows: { shape: [-1], dtype: 'int32' }, lr: { shape: [], dtype: 'float32' } },
    body({ rows, lr }, scope) {
      const still = readAll(scope, first);
      const { value, gradients } = valueAndGradients(
        (projected) => {
          const params = Object.fromEntries(
            Object.entries(projected).map(([name, of]) => [name, tf.mul(tf.add(still[name], of), 0.5)]),
          );
          const { logits } = network.apply({ params, state: {} }, scope.gather(split.x, rows), { mode: 'train' });
          return softmaxCrossEntropy(logits, scope.gather(split.y, rows));
        },
        readAll(scope, second),
      );
      rule.update(scope, gradients, lr);
      return { loss: value };
    },
  });
  return {
    async free() {
      const values: NamedArrays = {};
      for (const [name, variable] of Object.entries(free))
        values[name] = Float32Array.from(await engine.read(variable));
      return values;
    },
    async step(projected, rows) {
      for (const [name, variable] of Object.entries(second)) engine.write(variable, projected[name]);
      const [{ loss }] = await compiled.run([{ rows, lr: Float32Array.of(optimiser.lr) }]);
      return loss[0];
    },
  };
}

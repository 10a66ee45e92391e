import { tf } from '../../tf.ts';
import type { Tensor } from '../../tf.ts';
import { EngineError } from '../../types.ts';
import { tensorNamed } from './layer.ts';
import type { LayerTensor, LayerValues } from './layer.ts';

/**
 * What the layers have in common whose batch is that of several members, one behind the other ([members · B, …]): one
 * kernel for all, and numbers of its own for each member.
 */

/** How the fast weights start: around 1, so that members differ from the first step (Wen et al. 2020, section 3). */
const AROUND_ONE = { mean: 1, deviation: 0.5 } as const;

/** Fast weights r `<name>/input-factor`, s `<name>/output-factor` and biases `<name>/bias`, a row a member. */
export function memberTensors(
  name: string,
  members: number,
  [channels, units]: readonly [number, number],
  fan: LayerTensor['fan'],
): LayerTensor[] {
  return [
    { name: `${name}/input-factor`, shape: [members, channels], role: 'factor', fan, start: AROUND_ONE },
    { name: `${name}/output-factor`, shape: [members, units], role: 'factor', fan, start: AROUND_ONE },
    { name: `${name}/bias`, shape: [members, units], role: 'bias', fan },
  ];
}

/** ((x ∘ r_m) · W) ∘ s_m + b_m, where `multiply` is the shared product with W. */
export function memberWise(name: string, x: Tensor, { params }: LayerValues, multiply: (x: Tensor) => Tensor): Tensor {
  const byMember = (values: Tensor, factor: Tensor, join: (a: Tensor, b: Tensor) => Tensor): Tensor => {
    const [members, width] = factor.shape;
    const rows = values.size / (members * width);
    if (values.shape[0] % members !== 0)
      throw new EngineError(
        `The layer ${name} has ${members} members; a batch of ${values.shape[0]} is no whole number of rows for each.`,
      );
    const joined = join(tf.reshape(values, [members, rows, width]), tf.reshape(factor, [members, 1, width]));
    return tf.reshape(joined, values.shape);
  };
  const output = multiply(byMember(x, tensorNamed(params, `${name}/input-factor`), tf.mul));
  const scaled = byMember(output, tensorNamed(params, `${name}/output-factor`), tf.mul);
  return byMember(scaled, tensorNamed(params, `${name}/bias`), tf.add);
}

/** Which axes of the members' own tensors move. */
export const memberAxes = (name: string, incoming: string | null) => ({
  [`${name}/input-factor`]: [null, incoming],
  [`${name}/output-factor`]: [null, name],
  [`${name}/bias`]: [null, name],
});

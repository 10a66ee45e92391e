import { tf } from '../../tf.ts';
import type { Tensor } from '../../tf.ts';
import { EngineError } from '../../types.ts';
import type { Tensors } from '../../types.ts';
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

/** Rows of each member in a batch of all. @throws EngineError where they are no whole number. */
export function rowsOfMember(name: string, rows: number, members: number): number {
  if (rows % members !== 0)
    throw new EngineError(
      `The layer ${name} has ${members} members; a batch of ${rows} is no whole number of rows for each.`,
    );
  return rows / members;
}

/** Joins what each member's rows of a batch are with the row of a tensor [members, width] that is the member's own. */
export function byMember(
  name: string,
  x: Tensor,
  params: Tensors,
  tensor: string,
  join: (a: Tensor, b: Tensor) => Tensor,
): Tensor {
  const own = tensorNamed(params, tensor);
  const [members, width] = own.shape;
  rowsOfMember(name, x.shape[0], members);
  const rows = x.size / (members * width);
  const joined = join(tf.reshape(x, [members, rows, width]), tf.reshape(own, [members, 1, width]));
  return tf.reshape(joined, x.shape);
}

/** ((x ∘ r_m) · W) ∘ s_m + b_m, where `multiply` is the shared product with W. */
export function memberWise(name: string, x: Tensor, { params }: LayerValues, multiply: (x: Tensor) => Tensor): Tensor {
  const output = multiply(byMember(name, x, params, `${name}/input-factor`, tf.mul));
  const scaled = byMember(name, output, params, `${name}/output-factor`, tf.mul);
  return byMember(name, scaled, params, `${name}/bias`, tf.add);
}

/** Which axes of the members' own tensors move. */
export const memberAxes = (name: string, incoming: string | null) => ({
  [`${name}/input-factor`]: [null, incoming],
  [`${name}/output-factor`]: [null, name],
  [`${name}/bias`]: [null, name],
});

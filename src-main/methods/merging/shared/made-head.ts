import type { Engine, NamedArrays } from '../../../engine/types.ts';
import type { Network, HeadSpec, NetworkSpec } from '../../../engine/networks/specification.ts';
import type { NetworkVariables } from '../../shared/network-variables.ts';
import { featuresOf } from '../../theory/shared/features.ts';
import type { ResidentSplit } from '../../training/contract.ts';
import { classMeans } from './class-means.ts';
import { linearProbe } from './linear-probe.ts';

/**
 * A head made of a few labelled rows as the network's trunk sees them: the mean of each class's features, of unit
 * length, or a linear probe where the head has biases.
 *
 * @param network answers for the rows with a head of its own, which counts for nothing.
 */
export async function madeHead(
  engine: Engine,
  network: Network,
  variables: NetworkVariables,
  shots: ResidentSplit,
  { name, outputs, layer }: HeadSpec,
): Promise<NamedArrays> {
  const { features } = await featuresOf(engine, network, variables, shots)();
  const labels = Int32Array.from(await engine.read(shots.y));
  if (layer?.kind === 'dense' && layer.bias === false)
    return { [`${name}/kernel`]: classMeans(features, labels, outputs) };
  const { kernel, bias } = linearProbe(features, labels, outputs);
  return { [`${name}/kernel`]: kernel, [`${name}/bias`]: bias };
}

export function headNamed({ heads }: NetworkSpec, name: string): HeadSpec {
  const found = heads.find((head) => head.name === name);
  if (found === undefined) throw new Error(`The network has no head "${name}".`);
  return found;
}

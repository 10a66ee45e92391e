import type { Tensors } from '../../engine/types.ts';
import { isModel } from '../models.ts';
import type { Trainable } from '../models.ts';

/** The name of the suite's network among a trial's models. */
export const SUITES_NETWORK = 'network';

/** What a tensor of a trainable is called where those of several are together. */
export const keyOf = ({ name }: Pick<Trainable, 'name'>, parameter: string): string =>
  name === SUITES_NETWORK ? parameter : `${name}/${parameter}`;

/** The tensors of one trainable, under their own names. */
export const partOf = (together: Tensors, of: Trainable): Tensors =>
  Object.fromEntries(Object.keys(of.parameters).map((name) => [name, together[keyOf(of, name)]]));

/** Floating-point operations of an example in all networks that are trained. */
export const costOf = (trains: readonly Trainable[]): { readonly flops: number } => ({
  flops: trains.reduce((sum, trained) => sum + (isModel(trained) ? trained.network.flops : 0), 0),
});

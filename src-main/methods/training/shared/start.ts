import type { NamedArrays, NetworkValues } from '../../../engine/types.ts';
import type { SuiteFacts, TrialRequest } from '../../contract.ts';

/** The trained network that a suite's trials begin from, where it declares one; opened under the name `start`. */
export const startRequests = ({ start }: SuiteFacts): TrialRequest[] =>
  start === undefined ? [] : [{ name: 'start', fold: null, ...start }];

/**
 * A network's own initial values, replaced by those of another network where both have a tensor of one name and size.
 *
 * @throws Error where the other has tensors and none of them is such a one.
 */
export function startedFrom(own: NetworkValues, given: NamedArrays): NetworkValues {
  const names = Object.keys({ ...own.params, ...own.state });
  const replaced = (arrays: NamedArrays): NamedArrays =>
    Object.fromEntries(
      Object.entries(arrays).map(([name, values]) => [
        name,
        given[name]?.length === values.length ? given[name] : values,
      ]),
    );
  const start = { params: replaced(own.params), state: replaced(own.state) };
  const isShared = names.some(
    (name) => given[name] !== undefined && { ...start.params, ...start.state }[name] === given[name],
  );
  if (Object.keys(given).length > 0 && !isShared)
    throw new Error(
      `The network has no tensor in common with the one that it is to start from: it has ${names.join(', ')}, the ` +
        `other ${Object.keys(given).join(', ')}.`,
    );
  return start;
}

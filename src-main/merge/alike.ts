import { isFloat } from '../checkpoints/dtypes.ts';
import { CheckpointError } from '../checkpoints/error.ts';
import { named } from '../checkpoints/header.ts';
import type { NewTensor } from '../checkpoints/new-header.ts';
import { shortened } from '../base/shortened.ts';

/** Tensors of a model by name, whether they lie in files or are still to be made. */
export interface ModelTensors {
  /** How a sentence calls it. */
  readonly label: string;
  readonly tensors: ReadonlyMap<string, NewTensor>;
}

const MOST_SENTENCES = 20;

/**
 * Every difference between models that are to be merged entry by entry, a sentence each: names, shapes, and numbers
 * against counters.
 *
 * @param isLeftOut names that need not be alike.
 */
export function differences(models: readonly ModelTensors[], isLeftOut: (name: string) => boolean): string[] {
  const [first, ...others] = models;
  return others.flatMap((other) => [
    ...[...first.tensors.values()].flatMap((tensor) => {
      if (isLeftOut(tensor.name)) return [];
      const there = other.tensors.get(tensor.name);
      if (there === undefined) return [`${other.label} has no ${named(tensor.name)}, which ${first.label} has.`];
      if (String(tensor.shape) !== String(there.shape))
        return [
          `${named(tensor.name)} has the shape ${shapeText(tensor)} in ${first.label} and ${shapeText(there)} ` +
            `in ${other.label}.`,
        ];
      if (tensor.dtype !== there.dtype && !(isFloat(tensor.dtype) && isFloat(there.dtype)))
        return [
          `${named(tensor.name)} is of the type ${tensor.dtype} in ${first.label} and ${there.dtype} in ` +
            `${other.label}.`,
        ];
      return [];
    }),
    ...[...other.tensors.keys()]
      .filter((name) => !first.tensors.has(name) && !isLeftOut(name))
      .map((name) => `${other.label} has ${named(name)}, which ${first.label} has not.`),
  ]);
}

const shapeText = ({ shape }: NewTensor): string => `[${shape.join(', ')}]`;

/** @throws CheckpointError with the differences, where there are any. */
export function refuseDifferences(found: readonly string[]): void {
  if (found.length === 0) return;
  const { shown, leftOut } = shortened(found, MOST_SENTENCES);
  throw new CheckpointError(
    [
      'These models cannot be merged entry by entry:',
      ...shown,
      ...(leftOut > 0 ? [`and ${leftOut} more differences.`] : []),
    ].join('\n  '),
    'Tensors that only some of them have can be taken from one: in a recipe, a rule under `layers` with ' +
      '`match: "head.*"` and `take: base`.',
  );
}

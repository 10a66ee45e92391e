import type { Dataset } from '../../datasets/types.ts';

/** What a suite makes of a dataset. */
export interface Declared {
  /** Numbers of an example. */
  readonly width: number;
  readonly classes: number;
  /** Rows of every class are used; otherwise those of the first `classes`. */
  readonly everyClass: boolean;
}

/**
 * Refuses a dataset that is not as the suite declares it, before anything is trained on shifted rows or missing
 * classes.
 *
 * @throws Error that names suite, dataset, what was declared and what is there.
 */
export function checkDataset(suite: string, dataset: Dataset, declared: Declared): void {
  const width = dataset.shape.reduce((product, size) => product * size, 1);
  if (width !== declared.width)
    throw new Error(
      `The suite ${suite} declares examples of ${declared.width} numbers; those of ${dataset.id} have ` +
        `${width} (${dataset.shape.join(' × ')}).`,
    );
  if (dataset.classes.length < declared.classes)
    throw new Error(
      `The suite ${suite} declares ${declared.classes} classes; ${dataset.id} has ${dataset.classes.length}.`,
    );
  // Where no output stands for a label, some backends would go on with a loss of 0.
  if (declared.everyClass && dataset.classes.length > declared.classes)
    throw new Error(
      `The suite ${suite} has ${declared.classes} outputs and uses every row; ${dataset.id} has ` +
        `${dataset.classes.length} classes.`,
    );
}

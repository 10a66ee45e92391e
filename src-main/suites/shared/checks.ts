import type { Dataset } from '../../datasets/types.ts';

/** What a suite makes of a dataset. */
export interface Declared {
  /** Numbers of an example. */
  readonly width: number;
  /** Those of the table encoded as the suite says; absent: the data set's own encoding is used. */
  readonly encoded?: number;
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
  checkWidth(suite, dataset, declared);
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

/**
 * As `checkDataset`, for a table of which a number is to be told.
 *
 * @throws Error that names suite, dataset, what was declared and what is there.
 */
export function checkNumbers(
  suite: string,
  dataset: Dataset,
  declared: Pick<Declared, 'width' | 'encoded'> & { readonly numbers: number },
): void {
  checkWidth(suite, dataset, declared);
  const target = dataset.table?.target;
  if (target?.kind !== 'numbers' || target.names.length !== declared.numbers)
    throw new Error(
      `The suite ${suite} tells ${declared.numbers} number${declared.numbers === 1 ? '' : 's'} of a row; the target ` +
        `of ${dataset.id} is ${target === undefined ? 'no column of a table' : `${target.names.length} ${target.kind}`}.`,
    );
}

function checkWidth(suite: string, dataset: Dataset, declared: Pick<Declared, 'width' | 'encoded'>): void {
  const width = declared.encoded ?? dataset.shape.reduce((product, size) => product * size, 1);
  if (width !== declared.width)
    throw new Error(
      `The suite ${suite} declares examples of ${declared.width} numbers; those of ${dataset.id} have ` +
        `${width}${declared.encoded === undefined ? ` (${dataset.shape.join(' × ')})` : ' as it encodes them'}.`,
    );
}

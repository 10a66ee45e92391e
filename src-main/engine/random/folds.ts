import { stream } from './streams.ts';

/**
 * The fold of every row. The rows of each class are dealt out in turn, in an order that follows from `name`, so that
 * every class is spread evenly and no fold has more than one row more than another.
 */
export function foldsOf(labels: Int32Array, folds: number, name: string): Int32Array {
  const assigned = new Int32Array(labels.length);
  let dealt = 0;
  for (const rows of rowsByClass(labels, name)) for (const row of rows) assigned[row] = dealt++ % folds;
  return assigned;
}

/** The rows of each class that has any, classes ascending, each in an order drawn from the stream of this name. */
export function rowsByClass(labels: Int32Array, name: string): Int32Array[] {
  const order = stream(0, name).permutation(labels.length);
  const classes = [...new Set(labels)].sort((a, b) => a - b);
  return classes.map((label) => order.filter((row) => labels[row] === label));
}

import type { Stream } from '../engine/random/streams.ts';

/** Row numbers of both sides, ascending, so that the file's order is kept within each. */
export interface Split {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/**
 * A stratified split: of every class, the share `testShare` of its rows, rounded, but at least one row on each side,
 * goes to the test side, drawn from `stream.child(<class>)`, so that a class's draw doesn't depend on the other
 * classes.
 *
 * @throws RangeError when a class has fewer than two rows.
 */
export function stratifiedSplit(labels: Int32Array, classes: number, testShare: number, stream: Stream): Split {
  const rowsOf: number[][] = Array.from({ length: classes }, () => []);
  labels.forEach((label, row) => rowsOf[label]?.push(row));
  const train: number[] = [];
  const test: number[] = [];
  rowsOf.forEach((rows, label) => {
    if (rows.length < 2) throw new RangeError(`Class ${label} has ${rows.length} rows; a split needs at least 2.`);
    const wanted = Math.min(rows.length - 1, Math.max(1, Math.round(rows.length * testShare)));
    const chosen = new Set(stream.child(String(label)).sample(rows.length, wanted));
    rows.forEach((row, i) => (chosen.has(i) ? test : train).push(row));
  });
  return { train: Int32Array.from(train).sort(), test: Int32Array.from(test).sort() };
}

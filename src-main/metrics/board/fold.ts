/** Rows of a board by method: the best configuration stands for all of its method, the others follow it where a person has unfolded them. */

interface Foldable {
  readonly key: string;
  readonly method: string;
}

export interface Folded<T> {
  readonly rows: readonly T[];
  /** By the key of a method's best row: how many other configurations it stands for, shown or not. */
  readonly others: ReadonlyMap<string, number>;
}

/**
 * `rows` come in the order in which they would all be shown, and so do methods by their best rows. `isBetter` decides which row is the best;
 * of equally good ones the first.
 */
export function foldByMethod<T extends Foldable>(
  rows: readonly T[],
  isBetter: (a: T, b: T) => boolean,
  unfolded: readonly string[],
): Folded<T> {
  const byMethod = new Map<string, T[]>();
  for (const row of rows) {
    const siblings = byMethod.get(row.method);
    if (siblings === undefined) byMethod.set(row.method, [row]);
    else siblings.push(row);
  }
  const best = new Map<string, T>();
  for (const [method, siblings] of byMethod) {
    let first = siblings[0];
    for (const row of siblings) if (first === undefined || isBetter(row, first)) first = row;
    if (first !== undefined) best.set(method, first);
  }
  const leaders = new Set([...best.values()].map(({ key }) => key));
  return {
    rows: rows
      .filter(({ key }) => leaders.has(key))
      .flatMap((row) => [
        row,
        ...(unfolded.includes(row.method) ? (byMethod.get(row.method) ?? []).filter(({ key }) => key !== row.key) : []),
      ]),
    others: new Map([...best.values()].map(({ key, method }) => [key, (byMethod.get(method)?.length ?? 1) - 1])),
  };
}

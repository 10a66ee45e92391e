/**
 * Rows of a board by method: the best configuration stands for all of its method, the others follow it where a person
 * has unfolded them.
 */

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
 * `rows` come in the order in which they would all be shown, and so do methods by their best rows. `isBetter` decides
 * which row is the best; of equally good ones the first. Where the best row has nothing of one of the measures
 * `elsewhere` (the more the better; null: not measured), the method's best by that measure is shown too: on a board of
 * several suites a method is on each of them.
 */
export function foldByMethod<T extends Foldable>(
  rows: readonly T[],
  isBetter: (a: T, b: T) => boolean,
  unfolded: readonly string[],
  elsewhere: readonly ((row: T) => number | null)[] = [],
): Folded<T> {
  const byMethod = new Map<string, T[]>();
  for (const row of rows) {
    const siblings = byMethod.get(row.method);
    if (siblings === undefined) byMethod.set(row.method, [row]);
    else siblings.push(row);
  }
  const first = new Map<string, T>();
  const leaders = new Set<string>();
  const others = new Map<string, number>();
  for (const [method, siblings] of byMethod) {
    const shown = leadersOf(siblings, isBetter, elsewhere);
    for (const { key } of shown) leaders.add(key);
    const [best] = shown;
    if (best === undefined) continue;
    first.set(method, best);
    others.set(best.key, siblings.length - shown.length);
  }
  const isFirst = ({ key, method }: T): boolean => first.get(method)?.key === key;
  return {
    rows: rows
      .filter((row) => (unfolded.includes(row.method) ? isFirst(row) : leaders.has(row.key)))
      .flatMap((row) => [
        row,
        ...(unfolded.includes(row.method) ? (byMethod.get(row.method) ?? []).filter(({ key }) => key !== row.key) : []),
      ]),
    others,
  };
}

/** The best of a method, and the best of each measure that none of those before it has. */
function leadersOf<T extends Foldable>(
  siblings: readonly T[],
  isBetter: (a: T, b: T) => boolean,
  elsewhere: readonly ((row: T) => number | null)[],
): readonly T[] {
  const [first] = siblings;
  if (first === undefined) return [];
  const leaders = [siblings.reduce((best, row) => (isBetter(row, best) ? row : best), first)];
  for (const measure of elsewhere) {
    if (leaders.some((row) => measure(row) !== null)) continue;
    let most: { readonly row: T; readonly value: number } | null = null;
    for (const row of siblings) {
      const value = measure(row);
      if (value !== null && (most === null || value > most.value)) most = { row, value };
    }
    if (most !== null) leaders.push(most.row);
  }
  return leaders;
}

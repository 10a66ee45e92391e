/**
 * Equality of plain data that was put together in one way (parsed by one schema, made by one function), so that equal
 * values have equal texts.
 */
export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The former of two values that are the same: what was derived from it then stays as well, and is not drawn anew. */
export function unlessSame<T>(before: T | undefined, now: T): T {
  return before !== undefined && same(before, now) ? before : now;
}

/** Whether two lists hold the same things, each itself. */
export const sameItems = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((item, index) => item === b[index]);

/** The first rows of each class, so many at most. */
export function firstOfEach(labels: Int32Array, most: number): Int32Array {
  const found = new Map<number, number>();
  return Int32Array.from(labels.keys()).filter((row) => {
    const seen = (found.get(labels[row]) ?? 0) + 1;
    found.set(labels[row], seen);
    return seen <= most;
  });
}

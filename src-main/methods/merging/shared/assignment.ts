/**
 * The assignment of every row to a column of its own that maximises the sum of the chosen entries: shortest augmenting
 * paths with dual variables (Jonker & Volgenant 1987; the form of Crouse 2016), O(n³).
 *
 * @param gains n × n, row-major; must be finite.
 * @returns column of each row.
 * @throws RangeError when the matrix is not square or has an entry that is not finite.
 */
export function maximumAssignment(gains: Float64Array, n: number): Int32Array {
  if (gains.length !== n * n)
    throw new RangeError(`A ${n}×${n} matrix has ${n * n} entries; given were ${gains.length}.`);
  if (!gains.every(Number.isFinite))
    throw new RangeError('An assignment needs finite gains; the matrix has an infinite one or NaN.');
  const rowOf = new Int32Array(n).fill(-1);
  const columnOf = new Int32Array(n).fill(-1);
  const u = new Float64Array(n);
  const v = new Float64Array(n);
  const shortest = new Float64Array(n);
  const previous = new Int32Array(n);
  const done = new Uint8Array(n);
  const scannedRows = new Int32Array(n);
  for (let start = 0; start < n; start += 1) {
    shortest.fill(Infinity);
    done.fill(0);
    let row = start;
    let length = 0;
    let scanned = 0;
    let sink = -1;
    while (sink < 0) {
      scannedRows[scanned] = row;
      scanned += 1;
      let next = -1;
      let least = Infinity;
      const at = row * n;
      for (let column = 0; column < n; column += 1) {
        if (done[column] === 1) continue;
        // Costs are negated gains.
        const reduced = length - gains[at + column] - u[row] - v[column];
        if (reduced < shortest[column]) {
          shortest[column] = reduced;
          previous[column] = row;
        }
        // Among equals a free column ends the search at once.
        if (shortest[column] < least || (shortest[column] === least && rowOf[column] < 0)) {
          least = shortest[column];
          next = column;
        }
      }
      length = least;
      done[next] = 1;
      if (rowOf[next] < 0) sink = next;
      else row = rowOf[next];
    }
    u[start] += length;
    for (let i = 1; i < scanned; i += 1) u[scannedRows[i]] += length - shortest[columnOf[scannedRows[i]]];
    for (let column = 0; column < n; column += 1) if (done[column] === 1) v[column] -= length - shortest[column];
    for (let column = sink; ;) {
      const from = previous[column];
      rowOf[column] = from;
      const freed = columnOf[from];
      columnOf[from] = column;
      if (from === start) break;
      column = freed;
    }
  }
  return columnOf;
}

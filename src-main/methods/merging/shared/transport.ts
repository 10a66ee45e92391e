/**
 * Exact optimal transport between two sets of points of equal mass each: the plan that moves 1/rows from every row to
 * 1/columns in every column at least cost. Shortest augmenting paths with potentials; between sets of one size it is
 * the assignment problem, and every row goes to one column.
 *
 * @param costs rows × columns, row-major; must be finite.
 * @returns plan [rows × columns], row-major; every column's entries add up to 1 (the shares in which rows make it up).
 * @throws RangeError when the costs are not finite or of another size.
 */
export function uniformTransport(costs: Float64Array, rows: number, columns: number): Float64Array {
  if (costs.length !== rows * columns || rows === 0 || columns === 0)
    throw new RangeError(`Costs of ${rows} × ${columns} units have ${rows * columns} entries; got ${costs.length}.`);
  if (!costs.every(Number.isFinite)) throw new RangeError('A transport needs finite costs; one is infinite or NaN.');
  // In whole units, so that nothing is rounded: a row has `columns` / g of them, a column takes `rows` / g.
  const unit = greatestCommonDivisor(rows, columns);
  const supply = new Int32Array(rows).fill(columns / unit);
  const room = new Int32Array(columns).fill(rows / unit);
  const moved = new Int32Array(rows * columns);
  const rowPotential = new Float64Array(rows);
  // The least cost of each column, so that no reduced cost is negative.
  const columnPotential = new Float64Array(columns).fill(Infinity);
  costs.forEach((cost, at) => {
    columnPotential[at % columns] = Math.min(columnPotential[at % columns], cost);
  });
  for (let row = 0; row < rows; row += 1)
    while (supply[row] > 0) augment({ costs, rows, columns, supply, room, moved, rowPotential, columnPotential }, row);
  return Float64Array.from(moved, (units) => (units * unit) / rows);
}

interface Flow {
  readonly costs: Float64Array;
  readonly rows: number;
  readonly columns: number;
  /** Units that rows have not sent yet, and that columns can still take. */
  readonly supply: Int32Array;
  readonly room: Int32Array;
  readonly moved: Int32Array;
  /** cost − rowPotential − columnPotential ≥ 0, and = 0 wherever something is moved. */
  readonly rowPotential: Float64Array;
  readonly columnPotential: Float64Array;
}

/** Sends as much as it can from `start` along one cheapest path to a column with room (Dijkstra on reduced costs). */
function augment(flow: Flow, start: number): void {
  const { costs, rows, columns, room, moved, rowPotential, columnPotential } = flow;
  const rowDistance = new Float64Array(rows).fill(Infinity);
  const columnDistance = new Float64Array(columns).fill(Infinity);
  const rowFrom = new Int32Array(rows).fill(-1);
  const columnFrom = new Int32Array(columns).fill(-1);
  const columnDone = new Uint8Array(columns);
  rowDistance[start] = 0;
  let open = [start];
  let sink = -1;
  while (sink < 0) {
    for (const row of open) {
      for (let column = 0; column < columns; column += 1) {
        if (columnDone[column] === 1) continue;
        const reduced = costs[row * columns + column] - rowPotential[row] - columnPotential[column];
        if (rowDistance[row] + reduced < columnDistance[column]) {
          columnDistance[column] = rowDistance[row] + reduced;
          columnFrom[column] = row;
        }
      }
    }
    let next = -1;
    for (let column = 0; column < columns; column += 1)
      if (columnDone[column] === 0 && (next < 0 || columnDistance[column] < columnDistance[next])) next = column;
    columnDone[next] = 1;
    if (room[next] > 0) sink = next;
    open = [];
    // What already goes to this column can be sent elsewhere instead, at no reduced cost.
    for (let row = 0; row < rows && sink < 0; row += 1) {
      if (moved[row * columns + next] === 0 || rowDistance[row] < Infinity) continue;
      rowDistance[row] = columnDistance[next];
      rowFrom[row] = next;
      open.push(row);
    }
  }
  const length = columnDistance[sink];
  for (let row = 0; row < rows; row += 1) if (rowDistance[row] < length) rowPotential[row] += length - rowDistance[row];
  for (let column = 0; column < columns; column += 1)
    if (columnDistance[column] < length) columnPotential[column] -= length - columnDistance[column];
  send(flow, start, sink, rowFrom, columnFrom);
}

function send(
  { columns, supply, room, moved }: Flow,
  start: number,
  sink: number,
  rowFrom: Int32Array,
  columnFrom: Int32Array,
): void {
  let units = Math.min(supply[start], room[sink]);
  for (let row = columnFrom[sink]; row !== start; row = columnFrom[rowFrom[row]])
    units = Math.min(units, moved[row * columns + rowFrom[row]]);
  let column = sink;
  for (;;) {
    const row = columnFrom[column];
    moved[row * columns + column] += units;
    if (row === start) break;
    column = rowFrom[row];
    moved[row * columns + column] -= units;
  }
  supply[start] -= units;
  room[sink] -= units;
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

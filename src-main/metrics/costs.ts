import { COSTS, isCounted, perRowCost, ROW_COSTS, type RowCostName } from './cost-definitions.ts';
import { CELL_COLUMNS, type CellColumns, type CostEstimate, type RowCost, type SuiteCost } from './records.ts';

const FIRST = CELL_COLUMNS.length - ROW_COSTS.length;
const IS_SIZE = ROW_COSTS.map((name) => COSTS[name].isSize);

const PARTS = 3;
const [LEAST, MIDDLE, MOST] = [0, 1, 2];
const TIME = ROW_COSTS.indexOf('seconds');
/** Numbers of a row on a suite: the least, the median and the most of each cost; NaN where no trial says. */
const WIDTH = PARTS * ROW_COSTS.length;

/**
 * What the trials of a board took, by row and suite. One block of numbers: a thousand rows as objects would cost more
 * than the sorting.
 */
export class BoardCosts {
  readonly #suites: readonly string[];
  readonly #values: Float64Array;
  #scratch = new Float64Array(16);

  constructor(rows: number, suites: readonly string[]) {
    this.#suites = suites;
    this.#values = new Float64Array(rows * suites.length * WIDTH).fill(Number.NaN);
  }

  /**
   * The trials of a row on a suite: their median, because a worker's first trial pays for its warm-up, with the least
   * and the most.
   */
  add(row: number, suite: number, { values, count, backend = '' }: CellColumns): void {
    if (this.#scratch.length < count) this.#scratch = new Float64Array(2 * count);
    const sorted = this.#scratch;
    const at = this.#place(row, suite);
    for (let c = 0; c < ROW_COSTS.length; c++) {
      if (!isCounted(ROW_COSTS[c], backend)) continue;
      const n = sortInto(sorted, values, (FIRST + c) * count, count);
      if (n === 0) continue;
      const to = at + PARTS * c;
      this.#values[to] = sorted[0];
      this.#values[to + 1] = (sorted[(n - 1) >> 1] + sorted[n >> 1]) / 2;
      this.#values[to + 2] = sorted[n - 1];
    }
  }

  /** Of a row on each suite where it has trials that say. */
  bySuite(row: number): { suite: string; cost: SuiteCost }[] {
    return this.#suites.flatMap((suite, s) => {
      const at = this.#place(row, s);
      const values = this.#values.subarray(at, at + WIDTH);
      return values.every(Number.isNaN) ? [] : [{ suite, cost: costOf(values) }];
    });
  }

  /** Medians of a row over all suites together: the mean of what adds up, the largest of sizes. */
  together(row: number): RowCost {
    return perRowCost((name) => this.#over(row, ROW_COSTS.indexOf(name), MIDDLE));
  }

  /** The least and the most time that a trial took; a mean over suites as the median is. Null where no trial says. */
  timeSpread(row: number): { low: number; high: number } | null {
    const [low, high] = [this.#over(row, TIME, LEAST), this.#over(row, TIME, MOST)];
    return low === null || high === null ? null : { low, high };
  }

  #over(row: number, cost: number, part: number): number | null {
    let [sum, largest, n] = [0, 0, 0];
    for (let s = 0; s < this.#suites.length; s++) {
      const value = this.#values[this.#place(row, s) + PARTS * cost + part];
      if (Number.isNaN(value)) continue;
      sum += value;
      n++;
      if (value > largest) largest = value;
    }
    return n === 0 ? null : IS_SIZE[cost] ? largest : sum / n;
  }

  #place(row: number, suite: number): number {
    return (row * this.#suites.length + suite) * WIDTH;
  }
}

/**
 * The finite values of a column in ascending order, or the only one; answers how many. Cells have few trials: no sort
 * is faster than inserting.
 */
function sortInto(sorted: Float64Array, values: ArrayLike<number>, from: number, count: number): number {
  // Most costs are the same in every trial.
  const first = values[from];
  let same = from + 1;
  while (same < from + count && values[same] === first) same++;
  if (same === from + count && !Number.isNaN(first)) {
    sorted[0] = first;
    return 1;
  }
  let n = 0;
  for (let i = from; i < from + count; i++) {
    const value = values[i];
    if (Number.isNaN(value)) continue;
    let at = n++;
    for (; at > 0 && sorted[at - 1] > value; at--) sorted[at] = sorted[at - 1];
    sorted[at] = value;
  }
  return n;
}

function costOf(values: Float64Array): SuiteCost {
  const estimate = (name: RowCostName): CostEstimate | null => {
    const at = PARTS * ROW_COSTS.indexOf(name);
    const [low, middle, high] = [values[at + LEAST], values[at + MIDDLE], values[at + MOST]];
    return Number.isNaN(middle) ? null : { middle, low, high };
  };
  return perRowCost(estimate);
}

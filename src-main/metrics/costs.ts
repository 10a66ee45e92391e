import { CELL_COLUMNS, ROW_COSTS, type CellColumns, type RowCost, type RowCostName } from './records.ts';

/** Each cost as the mean over all trials of a row's cells. */
export class MeanCost {
  readonly #sums = ROW_COSTS.map(() => 0);
  readonly #counts = ROW_COSTS.map(() => 0);

  add({ values, count }: CellColumns): void {
    for (let c = 0; c < ROW_COSTS.length; c++) {
      const from = (CELL_COLUMNS.length - ROW_COSTS.length + c) * count;
      let sum = this.#sums[c];
      for (let i = from; i < from + count; i++) {
        const value = values[i];
        if (Number.isNaN(value)) continue;
        sum += value;
        this.#counts[c]++;
      }
      this.#sums[c] = sum;
    }
  }

  answer(): RowCost {
    const mean = (name: RowCostName): number | null => {
      const c = ROW_COSTS.indexOf(name);
      return this.#counts[c] === 0 ? null : this.#sums[c] / this.#counts[c];
    };
    return {
      seconds: mean('seconds'),
      flops: mean('flops'),
      examples: mean('examples'),
      bytesStored: mean('bytesStored'),
      peakMemoryBytes: mean('peakMemoryBytes'),
      parameters: mean('parameters'),
    };
  }
}

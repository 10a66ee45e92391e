/** Sets of labels, and what they come to where the labels are known. */
export interface SetReport {
  readonly rows: readonly (readonly number[])[];
  readonly meanSize: number;
  readonly empty: number;
  readonly single: number;
  readonly coverage: number | null;
}

export function conformalReport(rows: readonly (readonly number[])[], target: Float64Array | null): SetReport {
  const share = (is: (set: readonly number[], row: number) => boolean): number => rows.filter(is).length / rows.length;
  return {
    rows,
    meanSize: rows.reduce((sum, set) => sum + set.length, 0) / rows.length,
    empty: share((set) => set.length === 0),
    single: share((set) => set.length === 1),
    coverage: target === null ? null : share((set, row) => set.includes(target[row])),
  };
}

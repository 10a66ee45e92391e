/** Of how many training inputs a merge wants which statistics of every expert. */
export interface WantedStatistics {
  readonly grams?: number;
  readonly answers?: number;
  readonly fishers?: number;
}

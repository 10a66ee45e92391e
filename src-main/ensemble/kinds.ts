/** What the numbers of a file of predictions may be. */
export const KINDS = ['probabilities', 'log-probabilities', 'numbers'] as const;
export type PredictionKind = (typeof KINDS)[number];

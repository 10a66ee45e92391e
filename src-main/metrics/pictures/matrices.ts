/** Matrices that a merge on trained networks leaves beside accuracies, and what their pictures say. */
export interface MatrixWords {
  readonly title: string;
  readonly rows: string;
  readonly columns: string;
}

const MODELS = { rows: 'model', columns: 'model' } as const;

const WORDS: Readonly<Record<string, MatrixWords>> = {
  coefficients: { title: 'Coefficients of task vectors', rows: 'tensor, from the input', columns: 'model' },
  'changes.cosine': { title: 'Cosines of task vectors', rows: 'tensor, from the input', columns: 'pair of models' },
  'changes.overlap': { title: 'Overlap of the largest fifths of task vectors', ...MODELS },
  'changes.conflict': { title: 'Opposite signs where the largest fifths overlap', ...MODELS },
};

export const MATRICES: readonly string[] = Object.keys(WORDS);

/** Null for a matrix that has no picture of its own kind. */
export const matrixWords = (name: string): MatrixWords | null => WORDS[name] ?? null;

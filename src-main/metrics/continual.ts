/**
 * Metrics over R[i][j] = accuracy on task j after training task i (T × T, 0-based). The same word means different
 * numbers in different systems, so every function carries its source. Each answers null when the matrix does not hold
 * what its definition needs (fewer than two tasks, a method that was evaluated only once).
 */
export type AccuracyMatrix = readonly (readonly number[])[];

/** The square matrix, or null when a row or an entry is missing. */
function square(matrix: AccuracyMatrix): { tasks: number; at: (i: number, j: number) => number } | null {
  const tasks = matrix.length;
  if (tasks === 0) return null;
  for (const row of matrix) {
    if (row.length !== tasks || row.some((value) => !Number.isFinite(value))) return null;
  }
  return { tasks, at: (i, j) => matrix[i]?.[j] ?? Number.NaN };
}

/** The last row, which every method has, however often it was evaluated. */
export function finalRow(matrix: AccuracyMatrix): readonly number[] | null {
  const row = matrix.at(-1);
  return row === undefined || row.length === 0 || row.some((value) => !Number.isFinite(value)) ? null : row;
}

function average(count: number, term: (index: number) => number, from = 0): number | null {
  if (count <= from) return null;
  let sum = 0;
  for (let index = from; index < count; index++) sum += term(index);
  return sum / (count - from);
}

/** mean_j R[T−1][j]. GEM (Lopez-Paz & Ranzato 2017), Hsu et al. 2018, van de Ven & Tolias 2019. */
export function finalMeanOverTasks(matrix: AccuracyMatrix): number | null {
  const row = finalRow(matrix);
  return row === null ? null : average(row.length, (j) => row[j] ?? Number.NaN);
}

/**
 * mean_i of the accuracy over all samples of tasks 0…i after task i (iCaRL, Rebuffi et al. 2017; PyCIL). `sizes` = test
 * samples per task.
 */
export function averageIncremental(matrix: AccuracyMatrix, sizes: readonly number[]): number | null {
  const r = square(matrix);
  if (r === null || sizes.length !== r.tasks) return null;
  return average(r.tasks, (i) => {
    let correct = 0;
    let samples = 0;
    for (let j = 0; j <= i; j++) {
      correct += r.at(i, j) * (sizes[j] ?? 0);
      samples += sizes[j] ?? 0;
    }
    return correct / samples;
  });
}

/** Σ_{i≥j} R[i][j] / (T(T+1)/2). Díaz-Rodríguez et al. 2018. */
export function accuracyDiazRodriguez(matrix: AccuracyMatrix): number | null {
  const r = square(matrix);
  if (r === null) return null;
  let sum = 0;
  for (let i = 0; i < r.tasks; i++) for (let j = 0; j <= i; j++) sum += r.at(i, j);
  return sum / ((r.tasks * (r.tasks + 1)) / 2);
}

/** mean_{j<T−1} (max_{l≤T−2} R[l][j] − R[T−1][j]), l from j. Chaudhry et al. 2018, eq. 3. May be negative. */
export function forgettingChaudhry(matrix: AccuracyMatrix): number | null {
  const r = square(matrix);
  return r && average(r.tasks - 1, (j) => maximum(j, r.tasks - 2, (l) => r.at(l, j)) - r.at(r.tasks - 1, j));
}

/** The same with the maximum over all rows, the last included: never negative. Mammoth. */
export function forgettingMammoth(matrix: AccuracyMatrix): number | null {
  const r = square(matrix);
  return r && average(r.tasks - 1, (j) => maximum(0, r.tasks - 1, (l) => r.at(l, j)) - r.at(r.tasks - 1, j));
}

/** mean_{j<T−1} (R[j][j] − R[T−1][j]): the value right after training less the last one. Avalanche. */
export function forgettingAvalanche(matrix: AccuracyMatrix): number | null {
  const r = square(matrix);
  return r && average(r.tasks - 1, (j) => r.at(j, j) - r.at(r.tasks - 1, j));
}

/** mean_{j<T−1} (R[T−1][j] − R[j][j]). GEM (Lopez-Paz & Ranzato 2017). */
export function backwardTransferGem(matrix: AccuracyMatrix): number | null {
  const r = square(matrix);
  return r && average(r.tasks - 1, (j) => r.at(r.tasks - 1, j) - r.at(j, j));
}

/**
 * mean_{j<T−1} min_{l>j} R[l][j]: the lowest that an old task fell to where it was looked at (De Lange, van de Ven &
 * Tuytelaars 2023, min-ACC, there after every iteration, here after every task).
 */
export function minimumAccuracy(matrix: AccuracyMatrix): number | null {
  const r = square(matrix);
  return r && average(r.tasks - 1, (j) => -maximum(j + 1, r.tasks - 1, (l) => -r.at(l, j)));
}

/** mean_j R[j][j]: right after a task was learnt (learning accuracy; Riemer et al. 2019). Plasticity. */
export function learningAccuracy(matrix: AccuracyMatrix): number | null {
  const r = square(matrix);
  return r && average(r.tasks, (j) => r.at(j, j));
}

/** mean_{j<T−1} R[T−1][j]: what is left of earlier tasks at the end. Stability, beside the learning accuracy. */
export function finalMeanOverOldTasks(matrix: AccuracyMatrix): number | null {
  const row = finalRow(matrix);
  return row === null ? null : average(row.length - 1, (j) => row[j] ?? Number.NaN);
}

/** min_j R[T−1][j]: the task that is worst at the end. */
export function worstTask(matrix: AccuracyMatrix): number | null {
  const row = finalRow(matrix);
  return row === null ? null : Math.min(...row);
}

/** Σ_{i>j} (R[i][j] − R[j][j]) / (T(T−1)/2): over all later steps. Díaz-Rodríguez et al. 2018. */
export function backwardTransferDiazRodriguez(matrix: AccuracyMatrix): number | null {
  const r = square(matrix);
  if (r === null || r.tasks < 2) return null;
  let sum = 0;
  for (let i = 1; i < r.tasks; i++) for (let j = 0; j < i; j++) sum += r.at(i, j) - r.at(j, j);
  return sum / ((r.tasks * (r.tasks - 1)) / 2);
}

/** 1 − |min(BWT, 0)| of Díaz-Rodríguez et al. 2018. */
export function rememberingDiazRodriguez(matrix: AccuracyMatrix): number | null {
  const transfer = backwardTransferDiazRodriguez(matrix);
  return transfer === null ? null : 1 - Math.abs(Math.min(transfer, 0));
}

/** max(BWT, 0) of Díaz-Rodríguez et al. 2018. */
export function positiveBackwardTransferDiazRodriguez(matrix: AccuracyMatrix): number | null {
  const transfer = backwardTransferDiazRodriguez(matrix);
  return transfer === null ? null : Math.max(transfer, 0);
}

/** mean_{j≥1} (R[j−1][j] − b[j]), b = accuracy at random initialisation. GEM (Lopez-Paz & Ranzato 2017). */
export function forwardTransferGem(matrix: AccuracyMatrix, initial: readonly number[]): number | null {
  const r = square(matrix);
  if (r === null || initial.length !== r.tasks) return null;
  return average(r.tasks, (j) => r.at(j - 1, j) - (initial[j] ?? Number.NaN), 1);
}

/** mean_{j≥1} R[j−1][j]. Continuum leaves b out. */
export function forwardTransferContinuum(matrix: AccuracyMatrix): number | null {
  const r = square(matrix);
  return r && average(r.tasks, (j) => r.at(j - 1, j), 1);
}

/**
 * I_T = a*_T − R[T−1][T−1] (Chaudhry et al. 2018, eq. 6, at k = T as in their tables): how much less the last task was
 * learnt than by a model trained on all tasks jointly. `joint` = that model's matrix; its last row counts.
 */
export function intransigenceChaudhry(matrix: AccuracyMatrix, joint: AccuracyMatrix): number | null {
  const own = finalRow(matrix);
  const reference = finalRow(joint);
  if (own === null || reference === null || own.length !== reference.length) return null;
  return (reference.at(-1) ?? Number.NaN) - (own.at(-1) ?? Number.NaN);
}

function maximum(from: number, to: number, value: (index: number) => number): number {
  let largest = -Infinity;
  for (let index = from; index <= to; index++) largest = Math.max(largest, value(index));
  return largest;
}

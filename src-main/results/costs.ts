import type { Cost } from '../metrics/primitives.ts';
import { numeric } from './rows.ts';
import type { Row, Statements } from './rows.ts';

/** Each cost by its column of the table `costs`. */
const COLUMNS: Readonly<Record<keyof Cost, string>> = {
  seconds: 'seconds',
  steps: 'steps',
  flops: 'flops',
  examples: 'examples',
  forwardPasses: 'forward_passes',
  backwardPasses: 'backward_passes',
  bytesStored: 'bytes_stored',
  parameters: 'parameters',
  inferenceFlops: 'inference_flops',
  peakMemoryBytes: 'peak_memory_bytes',
  workers: 'workers',
};

/** What a row of the table `costs` says. What an older program was told and did not count is null. */
export function costOf(row: Row): Cost {
  const wasCounted = numeric(row, 'counted') === 1;
  const counted = (name: keyof Cost): number | null =>
    wasCounted && row[COLUMNS[name]] !== null ? numeric(row, COLUMNS[name]) : null;
  return {
    seconds: numeric(row, COLUMNS.seconds),
    steps: numeric(row, COLUMNS.steps),
    flops: numeric(row, COLUMNS.flops),
    examples: numeric(row, COLUMNS.examples),
    forwardPasses: numeric(row, COLUMNS.forwardPasses),
    backwardPasses: numeric(row, COLUMNS.backwardPasses),
    bytesStored: counted('bytesStored'),
    parameters: counted('parameters'),
    inferenceFlops: counted('inferenceFlops'),
    peakMemoryBytes: numeric(row, COLUMNS.peakMemoryBytes),
    workers: numeric(row, COLUMNS.workers),
  };
}

/** To be called within a transaction. */
export function insertCost(sql: Statements, trial: number, cost: Cost): void {
  const entries = Object.entries({ ...cost });
  const columns: Readonly<Record<string, string>> = COLUMNS;
  sql.run(
    `INSERT INTO costs (trial, counted, ${entries.map(([name]) => columns[name]).join(', ')})
      VALUES (?, 1, ${entries.map(() => '?').join(', ')})`,
    trial,
    ...entries.map(([, value]) => value),
  );
}

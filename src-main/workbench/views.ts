import { confusionMatrix } from '../metrics/predictions.ts';
import type { ResultsStore } from '../results/store.ts';
import type { StoredProgress, TrialRole } from '../results/types.ts';
import type { TrialDetail } from './contract.ts';
import { finite, trialSummaryOf } from './summaries.ts';

/** Everything that one trial measured, for its page; null when there is no such trial. */
export function trialDetailOf(store: ResultsStore, id: string, role: TrialRole, live: StoredProgress | null): TrialDetail | null {
  const trial = store.trial(id);
  if (trial === null) return null;
  const primitives = store.primitives(id);
  const test = primitives?.probabilities['test'];
  const environment = store.environment(id);
  const cost = store.cost(id);
  return {
    ...trialSummaryOf(trial, role, live),
    protocolHash: trial.protocolHash, datasetHash: trial.dataHash,
    command: reproducingCommand(trial),
    metrics: store.metrics(id).filter(({ value, step }) => Number.isFinite(value) && (step ?? -1) === -1).map(({ id: metric, value }) => ({ id: metric, value })),
    matrices: Object.fromEntries(Object.entries(primitives?.matrices ?? {}).map(([name, rows]) => [name, rows.map((row) => row.filter((value) => Number.isFinite(value)))])),
    curves: (primitives?.curves ?? []).map(({ name, x, points }) => ({ name, x, points: points.filter(([at, y]) => Number.isFinite(at) && Number.isFinite(y)).map(([at, y]): [number, number] => [at, y]) })),
    scalars: finite(primitives?.scalars ?? {}),
    confusion: test === undefined ? null : { classes: [...test.classNames ?? Array.from({ length: test.classes }, (_, index) => String(index))], counts: confusionMatrix(test) },
    cost: cost && { ...cost },
    environment: environment && { ...environment, versions: { ...environment.versions } },
    notes: primitives?.notes ?? [],
    log: store.logs(id).map(({ at, message }) => ({ at, message })),
  };
}

/** The command line that gives this trial again, on any machine with the same data. */
export function reproducingCommand(trial: { suite: string; method: string; hyperParameters: Readonly<Record<string, number | string | boolean>>; seed: number; backend: string }): string {
  const values = Object.entries(trial.hyperParameters).map(([name, value]) => `:${name}=${String(value)}`).join('');
  const method = `${trial.method}${values}`;
  const quoted = /^[\w.:=+\-/]+$/.test(method) ? method : `'${method.replaceAll("'", "'\\''")}'`;
  return `touchstone run ${trial.suite} --methods ${quoted} --seeds ${trial.seed} --backend ${trial.backend} --no-references`;
}

import { placeText } from '../base/places.ts';
import type { Primitives } from '../metrics/primitives.ts';
import { summarise } from '../metrics/sample-statistics.ts';
import { computeMetrics, METRICS, metricVersions } from '../metrics/registry.ts';
import { formerTrialId } from '../results/former-identity.ts';
import { dataHash, trialId, trialIn } from '../results/identity.ts';
import type { ReportedTrial, ReportTrial } from './input.ts';
import type { ImportedReport } from './json.ts';

/** A trial of a report as far as it bears looking at. */
export interface VerifiedTrial {
  readonly trial: ReportTrial;
  /** Computed here from what the trial measured; what cannot be is as the report says, and the trial is not checked. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Its id follows from what it says of itself, and every metric from what it measured. */
  readonly checked: boolean;
}

/** What a suite of this program says that a report has to agree with. */
export interface KnownSuite {
  readonly datasets: number;
  /** The method that intransigence is measured against. */
  readonly upper: string;
}

/** Two programs on two machines may round the last digits otherwise. */
const RELATIVE = 1e-9;
const ABSOLUTE = 1e-12;

/**
 * Looks at every trial of a report, one at a time (a report may hold thousands): its id against what it says of itself,
 * its metrics against what it measured. Throws, naming trial and metric, where they contradict each other.
 */
export function* verifyReport(
  report: ImportedReport,
  suiteOf: (id: string) => KnownSuite | null,
): Generator<VerifiedTrial> {
  const versions = new Map(Object.entries(metricVersions()));
  const said = new Map(Object.entries(report.definitions ?? {}));
  // Which definitions the report's metrics follow; before reports said so, each was the first.
  const isSameDefinition = (metric: string): boolean => (said.get(metric) ?? 1) === versions.get(metric);
  const uppers = uppersOf(report, suiteOf);
  const ids = new Set(report.trials.map(({ id }) => id));
  for (const trial of report.trials.map(whole)) {
    const isIdentified = checkId(trial, suiteOf(trial.suite), ids);
    const { primitives } = trial;
    if (trial.state !== 'done' || primitives === null) {
      yield { trial, metrics: {}, checked: isIdentified };
      continue;
    }
    const alone = new Map(Object.entries(computeMetrics(primitives)));
    const joint = uppers.get(seedKey(trial));
    const metrics =
      joint === undefined || joint === primitives
        ? new Map(alone)
        : new Map(Object.entries(computeMetrics(primitives, { joint })));
    let isWhole = true;
    for (const [metric, claimed] of Object.entries(trial.metrics)) {
      const value = alone.get(metric);
      if (value !== undefined) {
        if (isSameDefinition(metric) && !isNear(value, claimed)) throw contradiction(trial, metric, claimed, value);
      } else if (versions.has(metric) && !isAgainstAnother(metric, primitives)) {
        isWhole = false;
        metrics.set(metric, claimed);
      }
    }
    const checked = report.version >= 2 && isIdentified && isWhole;
    yield { trial, metrics: Object.fromEntries(metrics), checked };
  }
}

/** The trial, where the report says all that it takes to store it. Throws with what it does not say. */
function whole(trial: ReportedTrial): ReportTrial {
  const { suiteVersion, protocolHash, dataHash, methodVersion, createdAt } = trial;
  if (
    suiteVersion !== null &&
    protocolHash !== null &&
    dataHash !== null &&
    methodVersion !== null &&
    createdAt !== null &&
    (trial.state !== 'done' || (trial.cost !== null && trial.environment !== null))
  )
    return { ...trial, suiteVersion, protocolHash, dataHash, methodVersion, createdAt };
  const parts = Object.entries({ suiteVersion, protocolHash, dataHash, methodVersion, createdAt, ...costs(trial) });
  const unsaid = parts.filter(([, value]) => value === null).map(([name]) => name);
  throw new Error(
    `This report does not say the ${unsaid.join(', ')} of ${named(trial)}, so that its results cannot be told from ` +
      'others. Nothing was imported.',
  );
}

const costs = ({ cost, environment }: ReportedTrial): Record<string, unknown> => ({ cost, environment });

/** False where the id cannot be computed. Throws where it can, and is another one. */
function checkId(trial: ReportTrial, suite: KnownSuite | null, all: ReadonlySet<string>): boolean {
  const { dataHashes, artefacts } = trial;
  const data = dataHashes ?? (suite?.datasets === 1 ? [trial.dataHash] : null);
  const absent = Object.entries(artefacts ?? {}).find(([, needed]) => !all.has(trialIn(needed)));
  if (absent !== undefined)
    throw new Error(
      `The report is not whole: ${named(trial)} opened the artefact "${absent[0]}" of a trial that is ` +
        'not in it. Nothing was imported.',
    );
  if (data === null) return false;
  const id = artefacts === null ? formerTrialId({ ...trial, data }) : trialId({ ...trial, data, artefacts });
  if (id === trial.id && dataHash(data) === trial.dataHash) return true;
  throw new Error(
    `The report was changed: what it says about ${named(trial)} does not fit the trial's id. Nothing was imported.`,
  );
}

/** What the upper ends of the report's suites measured, by suite, seed, fold, backend and protocol. */
function uppersOf(
  report: Pick<ImportedReport, 'trials'>,
  suiteOf: (id: string) => KnownSuite | null,
): Map<string, Primitives> {
  return new Map(
    report.trials.flatMap((trial) =>
      trial.state === 'done' && trial.primitives !== null && suiteOf(trial.suite)?.upper === trial.method
        ? [[seedKey(trial), trial.primitives] as const]
        : [],
    ),
  );
}

const seedKey = ({ suite, seed, fold, backend, protocolHash }: ReportedTrial): string =>
  JSON.stringify([suite, seed, fold ?? null, backend, protocolHash]);

/**
 * Whether a metric is measured against the upper end: where that is not in the report it is left out, and the trial
 * stands without it.
 */
function isAgainstAnother(metric: string, primitives: Primitives): boolean {
  const found = METRICS.find(({ id }) => id === metric);
  const summary = summarise(primitives);
  return found?.compute(summary) === null && found.compute(summary, { joint: summary }) !== null;
}

function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) <= ABSOLUTE + RELATIVE * Math.max(Math.abs(a), Math.abs(b));
}

const named = (trial: ReportedTrial): string =>
  `trial ${trial.id.slice(0, 12)} (${trial.method} on ${trial.suite}, ${placeText(trial)})`;

function contradiction(trial: ReportTrial, metric: string, said: number, value: number): Error {
  return new Error(
    `The report contradicts itself: ${metric} of ${named(trial)} is ${said} in it, but what the trial ` +
      `measured gives ${value}. Nothing was imported.`,
  );
}

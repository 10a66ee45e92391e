import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { placeText } from '../../base/places.ts';
import { canonicalJson } from '../../base/canonical.ts';
import { remembered } from '../../base/remembered.ts';
import type { MethodRegistry } from '../../methods/registry.ts';
import type { MeasuredConfiguration, MeasuredValue } from '../../metrics/claims/choose.ts';
import { computeMetrics, metricVersions } from '../../metrics/registry.ts';
import type { ReportedTrial } from '../../reports/input.ts';
import { parseReportJson, type ImportedReport } from '../../reports/json.ts';
import { trialIn } from '../../results/identity.ts';
import type { SuiteRegistry } from '../../suites/registry.ts';
import { hyperParameters } from '../contract/contract.ts';
import { olderThanNow } from './older.ts';

/** The reference runs that come with the program: JSON reports of studies, with statistics in place of the answers. */
export const REFERENCE_RUNS_FOLDER = fileURLToPath(new URL('../../../resources/reference-runs/', import.meta.url));

interface Registries {
  readonly methods: MethodRegistry;
  readonly suites: SuiteRegistry;
}

/**
 * What the reference runs measured, those of each version of the code apart. Of one trial in several reports the later
 * counts. Trials of methods or settings that this program does not know are left out. Throws, with the file's name,
 * where a file is no report.
 */
export function shippedRuns(registries: Registries, folder: string = REFERENCE_RUNS_FOLDER): MeasuredConfiguration[] {
  const measured = readReports(folder).flatMap((report) => trialsIn(report, registries));
  measured.sort((a, b) => a.finishedAt - b.finishedAt);
  const configurations = new Map<string, Gathered>();
  for (const { head, place, metrics } of measured) {
    const key = canonicalJson([head.suite, head.method, head.hyperParameters, head.older]);
    const { places, values } = remembered(configurations, key, () => ({ head, places: new Map(), values: new Map() }));
    places.set(placeText(place), place);
    for (const [metric, value] of Object.entries(metrics))
      remembered(values, metric, () => new Map<string, MeasuredValue>()).set(placeText(place), { ...place, value });
  }
  return [...configurations.values()].map(({ head, places, values }) => ({
    ...head,
    seeds: [...places.values()].map(({ seed }) => seed),
    folds: Math.max(1, ...[...places.values()].map(({ fold }) => (fold ?? 0) + 1)),
    values: Object.fromEntries([...values].map(([metric, byPlace]) => [metric, [...byPlace.values()]])),
  }));
}

/** The reports of a folder, by the names of their files; none where there is no such folder. */
export function readReports(folder: string): ImportedReport[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => {
      try {
        return parseReportJson(readFileSync(join(folder, name), 'utf8'));
      } catch (error) {
        throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
    });
}

type Head = Omit<MeasuredConfiguration, 'seeds' | 'folds' | 'values'>;
type Place = Pick<MeasuredValue, 'seed' | 'fold'>;
interface Gathered {
  readonly head: Head;
  readonly places: Map<string, Place>;
  /** By metric, and by seed and fold. */
  readonly values: Map<string, Map<string, MeasuredValue>>;
}
interface MeasuredTrial {
  readonly head: Head;
  readonly place: Place;
  readonly finishedAt: number;
  readonly metrics: Readonly<Record<string, number>>;
}

function trialsIn(report: ImportedReport, { methods, suites }: Registries): MeasuredTrial[] {
  const byId = new Map(report.trials.map((trial) => [trial.id, trial]));
  const older = (trial: ReportedTrial): string[] => {
    const method = methods.methods.get(trial.method)?.method;
    const present = { suite: suites.find(trial.suite)?.version, method: method?.version, driver: method?.driver };
    const makers = [...new Set(Object.values(trial.artefacts ?? {}).map(trialIn))].flatMap((id) => byId.get(id) ?? []);
    const ofMakers = makers.flatMap((maker) => older(maker).map((words) => `${maker.method}: ${words}`));
    return [...new Set([...olderThanNow(trial, present), ...ofMakers])];
  };
  return report.trials.flatMap((trial): MeasuredTrial[] => {
    const settings = methods.methods.get(trial.method)?.method.schema.safeParse(trial.hyperParameters);
    if (trial.state !== 'done' || trial.role !== 'cell' || settings?.success !== true) return [];
    const head = {
      suite: trial.suite,
      methodKey: trial.method,
      method: trial.method,
      hyperParameters: hyperParameters.parse(settings.data),
      published: false,
      older: older(trial),
    };
    const place = { seed: trial.seed, fold: trial.fold ?? null };
    return [{ head, place, finishedAt: trial.finishedAt ?? 0, metrics: metricsOf(trial, report) }];
  });
}

/**
 * Metrics by this program's definitions; those that cannot be computed from the report are as it says, where the
 * definition is the same.
 */
function metricsOf({ metrics, primitives }: ReportedTrial, { definitions }: ImportedReport): Record<string, number> {
  const versions = metricVersions();
  const said = Object.entries(metrics).filter(([id]) => versions[id] === (definitions?.[id] ?? 1));
  return { ...Object.fromEntries(said), ...(primitives === null ? {} : computeMetrics(primitives)) };
}

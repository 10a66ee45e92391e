import { z } from 'zod';
import { sha256 } from '../base/canonical.ts';
import { parseReportJson } from '../reports/json.ts';
import type { ImportedReport } from '../reports/json.ts';
import { verifyReport } from '../reports/verify.ts';
import type { VerifiedTrial } from '../reports/verify.ts';
import { configurationKey, importedTrialId } from '../results/identity.ts';
import type { ResultsStore } from '../results/store.ts';
import type { ImportedTrial, StoredStudy } from '../results/types.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import { studyRequest, WorkbenchError } from './contract/contract.ts';
import type { Output, StudyRequest } from './contract/contract.ts';

/**
 * Reports of other machines. An import is a study of its own, named by the hash of its file, and its trials have ids and configurations of
 * their own: they are shown beside what is computed here and never stand in for it. Everything is parsed and computed again before anything is
 * stored.
 */

/** Where an imported study comes from, as it is stored with it and, with its trials' own ids, with each of them. */
const importedFrom = z.object({
  /** SHA-256 of the file. */
  file: z.string(),
  study: z.string(),
  name: z.string(),
  program: z.string(),
  exportedAt: z.number(),
  importedAt: z.number(),
});
export type ImportedFrom = z.infer<typeof importedFrom>;
const importedTrialFrom = importedFrom.extend({
  /** The trial's id in the file. */
  trial: z.string(),
  /** That id is of the form of before artefacts had a part in it. */
  former: z.boolean().default(false),
});

/** Where a study or a trial was imported from; null where it was made here, or what is stored about it cannot be read. */
export function importedFromOf(origin: string | null | undefined): ImportedFrom | null {
  return origin == null ? null : (importedFrom.safeParse(parsedText(origin)).data ?? null);
}

/** The id that an imported trial has where it was computed. */
export function originalTrialId({ id, origin }: { readonly id: string; readonly origin: string | null }): string {
  return origin === null ? id : (importedTrialFrom.safeParse(parsedText(origin)).data?.trial ?? id);
}

/** What a report says of the artefacts that a trial opened: the ids of their trials as the report has them; null where its own id says nothing of them. */
export function artefactsInReport(
  store: Pick<ResultsStore, 'needs' | 'trial'>,
  { id, origin }: { readonly id: string; readonly origin: string | null },
): Record<string, string> | null {
  if (origin !== null && importedTrialFrom.safeParse(parsedText(origin)).data?.former === true) return null;
  return Object.fromEntries(
    Object.entries(store.needs(id)).map(([name, needed]) => {
      const trial = store.trial(needed);
      return [name, trial === null ? needed : originalTrialId(trial)];
    }),
  );
}

function parsedText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export interface ImportParts {
  readonly store: ResultsStore;
  readonly suites: SuiteRegistry;
  readonly now: () => number;
}

/** Milliseconds of looking at trials before anything else gets its turn. */
const TURN_MS = 25;

/**
 * Takes up the results of a JSON report, all or nothing. Unfinished trials come as cancelled, so that nothing runs unasked. Throws WorkbenchError
 * when the file is no whole report, its trials are not what their ids say, or its metrics are not what its answers give.
 */
export async function importReport(parts: ImportParts, text: string): Promise<Output<'report.import'>> {
  const { store, suites, now } = parts;
  const file = sha256(text);
  const id = studyIdOf(file);
  try {
    const report = parseReportJson(text);
    const request = requestIn(report);
    if (store.study(id) !== null) return { study: id, trials: 0, alreadyThere: report.trials.length, notChecked: 0 };
    const from: ImportedFrom = {
      file,
      study: report.study.id,
      name: report.study.name,
      program: report.program,
      exportedAt: report.createdAt,
      importedAt: now(),
    };
    const trials: ImportedTrial[] = [];
    let turn = performance.now();
    const known = (suite: string): { datasets: number; upper: string } | null => {
      const found = suites.suites.get(suite);
      return found === undefined ? null : { datasets: found.datasets.length, upper: found.references.upper };
    };
    for (const verified of verifyReport(report, known)) {
      trials.push(importedOf(verified, from, suites.suites.get(verified.trial.suite)?.metrics[0]));
      if (performance.now() - turn < TURN_MS) continue;
      await new Promise((resolve) => setImmediate(resolve));
      turn = performance.now();
    }
    store.importStudy(studyOf(report, request, from, id), makersFirst(trials));
    return {
      study: id,
      trials: trials.length,
      alreadyThere: 0,
      notChecked: trials.filter(({ checked }) => !checked).length,
    };
  } catch (error) {
    // What the store says of itself has kind and remedy already.
    if (!(error instanceof Error) || error.constructor !== Error) throw error;
    throw new WorkbenchError({ kind: 'invalid-input', message: error.message, remedy: null, details: null });
  }
}

/** An id of a study's form, the same for the same file. */
function studyIdOf(file: string): string {
  return [file.slice(0, 8), file.slice(8, 12), file.slice(12, 16), file.slice(16, 20), file.slice(20, 32)].join('-');
}

/** The study's request as the program reads it: what could not be read would make every list of studies fail. */
function requestIn(report: ImportedReport): StudyRequest {
  const parsed = studyRequest.safeParse(report.study.request);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(
    `This report is damaged and nothing was imported: study.request.${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}. Export it again where it was made.`,
  );
}

function studyOf(report: ImportedReport, request: StudyRequest, from: ImportedFrom, id: string): StoredStudy {
  const { name, backend, createdAt, finishedAt } = report.study;
  return {
    id,
    name,
    intent: 'run',
    request: JSON.stringify(request),
    backend,
    createdAt: Math.min(createdAt, from.importedAt),
    finishedAt: Math.min(finishedAt ?? report.createdAt, from.importedAt),
    origin: JSON.stringify(from),
  };
}

function importedOf(
  { trial, metrics, checked }: VerifiedTrial,
  from: ImportedFrom,
  headline: string | undefined,
): ImportedTrial {
  const { role, label, suite, suiteVersion, protocolHash, dataHash, dataHashes, sourceHash, method, methodVersion } =
    trial;
  const { driver, hyperParameters, seed, fold, backend, numerics, createdAt, startedAt, finishedAt } = trial;
  const { failure, primitives, cost, environment, notes } = trial;
  const isMeasured = trial.state === 'done' || trial.state === 'diverged';
  const isDone = isMeasured && primitives !== null && cost !== null && environment !== null;
  const values = Object.entries(metrics).map(([id, value]) => ({ id, value }));
  return {
    id: importedTrialId(from.file, trial.id),
    role,
    label,
    suite,
    suiteVersion,
    protocolHash,
    dataHash,
    dataHashes,
    sourceHash,
    method,
    methodVersion,
    driver,
    needs: Object.fromEntries(
      Object.entries(trial.artefacts ?? {}).map(([name, needed]) => [name, importedTrialId(from.file, needed)]),
    ),
    configuration: configurationKey(method, hyperParameters, { file: from.file, checked }),
    hyperParameters,
    seed,
    fold,
    backend,
    numerics,
    createdAt,
    startedAt,
    finishedAt,
    headline: values.find(({ id }) => id === headline)?.value ?? null,
    failure: failure === null ? null : { ...failure, details: '', attempts: 1 },
    state: isDone && trial.state === 'done' ? 'done' : endOf(trial.state),
    origin: JSON.stringify({ ...from, trial: trial.id, former: trial.artefacts === null }),
    checked,
    result: isDone ? { primitives, cost, environment, notes, artefact: null } : null,
    metrics: values,
  };
}

/** The trials in an order in which those whose artefacts others opened come before them. Throws where trials need each other in a circle. */
function makersFirst(trials: readonly ImportedTrial[]): ImportedTrial[] {
  const byId = new Map(trials.map((trial) => [trial.id, trial]));
  const placed = new Set<string>();
  const ordered: ImportedTrial[] = [];
  const place = (trial: ImportedTrial, above: readonly string[]): void => {
    if (placed.has(trial.id)) return;
    if (above.includes(trial.id))
      throw new Error('This report is damaged and nothing was imported: its trials need each other in a circle.');
    for (const needed of Object.values(trial.needs)) {
      const maker = byId.get(needed);
      if (maker !== undefined) place(maker, [...above, trial.id]);
    }
    placed.add(trial.id);
    ordered.push(trial);
  };
  for (const trial of trials) place(trial, []);
  return ordered;
}

/** What becomes of a trial that has not finished elsewhere: it does not run here unasked. */
function endOf(state: string): Exclude<ImportedTrial['state'], 'done'> {
  return state === 'failed' || state === 'diverged' || state === 'not-possible' ? state : 'cancelled';
}

import type { ImportedReport } from '../reports/json.ts';
import { ReportError } from '../reports/reading-process.ts';
import type { ReadReport, ReadReportFile } from '../reports/reading-process.ts';
import type { VerifiedTrial } from '../reports/verify.ts';
import { artefactIn, artefactReference, configurationKey, importedTrialId, trialIn } from '../results/identity.ts';
import type { ResultsStore } from '../results/store.ts';
import type { ImportedTrial, StoredStudy } from '../results/types.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import type { Broadcast } from './broadcast.ts';
import { studyRequest, WorkbenchError } from './contract/contract.ts';
import type { Output, StudyRequest } from './contract/contract.ts';
import type { ImportedFrom } from './imported-from.ts';
import { removePlanned } from './planned-study.ts';

/**
 * Reports of other machines. An import is a study of its own, named by the hash of its file, and its trials have ids
 * and configurations of their own: they are shown beside what is computed here and never stand in for it. Everything is
 * parsed and computed again before anything is stored.
 */

export interface ImportParts {
  readonly store: ResultsStore;
  readonly suites: SuiteRegistry;
  readonly broadcast: Broadcast;
  readonly now: () => number;
  readonly readReport: ReadReportFile;
}

/**
 * Takes up the results of a JSON report, all or nothing: until its last trial is stored the study is one that is being
 * planned, and goes where anything fails. Reading and looking at it is the work of another process. Unfinished trials
 * come as cancelled, so that nothing runs unasked. Throws WorkbenchError when the file is no whole report, its trials
 * are not what their ids say, or its metrics are not what its answers give.
 */
export async function importReport(parts: ImportParts, path: string): Promise<Output<'report.import'>> {
  const { store, suites, now, readReport } = parts;
  const known = new Map(
    [...suites.suites].map(([id, { datasets, references }]) => [
      id,
      { datasets: datasets.length, upper: references.upper },
    ]),
  );
  try {
    const read = await readReport(path, known);
    try {
      const { file, report, count } = read;
      const id = studyIdOf(file);
      const request = requestIn(report);
      if (store.study(id) !== null) return { study: id, trials: 0, alreadyThere: count, notChecked: 0 };
      const from: ImportedFrom = {
        file,
        study: report.study.id,
        name: report.study.name,
        program: report.program,
        exportedAt: report.createdAt,
        importedAt: now(),
      };
      const notChecked = await stored(read, studyOf(report, request, from, id), from, parts);
      return { study: id, trials: count, alreadyThere: 0, notChecked };
    } finally {
      read.close();
    }
  } catch (error) {
    if (!(error instanceof ReportError)) throw error;
    throw new WorkbenchError({ kind: 'invalid-input', message: error.message, remedy: null, details: null });
  }
}

/** Stores the study with its trials, one after the other; answers how many are not checked. */
async function stored(
  { trial, count }: ReadReport,
  study: StoredStudy,
  from: ImportedFrom,
  { store, suites, broadcast }: ImportParts,
): Promise<number> {
  let notChecked = 0;
  store.beginStudy({ ...study, intent: 'plan' });
  try {
    for (let index = 0; index < count; index++) {
      const verified = await trial(index);
      if (store.study(study.id)?.intent !== 'plan')
        throw new ReportError(`The import of "${study.name}" was cancelled.`);
      const imported = importedOf(verified, from, suites.find(verified.trial.suite)?.metrics[0]);
      store.importTrials(study, [imported], index);
      if (!imported.checked) notChecked += 1;
    }
    store.setStudy(study.id, { intent: 'run' });
    return notChecked;
  } catch (error) {
    await removePlanned(study.id, { store, broadcast }).catch(() => undefined);
    throw error;
  }
}

/** An id of a study's form, the same for the same file. */
function studyIdOf(file: string): string {
  return [file.slice(0, 8), file.slice(8, 12), file.slice(12, 16), file.slice(16, 20), file.slice(20, 32)].join('-');
}

/** The study's request as the program reads it: what could not be read would make every list of studies fail. */
function requestIn(report: Pick<ImportedReport, 'study'>): StudyRequest {
  const parsed = studyRequest.safeParse(report.study.request);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ReportError(
    `This report is damaged and nothing was imported: study.request.${issue?.path.join('.') ?? ''}: ` +
      `${issue?.message ?? ''}. Export it again where it was made.`,
  );
}

function studyOf(
  report: Omit<ImportedReport, 'trials'>,
  request: StudyRequest,
  from: ImportedFrom,
  id: string,
): StoredStudy {
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
      Object.entries(trial.artefacts ?? {}).map(([name, needed]) => [
        name,
        artefactReference(importedTrialId(from.file, trialIn(needed)), artefactIn(needed)),
      ]),
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
    result: isDone ? { primitives, cost, environment, notes, artefacts: {} } : null,
    metrics: values,
  };
}

/** What becomes of a trial that has not finished elsewhere: it does not run here unasked. */
function endOf(state: string): Exclude<ImportedTrial['state'], 'done'> {
  return state === 'failed' || state === 'diverged' || state === 'not-possible' ? state : 'cancelled';
}

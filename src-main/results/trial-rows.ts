import { z } from 'zod';
import { hyperParameters } from '../base/hyper-parameters.ts';
import type { TrialIdentity } from './identity.ts';
import { measuredNumber, numeric, numericOrNull, text, textOrNull } from './rows.ts';
import type { Row } from './rows.ts';
import { trialStateOf } from './states.ts';
import type { StoredTrial } from './types.ts';

const hashesText = z.array(z.string());
const progressText = z.object({
  done: z.number(),
  total: z.number(),
  rate: z.number().nullable(),
  eta: z.number().nullable(),
  metrics: z.record(z.string(), measuredNumber),
});
const failureText = z.object({ kind: z.string(), message: z.string(), details: z.string(), attempts: z.number() });

/** What of the table `trials`, as t, makes a StoredTrial. */
export const TRIAL_COLUMNS = `t.id, t.suite, t.suite_version, t.protocol_hash, t.data_hash, t.method, t.method_version, t.configuration, t.hyper_parameters, t.seed,
  t.backend, t.numerics, t.state, t.attempts, t.created_at, t.started_at, t.finished_at, t.progress, t.failure, t.headline, t.seconds,
  t.data_hashes, t.source_hash, t.origin, t.checked, t.driver, t.fold, t.former_id, t.cell`;

/**
 * A trial as it is stored. One whose row cannot be read (a fault of the disk: no part of the program writes such) is
 * shown as failed, with what of it can be read, so that one bad row fails no list.
 */
export function trialOf(row: Row): StoredTrial {
  try {
    return readTrial(row);
  } catch (error) {
    return unreadableTrial(row, error instanceof Error ? error.message : String(error));
  }
}

function unreadableTrial(row: Row, why: string): StoredTrial {
  const words = (column: string): string => (typeof row[column] === 'string' ? row[column] : '');
  const count = (column: string): number => (typeof row[column] === 'number' ? row[column] : 0);
  return {
    id: words('id'),
    suite: words('suite'),
    suiteVersion: count('suite_version'),
    protocolHash: words('protocol_hash'),
    dataHash: words('data_hash'),
    method: words('method'),
    methodVersion: count('method_version'),
    driver: count('driver'),
    configuration: words('configuration'),
    hyperParameters: {},
    seed: count('seed'),
    fold: null,
    backend: words('backend'),
    numerics: words('numerics'),
    state: 'failed',
    attempts: 1,
    createdAt: count('created_at'),
    startedAt: null,
    finishedAt: null,
    progress: null,
    failure: {
      kind: 'damaged',
      message:
        `What the database holds of this trial cannot be read (${why}). A new study with the same ` +
        'settings runs it again.',
      details: '',
      attempts: 1,
    },
    headline: null,
    seconds: null,
    dataHashes: null,
    sourceHash: null,
    origin: null,
    checked: false,
    formerId: null,
    cell: null,
  };
}

function readTrial(row: Row): StoredTrial {
  const progress = textOrNull(row, 'progress');
  const failure = textOrNull(row, 'failure');
  const dataHashes = textOrNull(row, 'data_hashes');
  return {
    id: text(row, 'id'),
    suite: text(row, 'suite'),
    suiteVersion: numeric(row, 'suite_version'),
    protocolHash: text(row, 'protocol_hash'),
    dataHash: text(row, 'data_hash'),
    method: text(row, 'method'),
    methodVersion: numeric(row, 'method_version'),
    configuration: text(row, 'configuration'),
    hyperParameters: hyperParameters.parse(JSON.parse(text(row, 'hyper_parameters'))),
    seed: numeric(row, 'seed'),
    backend: text(row, 'backend'),
    numerics: text(row, 'numerics'),
    state: trialStateOf(text(row, 'state')),
    attempts: numeric(row, 'attempts'),
    createdAt: numeric(row, 'created_at'),
    startedAt: numericOrNull(row, 'started_at'),
    finishedAt: numericOrNull(row, 'finished_at'),
    progress: progress === null ? null : progressText.parse(JSON.parse(progress)),
    failure: failure === null ? null : failureText.parse(JSON.parse(failure)),
    headline: numericOrNull(row, 'headline'),
    seconds: numericOrNull(row, 'seconds'),
    dataHashes: dataHashes === null ? null : hashesText.parse(JSON.parse(dataHashes)),
    sourceHash: textOrNull(row, 'source_hash'),
    origin: textOrNull(row, 'origin'),
    checked: numeric(row, 'checked') === 1,
    driver: numeric(row, 'driver'),
    fold: numericOrNull(row, 'fold'),
    formerId: textOrNull(row, 'former_id'),
    cell: numericOrNull(row, 'cell'),
  };
}

/** What a stored trial was asked as; `artefacts` is what it needs, by name, as `artefactReference` has it. */
export function identityOf(trial: StoredTrial, artefacts: Readonly<Record<string, string>>): TrialIdentity {
  const { suite, suiteVersion, protocolHash, method, methodVersion, sourceHash, driver } = trial;
  const { hyperParameters, seed, fold, backend, numerics } = trial;
  return {
    suite,
    suiteVersion,
    protocolHash,
    data: trial.dataHashes ?? [trial.dataHash],
    method,
    methodVersion,
    sourceHash,
    driver,
    hyperParameters,
    seed,
    fold,
    backend,
    numerics,
    artefacts,
  };
}

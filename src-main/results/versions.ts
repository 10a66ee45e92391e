import { z } from 'zod';
import { hyperParameters } from '../base/hyper-parameters.ts';
import { canonicalJson } from '../base/canonical.ts';
import { artefactReference, cellId } from './identity.ts';
import type { CellVersion, TrialIdentity } from './identity.ts';
import { numeric, text, textOrNull } from './rows.ts';
import type { Statements } from './rows.ts';

/**
 * Which version of everything results were measured with. There are few versions and many cells, so that each is stored
 * once, in the table `versions`, and cells name it by its number.
 */

const versionText = z.object({
  suiteVersion: z.number(),
  protocolHash: z.string(),
  data: z.string(),
  methodVersion: z.number(),
  sourceHash: z.string().nullable(),
  driver: z.number(),
  numerics: z.string(),
  artefacts: z.record(z.string(), z.string()),
});

/** What of a trial its cell follows from. */
export interface Placeable extends Pick<
  TrialIdentity,
  | 'suite'
  | 'suiteVersion'
  | 'protocolHash'
  | 'method'
  | 'methodVersion'
  | 'sourceHash'
  | 'driver'
  | 'hyperParameters'
  | 'backend'
  | 'numerics'
> {
  readonly dataHash: string;
  readonly configuration: string;
}

/**
 * The number of a trial's cell, which is made where it is the first of its cell. `needs`: rows of the trials whose
 * artefacts it opens.
 */
export function cellOf(sql: Statements, trial: Placeable, needs: readonly Need[]): number {
  const version = versionOf(sql, trial, needs);
  const identity = cellId(trial, trial.configuration, version);
  const known = sql.get('SELECT cell FROM cells WHERE identity = ?', identity);
  if (known !== null) return numeric(known, 'cell');
  sql.run(
    `INSERT INTO cells (identity, suite, configuration, backend, version, method, hyper_parameters)
      VALUES (?, ?, ?, ?, ?, ?, ?)`,
    identity,
    trial.suite,
    trial.configuration,
    trial.backend,
    versionNumber(sql, version),
    trial.method,
    canonicalJson(trial.hyperParameters),
  );
  const made = sql.get('SELECT cell FROM cells WHERE identity = ?', identity);
  if (made === null) throw new Error('the cell was stored and is not there');
  return numeric(made, 'cell');
}

/** A trial that another one needs: under which name, its row, and which of its artefacts; `model` unless told. */
export interface Need {
  readonly name: string;
  readonly row: number;
  readonly artefact?: string;
}

function versionOf(sql: Statements, trial: Placeable, needs: readonly Need[]): CellVersion {
  const { suiteVersion, protocolHash, methodVersion, sourceHash, driver, numerics } = trial;
  return {
    suiteVersion,
    protocolHash,
    data: trial.dataHash,
    methodVersion,
    sourceHash,
    driver,
    numerics,
    artefacts: Object.fromEntries(
      needs.map(({ name, row, artefact }) => [name, artefactReference(cellIdOfTrial(sql, row), artefact)]),
    ),
  };
}

/** What the stored trial in a row has in common with those of its cell, by its own columns. */
export function placeOfTrial(sql: Statements, row: number): Placeable & { readonly version: CellVersion } {
  const found = sql.get(
    `SELECT suite, suite_version, protocol_hash, data_hash, method, method_version, source_hash, driver, configuration,
      hyper_parameters, backend, numerics FROM trials WHERE row = ?`,
    row,
  );
  if (found === null) throw new RangeError(`there is no trial in row ${row}`);
  const trial: Placeable = {
    suite: text(found, 'suite'),
    suiteVersion: numeric(found, 'suite_version'),
    protocolHash: text(found, 'protocol_hash'),
    dataHash: text(found, 'data_hash'),
    method: text(found, 'method'),
    methodVersion: numeric(found, 'method_version'),
    sourceHash: textOrNull(found, 'source_hash'),
    driver: numeric(found, 'driver'),
    configuration: text(found, 'configuration'),
    hyperParameters: hyperParameters.parse(JSON.parse(text(found, 'hyper_parameters'))),
    backend: text(found, 'backend'),
    numerics: text(found, 'numerics'),
  };
  const needs = sql
    .all('SELECT name, needs, artefact FROM dependencies WHERE trial = ?', row)
    .map((need) => ({ name: text(need, 'name'), row: numeric(need, 'needs'), artefact: text(need, 'artefact') }));
  return { ...trial, version: versionOf(sql, trial, needs) };
}

function cellIdOfTrial(sql: Statements, row: number): string {
  const found = sql.get('SELECT c.identity FROM trials t JOIN cells c ON c.cell = t.cell WHERE t.row = ?', row);
  if (found === null) throw new Error(`there is no trial in row ${row}`);
  return text(found, 'identity');
}

/** The number under which a version is stored. */
export function versionNumber(sql: Statements, version: CellVersion): number {
  const content = canonicalJson(version);
  const put = (): number => {
    sql.run('INSERT OR IGNORE INTO versions (content) VALUES (?)', content);
    const found = sql.get('SELECT number FROM versions WHERE content = ?', content);
    if (found === null) throw new Error('the version was stored and is not there');
    return numeric(found, 'number');
  };
  const number = put();
  // Found by the index. A row that a fault of the disk changed is not what the index says: the index is made anew from
  // the rows.
  const stored = sql.get('SELECT content FROM versions WHERE number = ?', number);
  if (stored !== null && text(stored, 'content') === content) return number;
  sql.run('REINDEX versions');
  return put();
}

/** A stored version. Throws where the text is damaged. */
export function versionIn(content: string): CellVersion {
  return versionText.parse(JSON.parse(content));
}

import { hyperParameters } from '../base/hyper-parameters.ts';
import { remembered } from '../base/remembered.ts';
import { damagedRows } from './errors.ts';
import { cellId } from './identity.ts';
import type { CellVersion } from './identity.ts';
import { numeric, text } from './rows.ts';
import type { Statements } from './rows.ts';
import type { MeasuredCell } from './types.ts';
import { placeOfTrial, versionIn } from './versions.ts';

/** What cells are: read by their numbers or, where a cell is damaged, from the columns of one of its trials. */

export type Place = Omit<MeasuredCell, 'count' | 'trials' | 'metrics' | 'values'>;

/** What cells are, by their numbers. */
export function placesByNumber(sql: Statements): (cell: number) => Place {
  const versionOf = versionsByNumber(sql);
  return (cell) => {
    const row = sql.get(
      'SELECT identity, suite, configuration, backend, version, method, hyper_parameters FROM cells WHERE cell = ?',
      cell,
    );
    if (row === null) throw new RangeError(`there is no cell ${cell}`);
    const { version } = versionOf(numeric(row, 'version'));
    return {
      number: cell,
      identity: text(row, 'identity'),
      version,
      suite: text(row, 'suite'),
      configuration: text(row, 'configuration'),
      backend: text(row, 'backend'),
      protocolHash: version.protocolHash,
      method: text(row, 'method'),
      hyperParameters: hyperParameters.parse(JSON.parse(text(row, 'hyper_parameters'))),
    };
  };
}

/** What cells are, by the columns of a trial of theirs: a damaged cell is made again from these. */
export function placesOfTrials(sql: Statements): (cell: number, trial: number) => Place {
  return (cell, trial) => {
    const { suite, method, configuration, hyperParameters, backend, version } = placeOfTrial(sql, trial);
    return {
      number: cell,
      identity: cellId({ suite, method, hyperParameters, backend }, configuration, version),
      version,
      suite,
      configuration,
      backend,
      protocolHash: version.protocolHash,
      method,
      hyperParameters,
    };
  };
}

/** Versions by their numbers, with their text; each is read once. */
export function versionsByNumber(
  sql: Statements,
): (number: number) => { readonly version: CellVersion; readonly content: string } {
  const known = new Map<number, { readonly version: CellVersion; readonly content: string }>();
  return (number) =>
    remembered(known, number, () => {
      const row = sql.get('SELECT content FROM versions WHERE number = ?', number);
      if (row === null) throw new RangeError(`there is no version ${number}`);
      const content = text(row, 'content');
      return { version: versionIn(content), content };
    });
}

/** What a cell is, as far as it can be read. @throws where nothing of it can. */
export function placeOf(sql: Statements, cell: number): Place {
  try {
    return placesByNumber(sql)(cell);
  } catch (damage) {
    const row = sql.get('SELECT min(row) AS row FROM trials WHERE cell = ?', cell);
    try {
      return placesOfTrials(sql)(cell, row === null ? Number.NaN : numeric(row, 'row'));
    } catch {
      throw damagedRows(`What the database holds of cell ${cell} cannot be read.`, damage);
    }
  }
}

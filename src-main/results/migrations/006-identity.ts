import { z } from 'zod';
import { formerSourceOf, formerTrialId } from '../former-identity.ts';
import { configurationKey, dataHash, originOfConfiguration, trialId } from '../identity.ts';
import { numeric, text, textOrNull } from '../rows.ts';
import type { Row, Statements } from '../rows.ts';
import { cellOf } from '../versions.ts';
import { SCHEMA_6, sealedContent } from './005-seals.ts';

/**
 * Whole identities. A trial's id is computed from all that identifies it: new in it are the ids of the trials whose
 * artefacts it opens, the version of its driver (1 for all that is stored) and its fold (none). Cells are keyed by the
 * same but seed and fold. Ids, seals and cells are computed anew; `former_id` keeps the id of before, under which a
 * checkpoint may lie.
 */
export const sql = `
DROP TRIGGER trial_added;
DROP TRIGGER trial_ended;
DROP TRIGGER trial_deleted;
DROP TRIGGER metric_added;
DROP TRIGGER metric_changed;
DROP TRIGGER metric_deleted;
DROP TRIGGER cost_added;

ALTER TABLE trials ADD COLUMN driver INTEGER NOT NULL DEFAULT 1;
ALTER TABLE trials ADD COLUMN fold INTEGER;
ALTER TABLE trials ADD COLUMN former_id TEXT;
UPDATE trials SET former_id = id, cell = NULL;

DROP TABLE cells;
-- What beside suite, settings and backend the trials of a cell have in common, as canonical JSON.
CREATE TABLE versions (number INTEGER PRIMARY KEY, content TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE cells (
  cell INTEGER PRIMARY KEY,
  -- SHA-256 over all that identifies its trials but seed and fold.
  identity TEXT NOT NULL UNIQUE,
  suite TEXT NOT NULL, configuration TEXT NOT NULL, backend TEXT NOT NULL,
  version INTEGER NOT NULL REFERENCES versions (number),
  method TEXT NOT NULL, hyper_parameters TEXT NOT NULL,
  stale INTEGER NOT NULL DEFAULT 0,
  -- Finished trials; their ids with blanks between; the names of their metrics as JSON; order, seeds, metrics and costs as float64 columns.
  trials INTEGER NOT NULL DEFAULT 0, ids TEXT NOT NULL DEFAULT '', metrics TEXT NOT NULL DEFAULT '[]', "columns" BLOB NOT NULL DEFAULT x'',
  -- Over metrics, number of trials and columns.
  checksum TEXT
) STRICT;
CREATE INDEX cells_stale ON cells (cell) WHERE stale = 1;
CREATE INDEX trials_by_former_id ON trials (former_id) WHERE former_id IS NOT NULL;

CREATE TRIGGER trial_added AFTER INSERT ON trials WHEN NEW.state = 'done' BEGIN
  UPDATE cells SET stale = 1 WHERE cell = NEW.cell;
END;
CREATE TRIGGER trial_ended AFTER UPDATE OF state ON trials WHEN (NEW.state = 'done') <> (OLD.state = 'done') BEGIN
  UPDATE cells SET stale = 1 WHERE cell = NEW.cell;
END;
CREATE TRIGGER trial_deleted AFTER DELETE ON trials BEGIN
  UPDATE cells SET stale = 1 WHERE cell = OLD.cell;
END;
CREATE TRIGGER metric_added AFTER INSERT ON metrics BEGIN
  UPDATE cells SET stale = 1 WHERE stale = 0 AND cell = (SELECT cell FROM trials WHERE row = NEW.trial AND state = 'done');
END;
CREATE TRIGGER metric_changed AFTER UPDATE ON metrics BEGIN
  UPDATE cells SET stale = 1 WHERE stale = 0 AND cell = (SELECT cell FROM trials WHERE row = NEW.trial AND state = 'done');
END;
CREATE TRIGGER metric_deleted AFTER DELETE ON metrics BEGIN
  UPDATE cells SET stale = 1 WHERE stale = 0 AND cell = (SELECT cell FROM trials WHERE row = OLD.trial AND state = 'done');
END;
CREATE TRIGGER cost_added AFTER INSERT ON costs BEGIN
  UPDATE cells SET stale = 1 WHERE stale = 0 AND cell = (SELECT cell FROM trials WHERE row = NEW.trial AND state = 'done');
END;
`;

const list = z.array(z.string());
const values = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]));
const origin = z.looseObject({ file: z.string(), trial: z.string() });

interface Identified {
  readonly id: string;
  /** Of its own method's file and of those whose artefacts it used, as it was stored. */
  readonly formerSource: string | null;
}

/** Ids, cells and seals, those of artefacts before those of trials that open them. */
export function identify(database: Statements): void {
  const rows = new Map(database.all('SELECT * FROM trials ORDER BY row').map((row) => [numeric(row, 'row'), row]));
  const needs = Map.groupBy(database.all('SELECT trial, name, needs FROM dependencies ORDER BY trial, name'), (row) =>
    numeric(row, 'trial'),
  );
  const done = new Map<number, Identified>();
  const identifyRow = (number: number): Identified => {
    const known = done.get(number);
    if (known !== undefined) return known;
    const opened = (needs.get(number) ?? []).flatMap((need) => {
      const needed = numeric(need, 'needs');
      // In a damaged database a trial may need one that is gone.
      return rows.has(needed) ? [{ name: text(need, 'name'), row: needed, trial: identifyRow(needed) }] : [];
    });
    const made = identified(database, rows.get(number) ?? {}, opened);
    done.set(number, made);
    return made;
  };
  for (const number of rows.keys()) identifyRow(number);
  database.run("UPDATE cells SET stale = 1 WHERE cell IN (SELECT cell FROM trials WHERE state = 'done')");
}

function identified(
  database: Statements,
  row: Row,
  opened: readonly { readonly name: string; readonly row: number; readonly trial: Identified }[],
): Identified {
  const number = numeric(row, 'row');
  // What was damaged before stays so: only what fits its seal is sealed anew.
  const sealed = textOrNull(row, 'checksum');
  const isIntact = sealed !== null && sealedContent(database, number) === sealed;
  const former = text(row, 'id');
  const importedFrom = parsed(origin, textOrNull(row, 'origin') ?? 'null');
  const hyperParameters = parsed(values, text(row, 'hyper_parameters')) ?? {};
  const formerSource = textOrNull(row, 'source_hash');
  const artefactSources = opened.map(({ trial }) => trial.formerSource);
  const facts = {
    suite: text(row, 'suite'),
    suiteVersion: numeric(row, 'suite_version'),
    protocolHash: text(row, 'protocol_hash'),
    method: text(row, 'method'),
    methodVersion: numeric(row, 'method_version'),
    hyperParameters,
    seed: numeric(row, 'seed'),
    backend: text(row, 'backend'),
    numerics: text(row, 'numerics'),
  };
  const stored = textOrNull(row, 'data_hashes');
  const common = text(row, 'data_hash');
  const alone = [common];
  // Before the list was kept: a suite of one dataset has that one's hash, and the old id tells.
  const isAlone =
    stored === null &&
    formerTrialId({ ...facts, data: alone, sourceHash: formerSource }) === (importedFrom?.trial ?? former);
  const data = stored === null ? (isAlone ? alone : null) : parsed(list, stored);
  // The files of artefacts are in their own ids now.
  const isOfArtefacts = importedFrom === null && formerSourceOf(undefined, artefactSources) === formerSource;
  const sourceHash = isOfArtefacts ? null : formerSource;
  const identity = { ...facts, data: data ?? alone, sourceHash, driver: 1, fold: null };
  const artefacts = Object.fromEntries(opened.map(({ name, trial }) => [name, trial.id]));
  // The id of an imported trial is made of its file and of what it is called there.
  const wanted = importedFrom === null ? trialId({ ...identity, artefacts }) : former;
  const isTaken = database.get('SELECT 1 FROM trials WHERE id = ? AND row <> ?', wanted, number) !== null;
  const id = isTaken ? former : wanted;
  const configuration = configurationKey(
    facts.method,
    hyperParameters,
    originOfConfiguration(text(row, 'configuration').replace(/\+[0-9a-f]+/, '')),
  );
  database.run(
    `UPDATE trials SET id = ?1, former_id = nullif(former_id, ?1), source_hash = ?2, data_hashes = ?3, configuration = ?4,
      origin = ?5, cell = ?6 WHERE row = ?7`,
    id,
    sourceHash,
    data === null ? stored : JSON.stringify(data),
    configuration,
    importedFrom === null ? textOrNull(row, 'origin') : JSON.stringify({ ...importedFrom, former: true }),
    cellOf(database, { ...identity, configuration, dataHash: dataHash(data ?? alone) }, opened),
    number,
  );
  if (!isIntact) return { id, formerSource };
  const content = sealedContent(database, number, SCHEMA_6);
  database.run('UPDATE trials SET checksum = ? WHERE row = ?', content, number);
  return { id, formerSource };
}

/** A stored text; null where it is damaged. */
function parsed<T>(schema: z.ZodType<T>, stored: string): T | null {
  try {
    return schema.safeParse(JSON.parse(stored)).data ?? null;
  } catch {
    return null;
  }
}

import type { Connection } from './connection.ts';
import { numeric, numericOrNull, text } from './rows.ts';
import { STORED_FILES } from './stored-files.ts';
import { STATE_FACTS, trialStateOf } from './states.ts';

/** A trial that goes with a study. */
export interface GoingTrial {
  readonly id: string;
  readonly row: number;
  /** It has left what it measured. */
  readonly finished: boolean;
}

/** What deleting a study takes with it. */
export interface Deletion {
  /** Users of artefacts before the artefacts. */
  readonly trials: readonly GoingTrial[];
  /** Names of the stored files that nothing uses after it. */
  readonly files: readonly string[];
  /** What those files and artefacts take on the disk. */
  readonly bytes: number;
}

/** Rows that are read between two looks at what else is to do. */
const PIECE = 2_000;

const OWN = `SELECT t.row, t.id, t.state FROM study_trials s JOIN trials t ON t.row = s.trial WHERE s.study = ?1
  AND NOT EXISTS (SELECT 1 FROM study_trials o WHERE o.trial = s.trial AND o.study <> s.study)
  AND s.trial < ?2 ORDER BY s.trial DESC LIMIT ${PIECE}`;
/** Every use of a stored file by trials from a row to another, with its size where the row tells it. */
const USES = `SELECT trial, hash, bytes FROM ${STORED_FILES} WHERE trial BETWEEN ?1 AND ?2`;

/**
 * What goes with a study: trials that only it holds and that never finished, with `results` also the finished ones. A
 * trial whose artefact is needed by one that stays, stays. `touchstone study delete` tells this, and `deleteStudy` does
 * it. In steps: a study may be large.
 */
export function* deletionOf(db: Connection, study: string, results: boolean): Generator<void, Deletion> {
  const own = new Map<number, { readonly id: string; readonly finished: boolean }>();
  for (let below = Number.MAX_SAFE_INTEGER; ;) {
    const piece = db.sql.all(OWN, study, below);
    for (const row of piece) {
      below = numeric(row, 'row');
      own.set(below, { id: text(row, 'id'), finished: STATE_FACTS[trialStateOf(text(row, 'state'))].measured });
    }
    yield;
    if (piece.length < PIECE) break;
  }
  const neededBy = new Map<number, number[]>();
  const needsOf = new Map<number, number[]>();
  for (const row of own.keys()) {
    yield;
    const users = db.sql.all('SELECT trial FROM dependencies WHERE needs = ?', row).map((use) => numeric(use, 'trial'));
    if (users.length === 0) continue;
    neededBy.set(row, users);
    for (const user of users) needsOf.set(user, [...(needsOf.get(user) ?? []), row]);
  }
  const staying = new Set<number>();
  const stay = (row: number): void => {
    if (staying.has(row) || !own.has(row)) return;
    staying.add(row);
    for (const needed of needsOf.get(row) ?? []) stay(needed);
  };
  for (const [row, { finished }] of own) {
    if ((finished && !results) || neededBy.get(row)?.some((user) => !own.has(user)) === true) stay(row);
    yield;
  }
  const trials: GoingTrial[] = [];
  const placed = new Set<number>();
  const place = (row: number): void => {
    const trial = own.get(row);
    if (trial === undefined || staying.has(row) || placed.has(row)) return;
    placed.add(row);
    for (const user of neededBy.get(row) ?? []) place(user);
    trials.push({ row, ...trial });
  };
  for (const row of own.keys()) {
    place(row);
    yield;
  }
  return { trials, ...(yield* filesOf(db, trials)) };
}

function* filesOf(db: Connection, going: readonly GoingTrial[]): Generator<void, Pick<Deletion, 'files' | 'bytes'>> {
  const rows = new Set(going.flatMap(({ row, finished }) => (finished ? [row] : [])));
  if (rows.size === 0) return { files: [], bytes: 0 };
  const files = new Map<string, number>();
  const kept = new Set<string>();
  const last = db.sql.get('SELECT max(row) AS last FROM trials');
  for (let from = 0; from <= ((last && numericOrNull(last, 'last')) ?? 0); from += PIECE) {
    for (const row of db.sql.all(USES, from, from + PIECE - 1)) {
      const hash = text(row, 'hash');
      if (rows.has(numeric(row, 'trial'))) files.set(hash, numeric(row, 'bytes'));
      else kept.add(hash);
    }
    yield;
  }
  for (const hash of kept) files.delete(hash);
  return { files: [...files.keys()], bytes: [...files.values()].reduce((sum, size) => sum + size, 0) };
}

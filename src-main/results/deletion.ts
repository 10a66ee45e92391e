import type { Connection } from './connection.ts';
import { numeric, text, textOrNull } from './rows.ts';
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

const OWN = `SELECT s.trial FROM study_trials s WHERE s.study = ?1
  AND NOT EXISTS (SELECT 1 FROM study_trials o WHERE o.trial = s.trial AND o.study <> s.study)`;
/** Every use of a stored file, with its size where the row tells it. */
const USES = `SELECT trial, "values" AS hash, 4 * classes * samples AS bytes FROM probabilities WHERE "values" IS NOT NULL
  UNION ALL SELECT trial, labels, 4 * samples FROM probabilities WHERE labels IS NOT NULL
  UNION ALL SELECT trial, tasks, 4 * samples FROM probabilities WHERE tasks IS NOT NULL
  UNION ALL SELECT trial, hash, bytes FROM artefacts`;

/**
 * What goes with a study: trials that only it holds and that never finished, with `results` also the finished ones. A trial whose artefact
 * is needed by one that stays, stays. `touchstone study delete` tells this, and `deleteStudy` does it.
 */
export function deletionOf(db: Connection, study: string, results: boolean): Deletion {
  const own = new Map(
    db.sql
      .all(`SELECT t.row, t.id, t.state FROM trials t WHERE t.row IN (${OWN}) ORDER BY t.row DESC`, study)
      .map((row) => [
        numeric(row, 'row'),
        { id: text(row, 'id'), finished: STATE_FACTS[trialStateOf(text(row, 'state'))].measured },
      ]),
  );
  const uses = db.sql
    .all(`SELECT d.trial, d.needs FROM dependencies d WHERE d.needs IN (${OWN})`, study)
    .map((row) => ({ trial: numeric(row, 'trial'), needs: numeric(row, 'needs') }));
  const neededBy = Map.groupBy(uses, ({ needs }) => needs);
  const needsOf = Map.groupBy(uses, ({ trial }) => trial);
  const staying = new Set<number>();
  const stay = (row: number): void => {
    if (staying.has(row) || !own.has(row)) return;
    staying.add(row);
    for (const { needs } of needsOf.get(row) ?? []) stay(needs);
  };
  for (const [row, { finished }] of own)
    if ((finished && !results) || neededBy.get(row)?.some(({ trial }) => !own.has(trial)) === true) stay(row);
  const trials: GoingTrial[] = [];
  const placed = new Set<number>();
  const place = (row: number): void => {
    const trial = own.get(row);
    if (trial === undefined || staying.has(row) || placed.has(row)) return;
    placed.add(row);
    for (const { trial: user } of neededBy.get(row) ?? []) place(user);
    trials.push({ row, ...trial });
  };
  for (const row of own.keys()) place(row);
  return { trials, ...filesOf(db, trials) };
}

function filesOf(db: Connection, going: readonly GoingTrial[]): Pick<Deletion, 'files' | 'bytes'> {
  if (!going.some(({ finished }) => finished)) return { files: [], bytes: 0 };
  const rows = new Set(going.map(({ row }) => row));
  const files = new Map<string, number>();
  const kept = new Set<string>();
  for (const row of db.sql.all(USES)) {
    const hash = textOrNull(row, 'hash');
    if (hash === null) continue;
    if (rows.has(numeric(row, 'trial'))) files.set(hash, numeric(row, 'bytes'));
    else kept.add(hash);
  }
  for (const hash of kept) files.delete(hash);
  return { files: [...files.keys()], bytes: [...files.values()].reduce((sum, size) => sum + size, 0) };
}

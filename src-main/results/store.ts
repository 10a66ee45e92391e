import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Cost, Curve, Environment, Primitives, SampleProbabilities } from '../metrics/primitives.ts';
import { metricVersions } from '../metrics/registry.ts';
import { BlobStore, packArrays, unpackArrays } from './blobs.ts';
import { canonicalJson, sha256 } from './canonical.ts';
import { emptyCell, gatherCells, narrowed, placeKey, refreshCells, storedCells } from './cells.ts';
import { openDatabase } from './database.ts';
import type { OpenDatabase, OpenOptions } from './database.ts';
import { StorageError, storageError } from './errors.ts';
import { configurationKey } from './identity.ts';
import { encodeNumbers, numeric, numericOrNull, Statements, text, textOrNull } from './rows.ts';
import type { Row } from './rows.ts';
import type {
  BoardCell,
  Forecast,
  LogLine,
  ImportedTrial,
  MeasuredCell,
  MetricValue,
  OpenWork,
  PlannedTrial,
  StoredFailure,
  StoredProgress,
  StoredResult,
  StoredState,
  StoredStudy,
  StoredTrial,
  StudyIntent,
  TrialRole,
} from './types.ts';

const scalar = z.union([z.number(), z.string(), z.boolean()]);
const hyperParametersText = z.record(z.string(), scalar);
const measured = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)]);
const matricesText = z.record(z.string(), z.array(z.array(measured)));
const curvesText = z.array(
  z.object({
    name: z.string(),
    x: z.enum(['step', 'examples', 'task', 'lambda', 'members', 'epoch']),
    points: z.array(z.tuple([measured, measured])),
  }),
);
const scalarsText = z.record(z.string(), measured);
const hashesText = z.array(z.string());
const notesText = z.array(z.string());
const versionsText = z.record(z.string(), z.number());
const progressText = z.object({
  done: z.number(),
  total: z.number(),
  rate: z.number().nullable(),
  eta: z.number().nullable(),
  metrics: scalarsText,
});
const failureText = z.object({ kind: z.string(), message: z.string(), details: z.string(), attempts: z.number() });
const environmentText = z.object({
  backend: z.string(),
  numerics: z.string(),
  versions: z.record(z.string(), z.string()),
  cpu: z.string(),
  gpu: z.string().nullable(),
  threads: z.number(),
  platform: z.string(),
});

const OPEN_STATES = "'queued', 'waiting', 'running', 'paused'";
const FAILED_STATES = "'failed', 'cancelled', 'diverged', 'not-possible'";
const TRIAL_COLUMNS = `t.id, t.suite, t.suite_version, t.protocol_hash, t.data_hash, t.method, t.method_version, t.configuration, t.hyper_parameters, t.seed,
  t.backend, t.numerics, t.state, t.attempts, t.created_at, t.started_at, t.finished_at, t.progress, t.failure, t.headline, t.seconds,
  t.data_hashes, t.source_hash, t.origin, t.checked`;

/** The results of one data folder: studies, trials and what they measured. One writer at a time (the Workbench's lock sees to it). */
export class ResultsStore {
  readonly folder: string;
  readonly blobs: BlobStore;
  readonly messages: readonly string[];
  readonly readOnly: string | null;
  readonly #opened: OpenDatabase;
  readonly #sql: Statements;
  #changed = false;

  private constructor(folder: string, opened: OpenDatabase) {
    this.folder = folder;
    this.#opened = opened;
    this.#sql = new Statements(opened.database);
    this.messages = opened.messages;
    this.readOnly = opened.readOnly;
    this.blobs = new BlobStore(join(folder, 'blobs'));
  }

  /** Throws StorageError; see `openDatabase`. */
  static open(folder: string, options: OpenOptions = {}): ResultsStore {
    return new ResultsStore(folder, openDatabase(folder, options));
  }

  close(): void {
    if (this.#changed) {
      try {
        this.#opened.keepGoodCopy();
      } catch {
        // The copy of before stays; closing goes on.
      }
    }
    this.#opened.close();
  }

  // ------------------------------------------------------------------ trials

  trial(id: string): StoredTrial | null {
    const row = this.#sql.get(`SELECT ${TRIAL_COLUMNS} FROM trials t WHERE t.id = ?`, id);
    return row && trialOf(row);
  }

  /** Trials whose id starts so: short ids are how a person names them. */
  trialsByPrefix(prefix: string, limit = 5): StoredTrial[] {
    return this.#sql
      .all(`SELECT ${TRIAL_COLUMNS} FROM trials t WHERE t.id >= ? AND t.id < ? LIMIT ?`, prefix, `${prefix}g`, limit)
      .map(trialOf);
  }

  trialsInState(...states: StoredState[]): StoredTrial[] {
    return states.flatMap((state) =>
      this.#sql.all(`SELECT ${TRIAL_COLUMNS} FROM trials t WHERE t.state = ? ORDER BY t.row`, state).map(trialOf),
    );
  }

  setState(
    id: string,
    state: StoredState,
    more: {
      startedAt?: number | null;
      finishedAt?: number | null;
      attempts?: number;
      progress?: StoredProgress | null;
      failure?: StoredFailure | null;
    } = {},
  ): void {
    this.#write(() =>
      this.#sql.transaction(() => {
        this.#sql.run('UPDATE trials SET state = ? WHERE id = ?', state, id);
        if (more.startedAt !== undefined)
          this.#sql.run('UPDATE trials SET started_at = ? WHERE id = ?', more.startedAt, id);
        if (more.finishedAt !== undefined)
          this.#sql.run('UPDATE trials SET finished_at = ? WHERE id = ?', more.finishedAt, id);
        if (more.attempts !== undefined)
          this.#sql.run('UPDATE trials SET attempts = ? WHERE id = ?', more.attempts, id);
        if (more.progress !== undefined)
          this.#sql.run(
            'UPDATE trials SET progress = ? WHERE id = ?',
            more.progress && encodeNumbers(more.progress),
            id,
          );
        if (more.failure !== undefined)
          this.#sql.run('UPDATE trials SET failure = ? WHERE id = ?', more.failure && JSON.stringify(more.failure), id);
      }),
    );
  }

  /** Artefacts that a trial opens: name → trial id. */
  needs(id: string): Record<string, string> {
    const rows = this.#sql.all(
      'SELECT d.name, n.id FROM dependencies d JOIN trials t ON t.row = d.trial JOIN trials n ON n.row = d.needs WHERE t.id = ? ORDER BY d.name',
      id,
    );
    return Object.fromEntries(rows.map((row) => [text(row, 'name'), text(row, 'id')]));
  }

  /** Ids of the trials that open this one's artefact. */
  neededBy(id: string): string[] {
    return this.#sql
      .all(
        'SELECT DISTINCT t.id FROM dependencies d JOIN trials n ON n.row = d.needs JOIN trials t ON t.row = d.trial WHERE n.id = ?',
        id,
      )
      .map((row) => text(row, 'id'));
  }

  log(id: string | null, line: LogLine): void {
    this.#write(() =>
      this.#sql.run(
        'INSERT INTO logs (trial, at, level, message) VALUES ((SELECT row FROM trials WHERE id = ?), ?, ?, ?)',
        id,
        line.at,
        line.level,
        line.message,
      ),
    );
  }

  logs(id: string): LogLine[] {
    return this.#sql
      .all(
        'SELECT l.at, l.level, l.message FROM logs l JOIN trials t ON t.row = l.trial WHERE t.id = ? ORDER BY l.at, l.row',
        id,
      )
      .map((row) => ({ at: numeric(row, 'at'), level: text(row, 'level'), message: text(row, 'message') }));
  }

  // ------------------------------------------------------------------ results

  /** Stores everything a trial measured and marks it done, at once or not at all. `seconds`: the trial's own, for estimates; its cost may hold its artefacts' too. */
  finish(
    id: string,
    result: StoredResult,
    metrics: readonly MetricValue[],
    headline: number | null,
    finishedAt: number,
    seconds = result.cost.seconds,
  ): void {
    // Files first: a file without a row is garbage, a row without its file would be a lie.
    const kept = Object.entries(result.primitives.probabilities).map(([split, sample]) => ({
      split,
      sample,
      values: this.#putArray(sample.values),
      labels: this.#putArray(sample.labels),
      tasks: sample.tasks ? this.#putArray(sample.tasks) : null,
    }));
    const artefact = result.artefact && {
      ...this.#guard(() => this.blobs.put(packArrays(result.artefact?.arrays ?? {}))),
      note: result.artefact.note,
    };
    this.#change(() => {
      const row = this.#row(id);
      for (const table of ['metrics', 'primitives', 'probabilities', 'artefacts', 'costs', 'environments'])
        this.#sql.run(`DELETE FROM ${table} WHERE trial = ?`, row);
      for (const { id: metric, value, split = 'test', step = -1 } of metrics) {
        if (!Number.isNaN(value))
          this.#sql.run(
            'INSERT OR REPLACE INTO metrics (trial, metric, split, step, value) VALUES (?, ?, ?, ?, ?)',
            row,
            metric,
            split,
            step,
            value,
          );
      }
      const { matrices, curves, scalars } = result.primitives;
      this.#sql.run(
        'INSERT INTO primitives (trial, matrices, curves, scalars, notes) VALUES (?, ?, ?, ?, ?)',
        row,
        encodeNumbers(matrices),
        encodeNumbers(curves),
        encodeNumbers(scalars),
        JSON.stringify(result.notes),
      );
      for (const { split, sample, values, labels, tasks } of kept) {
        this.#sql.run(
          'INSERT INTO probabilities (trial, split, classes, samples, "values", labels, tasks, class_names) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
          row,
          split,
          sample.classes,
          sample.labels.length,
          values,
          labels,
          tasks,
          sample.classNames ? JSON.stringify(sample.classNames) : null,
        );
      }
      if (artefact)
        this.#sql.run(
          'INSERT INTO artefacts (trial, hash, note, bytes) VALUES (?, ?, ?, ?)',
          row,
          artefact.hash,
          artefact.note,
          artefact.bytes,
        );
      const { cost } = result;
      this.#sql.run(
        'INSERT INTO costs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        row,
        cost.seconds,
        cost.steps,
        cost.flops,
        cost.examples,
        cost.forwardPasses,
        cost.backwardPasses,
        cost.bytesStored,
        cost.parameters,
        cost.peakMemoryBytes,
        cost.workers,
      );
      this.#sql.run(
        'INSERT INTO environments (trial, environment) VALUES (?, ?)',
        row,
        JSON.stringify(result.environment),
      );
      this.#sql.run(
        "UPDATE trials SET state = 'done', finished_at = ?, progress = NULL, failure = NULL, headline = ?, seconds = ?, definitions = ? WHERE row = ?",
        finishedAt,
        headline !== null && Number.isNaN(headline) ? null : headline,
        seconds,
        this.#definitions(),
        row,
      );
    });
  }

  /** A finished trial of a method with its usual settings on the same protocol, seed and backend; the newest when there are several. */
  findDone(wanted: {
    suite: string;
    method: string;
    seed: number;
    backend: string;
    protocolHash: string;
  }): string | null {
    const row = this.#sql.get(
      "SELECT id FROM trials WHERE suite = ? AND method = ? AND seed = ? AND backend = ? AND protocol_hash = ? AND state = 'done' ORDER BY row DESC LIMIT 1",
      wanted.suite,
      wanted.method,
      wanted.seed,
      wanted.backend,
      wanted.protocolHash,
    );
    return row && text(row, 'id');
  }

  /** Finished trials of any method on one protocol, seed and backend. */
  siblings(of: { suite: string; seed: number; backend: string; protocolHash: string }): string[] {
    return this.#sql
      .all(
        "SELECT id FROM trials WHERE suite = ? AND seed = ? AND backend = ? AND protocol_hash = ? AND state = 'done'",
        of.suite,
        of.seed,
        of.backend,
        of.protocolHash,
      )
      .map((row) => text(row, 'id'));
  }

  /** Writes final metrics of a finished trial again, after what they are measured against has changed. */
  addMetrics(id: string, metrics: readonly MetricValue[]): void {
    this.#change(() => {
      const row = this.#row(id);
      for (const { id: metric, value, split = 'test', step = -1 } of metrics)
        this.#sql.run(
          'INSERT OR REPLACE INTO metrics (trial, metric, split, step, value) VALUES (?, ?, ?, ?, ?)',
          row,
          metric,
          split,
          step,
          value,
        );
    });
  }

  /** Some of the finished trials whose final metrics were computed by other definitions than this program's. */
  outdatedTrials(limit: number): string[] {
    const versions = canonicalJson(metricVersions());
    return this.#sql
      .all(
        "SELECT id FROM trials WHERE state = 'done' AND definitions IS NOT (SELECT number FROM definitions WHERE versions = ?) LIMIT ?",
        versions,
        limit,
      )
      .map((row) => text(row, 'id'));
  }

  /** The version of each metric's definition when a trial's were computed; null: nobody noted it, each was the first. */
  definitionsOf(id: string): Record<string, number> | null {
    const row = this.#sql.get(
      'SELECT d.versions FROM trials t JOIN definitions d ON d.number = t.definitions WHERE t.id = ?',
      id,
    );
    return row && versionsText.parse(JSON.parse(text(row, 'versions')));
  }

  /** Final metrics of a finished trial by this program's definitions: new values, and those that cannot be computed any more. Others stay. */
  renewMetrics(id: string, values: readonly MetricValue[], gone: readonly string[], headline: number | null): void {
    this.#change(() => {
      const row = this.#row(id);
      for (const metric of gone)
        this.#sql.run('DELETE FROM metrics WHERE trial = ? AND metric = ? AND step = -1', row, metric);
      this.addMetrics(id, values);
      this.#sql.run(
        'UPDATE trials SET definitions = ?, headline = ? WHERE row = ?',
        this.#definitions(),
        headline,
        row,
      );
    });
  }

  /** The number of this program's definitions. */
  #definitions(): number {
    const versions = canonicalJson(metricVersions());
    this.#sql.run('INSERT OR IGNORE INTO definitions (versions) VALUES (?)', versions);
    const row = this.#sql.get('SELECT number FROM definitions WHERE versions = ?', versions);
    if (row === null) throw new Error('the definitions of the metrics could not be noted');
    return numeric(row, 'number');
  }

  /** Examples per second of work, over a study's finished trials and the workers beside one another; null before the first. */
  examplesPerSecond(study: string): number | null {
    const row = this.#sql.get(
      'SELECT sum(c.examples) / sum(c.seconds / c.workers) AS rate FROM study_trials s JOIN costs c ON c.trial = s.trial WHERE s.study = ?',
      study,
    );
    return row && numericOrNull(row, 'rate');
  }

  metrics(id: string): MetricValue[] {
    return this.#sql
      .all(
        'SELECT m.metric, m.split, m.step, m.value FROM metrics m JOIN trials t ON t.row = m.trial WHERE t.id = ? ORDER BY m.metric, m.step',
        id,
      )
      .map((row) => ({
        id: text(row, 'metric'),
        split: text(row, 'split'),
        step: numeric(row, 'step'),
        value: numeric(row, 'value'),
      }));
  }

  /** Everything measured, or null when the trial is not done. Dropped probabilities are left out. */
  primitives(id: string, options: { probabilities?: boolean } = {}): (Primitives & { notes: string[] }) | null {
    const row = this.#sql.get('SELECT p.* FROM primitives p JOIN trials t ON t.row = p.trial WHERE t.id = ?', id);
    if (row === null) return null;
    const curves: Curve[] = curvesText.parse(JSON.parse(text(row, 'curves')));
    return {
      matrices: matricesText.parse(JSON.parse(text(row, 'matrices'))),
      curves,
      scalars: scalarsText.parse(JSON.parse(text(row, 'scalars'))),
      notes: notesText.parse(JSON.parse(text(row, 'notes'))),
      probabilities: options.probabilities === false ? {} : this.#probabilities(numeric(row, 'trial')),
    };
  }

  /** Whether a trial measured per-sample probabilities on a split, kept or dropped since. */
  hadProbabilities(id: string, split: string): boolean {
    return (
      this.#sql.get(
        'SELECT 1 FROM probabilities p JOIN trials t ON t.row = p.trial WHERE t.id = ? AND p.split = ?',
        id,
        split,
      ) !== null
    );
  }

  cost(id: string): Cost | null {
    const row = this.#sql.get('SELECT c.* FROM costs c JOIN trials t ON t.row = c.trial WHERE t.id = ?', id);
    return row && costOf(row);
  }

  environment(id: string): Environment | null {
    const row = this.#sql.get(
      'SELECT e.environment FROM environments e JOIN trials t ON t.row = e.trial WHERE t.id = ?',
      id,
    );
    return row && environmentText.parse(JSON.parse(text(row, 'environment')));
  }

  /** Where a trial's artefact lies, for a worker to read. */
  artefactFile(id: string): { path: string; note: string } | null {
    const row = this.#sql.get(
      'SELECT a.hash, a.note FROM artefacts a JOIN trials t ON t.row = a.trial WHERE t.id = ?',
      id,
    );
    return row && { path: this.blobs.path(text(row, 'hash')), note: text(row, 'note') };
  }

  /** Whether other trials can open what this one made. */
  hasArtefact(id: string): boolean {
    const file = this.artefactFile(id);
    return file !== null && existsSync(file.path);
  }

  artefact(id: string): { arrays: Record<string, Float32Array>; note: string } | null {
    const row = this.#sql.get(
      'SELECT a.hash, a.note FROM artefacts a JOIN trials t ON t.row = a.trial WHERE t.id = ?',
      id,
    );
    const bytes = row && this.blobs.get(text(row, 'hash'));
    return row && bytes ? { arrays: unpackArrays(bytes), note: text(row, 'note') } : null;
  }

  /**
   * Cells with the final metrics and costs of their trials, for leaderboards and comparisons. With a study: its own trials, also cells
   * in which nothing is finished; without: every finished trial. Narrowed to suites and a backend.
   */
  measurements(query: {
    study?: string | undefined;
    suites?: readonly string[] | undefined;
    backend?: string | undefined;
  }): BoardCell[] {
    const current = this.readOnly === null;
    // Usually nothing is stale: what finishes is stored with its cell.
    if (current && this.#sql.get('SELECT 1 FROM cells WHERE stale = 1 LIMIT 1') !== null)
      this.#write(() => this.#sql.transaction(() => refreshCells(this.#sql)));
    const suites = query.suites === undefined ? null : new Set(query.suites);
    const wanted = (cell: { suite: string; backend: string }): boolean =>
      (suites === null || suites.has(cell.suite)) && (query.backend === undefined || cell.backend === query.backend);
    if (query.study === undefined) {
      const cells = current
        ? [...storedCells(this.#sql, query).values()]
        : gatherCells(this.#sql, 'true').filter(wanted);
      return cells.map((cell) => ({ cell, label: '', total: cell.count, failed: 0, unfinished: 0 }));
    }
    const asked = this.#askedCells(query.study, current);
    const finished = current
      ? this.#finishedOf(query.study, asked)
      : new Map(
          gatherCells(
            this.#sql,
            "t.row IN (SELECT trial FROM study_trials WHERE study = ? AND role = 'cell')",
            query.study,
          ).map((cell) => [placeKey(cell), cell]),
        );
    return asked.flatMap(({ place, first, label, total, failed, done }) => {
      const cell = finished.get(place) ?? emptyCell(this.#sql, first);
      return wanted(cell) ? [{ cell, label, total, failed, unfinished: total - failed - done }] : [];
    });
  }

  /** The cells of a study in its order, each with its first trial's row and how many of its trials are done and failed; `place` is the cell's number where `cells` has it. */
  #askedCells(
    study: string,
    numbered: boolean,
  ): { place: string; first: number; label: string; total: number; done: number; failed: number }[] {
    const place = numbered
      ? 'CAST(t.cell AS TEXT)'
      : 't.suite || char(10) || t.configuration || char(10) || t.backend || char(10) || t.protocol_hash';
    return this.#sql
      .all(
        `SELECT ${place} AS place, min(t.row) AS first, min(s.position) AS position, max(s.label) AS label, count(*) AS total, sum(t.state = 'done') AS done, sum(t.state IN (${FAILED_STATES})) AS failed
      FROM study_trials s JOIN trials t ON t.row = s.trial WHERE s.study = ? AND s.role = 'cell' GROUP BY ${numbered ? 't.cell' : '1'} ORDER BY position`,
        study,
      )
      .map((row) => ({
        place: text(row, 'place'),
        first: numeric(row, 'first'),
        label: text(row, 'label'),
        total: numeric(row, 'total'),
        done: numeric(row, 'done'),
        failed: numeric(row, 'failed'),
      }));
  }

  /** The finished trials of a study's cells by the cell's number; where other studies have trials of the same cell, only this one's. */
  #finishedOf(study: string, asked: readonly { place: string; done: number }[]): Map<string, MeasuredCell> {
    const stored = storedCells(this.#sql, {
      cells: asked.filter(({ done }) => done > 0).map(({ place }) => Number(place)),
    });
    return new Map(
      asked.flatMap(({ place, done }) => {
        const cell = stored.get(Number(place));
        if (cell === undefined) return [];
        if (cell.count === done) return [[place, cell]];
        const own = this.#sql.all(
          "SELECT t.row FROM trials t WHERE t.cell = ? AND t.state = 'done' AND EXISTS (SELECT 1 FROM study_trials s WHERE s.study = ? AND s.trial = t.row AND s.role = 'cell')",
          Number(place),
          study,
        );
        return [[place, narrowed(cell, new Set(own.map((row) => numeric(row, 'row'))))]];
      }),
    );
  }

  /** Mean seconds of finished trials by suite, configuration and backend, for estimates. */
  durations(): { suite: string; method: string; configuration: string; backend: string; seconds: number; n: number }[] {
    return this.#sql
      .all(
        "SELECT suite, method, configuration, backend, avg(seconds) AS seconds, count(*) AS n FROM trials WHERE state = 'done' AND seconds IS NOT NULL GROUP BY suite, method, configuration, backend",
      )
      .map((row) => ({
        suite: text(row, 'suite'),
        method: text(row, 'method'),
        configuration: text(row, 'configuration'),
        backend: text(row, 'backend'),
        seconds: numeric(row, 'seconds'),
        n: numeric(row, 'n'),
      }));
  }

  // ------------------------------------------------------------------ studies

  /** Stores a study and those of its trials that are not there yet; answers the ids of the new ones. */
  createStudy(study: StoredStudy, trials: readonly PlannedTrial[]): string[] {
    return this.#write(() =>
      this.#sql.transaction(() => {
        this.#sql.run(
          'INSERT INTO studies (id, name, intent, request, backend, created_at, finished_at, origin) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
          study.id,
          study.name,
          study.intent,
          study.request,
          study.backend,
          study.createdAt,
          study.finishedAt,
          study.origin ?? null,
        );
        const added: string[] = [];
        trials.forEach((trial, position) => {
          if (this.#addTrial(trial, study.createdAt)) added.push(trial.id);
          this.#sql.run(
            'INSERT OR IGNORE INTO study_trials (study, trial, role, label, position) VALUES (?, ?, ?, ?, ?)',
            study.id,
            this.#row(trial.id),
            trial.role,
            trial.label,
            position,
          );
        });
        for (const trial of trials) {
          for (const [name, needed] of Object.entries(trial.needs))
            this.#sql.run(
              'INSERT OR IGNORE INTO dependencies (trial, name, needs) VALUES (?, ?, ?)',
              this.#row(trial.id),
              name,
              this.#row(needed),
            );
        }
        return added;
      }),
    );
  }

  /** Adds a trial unless it is there; for report imports and reference runs. */
  addTrial(trial: PlannedTrial, createdAt: number): boolean {
    return this.#write(() => this.#sql.transaction(() => this.#addTrial(trial, createdAt)));
  }

  /** Takes up a study from elsewhere with its results; trials that are here already, in whatever state but unfinished, stay as they are. */
  importStudy(study: StoredStudy, trials: readonly ImportedTrial[]): { added: number; present: number } {
    return this.#change(() => {
      this.#sql.run(
        'INSERT OR IGNORE INTO studies (id, name, intent, request, backend, created_at, finished_at, origin) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        study.id,
        study.name,
        study.intent,
        study.request,
        study.backend,
        study.createdAt,
        study.finishedAt,
        study.origin ?? null,
      );
      let added = 0;
      trials.forEach((trial, position) => {
        const before = this.trial(trial.id);
        if (before === null) {
          this.#insertTrial({
            ...trial,
            hyperParameters: canonicalJson(trial.hyperParameters),
            dataHashes: trial.dataHashes ?? null,
            sourceHash: trial.sourceHash ?? null,
            origin: trial.origin ?? null,
            checked: trial.checked ?? false,
            state: trial.failure === null ? 'cancelled' : 'failed',
          });
          this.setState(trial.id, trial.failure === null ? 'cancelled' : 'failed', {
            startedAt: trial.startedAt,
            finishedAt: trial.finishedAt,
            failure: trial.failure,
            attempts: 1,
          });
        }
        this.#sql.run(
          'INSERT OR IGNORE INTO study_trials (study, trial, role, label, position) VALUES (?, ?, ?, ?, ?)',
          study.id,
          this.#row(trial.id),
          trial.role,
          trial.label,
          position,
        );
        if (before?.state === 'done' || (before !== null && trial.result === null)) return;
        if (trial.result !== null)
          this.finish(trial.id, trial.result, trial.metrics, trial.headline, trial.finishedAt ?? study.createdAt);
        added += 1;
      });
      return { added, present: trials.length - added };
    });
  }

  study(id: string): StoredStudy | null {
    const row = this.#sql.get('SELECT * FROM studies WHERE id = ?', id);
    return row && studyOf(row);
  }

  /** Newest first. */
  studies(): StoredStudy[] {
    return this.#sql.all('SELECT * FROM studies ORDER BY created_at DESC, id').map(studyOf);
  }

  studyTrials(study: string): { trial: StoredTrial; role: TrialRole; label: string }[] {
    return this.#sql
      .all(
        `SELECT ${TRIAL_COLUMNS}, s.role, s.label FROM study_trials s JOIN trials t ON t.row = s.trial WHERE s.study = ? ORDER BY s.position`,
        study,
      )
      .map((row) => ({
        trial: trialOf(row),
        role: text(row, 'role') === 'cell' ? 'cell' : 'artefact',
        label: text(row, 'label'),
      }));
  }

  /** How many of a study's trials are in each state, by role. */
  studyCounts(study: string): { role: TrialRole; state: StoredState; count: number }[] {
    return this.#sql
      .all(
        'SELECT s.role, t.state, count(*) AS n FROM study_trials s JOIN trials t ON t.row = s.trial WHERE s.study = ? GROUP BY s.role, t.state',
        study,
      )
      .map((row) => ({
        role: text(row, 'role') === 'cell' ? 'cell' : 'artefact',
        state: stateOf(text(row, 'state')),
        count: numeric(row, 'n'),
      }));
  }

  /** Ids of a study's unfinished trials. */
  studyOpenTrials(study: string): string[] {
    return this.#sql
      .all(
        `SELECT t.id FROM study_trials s JOIN trials t ON t.row = s.trial WHERE s.study = ? AND t.state IN (${OPEN_STATES})`,
        study,
      )
      .map((row) => text(row, 'id'));
  }

  isStudyOpen(study: string): boolean {
    return (
      this.#sql.get(
        `SELECT 1 FROM study_trials s JOIN trials t ON t.row = s.trial WHERE s.study = ? AND t.state IN (${OPEN_STATES}) LIMIT 1`,
        study,
      ) !== null
    );
  }

  /** What of a study is still to do, and what of others is served before it on the same backend (running studies that were asked for earlier, and what runs now). */
  openWork(study: StoredStudy): { own: OpenWork[]; ahead: OpenWork[] } {
    const select = `SELECT iif(t.state = 'running', t.id, NULL) AS running, t.suite, t.method, t.configuration, t.backend, count(*) AS n`;
    const group = `GROUP BY iif(t.state = 'running', t.id, NULL), t.suite, t.method, t.configuration, t.backend`;
    const read = (row: Row): OpenWork => ({
      running: textOrNull(row, 'running'),
      suite: text(row, 'suite'),
      method: text(row, 'method'),
      configuration: text(row, 'configuration'),
      backend: text(row, 'backend'),
      count: numeric(row, 'n'),
    });
    return {
      own: this.#sql
        .all(
          `${select} FROM study_trials s JOIN trials t ON t.row = s.trial WHERE s.study = ? AND t.state IN (${OPEN_STATES}) ${group}`,
          study.id,
        )
        .map(read),
      ahead: this.#sql
        .all(
          `${select} FROM trials t WHERE t.state IN ('queued', 'waiting', 'running') AND t.backend = ?1 AND (t.created_at < ?2 OR t.state = 'running')
        AND NOT EXISTS (SELECT 1 FROM study_trials s WHERE s.trial = t.row AND s.study = ?3)
        AND EXISTS (SELECT 1 FROM study_trials s JOIN studies y ON y.id = s.study WHERE s.trial = t.row AND y.intent = 'run') ${group}`,
          study.backend,
          study.createdAt,
          study.id,
        )
        .map(read),
    };
  }

  /** Keeps what is said about a study's time left, unless that is kept already. */
  addForecast(study: string, { mark, madeAt, open, predicted }: Omit<Forecast, 'actual'>): void {
    this.#write(() =>
      this.#sql.run(
        'INSERT OR IGNORE INTO forecasts (study, mark, made_at, open, predicted) VALUES (?, ?, ?, ?, ?)',
        study,
        mark,
        madeAt,
        open,
        predicted,
      ),
    );
  }

  /** At the end of a study: how long it took since each forecast. */
  judgeForecasts(study: string, endedAt: number): void {
    this.#write(() =>
      this.#sql.run(
        'UPDATE forecasts SET actual = (? - made_at) / 1000 WHERE study = ? AND actual IS NULL',
        endedAt,
        study,
      ),
    );
  }

  /** A study that was paused, cancelled or interrupted does not end when it was said to: what is not judged yet is void. */
  dropForecasts(study: string): void {
    this.#write(() => this.#sql.run('DELETE FROM forecasts WHERE study = ? AND actual IS NULL', study));
  }

  forecasts(study: string): Forecast[] {
    return this.#sql.all('SELECT * FROM forecasts WHERE study = ? ORDER BY made_at, mark DESC', study).map((row) => ({
      mark: text(row, 'mark') === 'start' ? 'start' : 'half',
      madeAt: numeric(row, 'made_at'),
      open: numeric(row, 'open'),
      predicted: numeric(row, 'predicted'),
      actual: numericOrNull(row, 'actual'),
    }));
  }

  studiesOf(trial: string): { id: string; intent: StudyIntent; role: TrialRole }[] {
    return this.#sql
      .all(
        'SELECT s.study, s.role, y.intent FROM study_trials s JOIN trials t ON t.row = s.trial JOIN studies y ON y.id = s.study WHERE t.id = ?',
        trial,
      )
      .map((row) => ({
        id: text(row, 'study'),
        intent: intentOf(text(row, 'intent')),
        role: text(row, 'role') === 'cell' ? 'cell' : 'artefact',
      }));
  }

  setStudy(id: string, change: { name?: string; intent?: StudyIntent; finishedAt?: number | null }): void {
    this.#write(() => {
      if (change.name !== undefined) this.#sql.run('UPDATE studies SET name = ? WHERE id = ?', change.name, id);
      if (change.intent !== undefined) this.#sql.run('UPDATE studies SET intent = ? WHERE id = ?', change.intent, id);
      if (change.finishedAt !== undefined)
        this.#sql.run('UPDATE studies SET finished_at = ? WHERE id = ?', change.finishedAt, id);
    });
  }

  /** Ids of trials that only this study holds. */
  ownTrials(study: string): string[] {
    return this.#sql
      .all(
        'SELECT t.id FROM study_trials s JOIN trials t ON t.row = s.trial WHERE s.study = ? AND NOT EXISTS (SELECT 1 FROM study_trials o WHERE o.trial = s.trial AND o.study <> s.study)',
        study,
      )
      .map((row) => text(row, 'id'));
  }

  /**
   * Forgets a study. Its trials that never finished and that no other study holds go with it, with `results` also the finished ones
   * (unless a trial that stays needs their artefact). Answers the ids of the trials that went; their files go too where nothing else uses them.
   */
  deleteStudy(id: string, results: boolean): string[] {
    return this.#write(() => {
      const own = this.ownTrials(id);
      const files: string[] = [];
      const gone = this.#change(() => {
        this.#sql.run('DELETE FROM studies WHERE id = ?', id);
        const deleted: string[] = [];
        // Users of artefacts before the artefacts: several rounds, as long as something goes.
        for (let left = own, before = -1; left.length !== before;) {
          before = left.length;
          left = left.filter((trial) => {
            const stored = this.trial(trial);
            if (stored === null || (stored.state === 'done' && !results) || this.neededBy(trial).length > 0)
              return true;
            files.push(...this.#filesOf(trial));
            this.#sql.run('DELETE FROM trials WHERE id = ?', trial);
            deleted.push(trial);
            return false;
          });
        }
        return deleted;
      });
      this.#dropUnused(files);
      return gone;
    });
  }

  /** Drops the stored probabilities of all but the newest `keep` finished trials; metrics stay. Answers how many files went. */
  dropOldProbabilities(keep: number): number {
    return this.#write(() => {
      const old = this.#sql.all(
        `SELECT p.trial, p.split, p."values", p.labels, p.tasks FROM probabilities p JOIN trials t ON t.row = p.trial WHERE p."values" IS NOT NULL
        AND t.row NOT IN (SELECT row FROM trials WHERE state = 'done' ORDER BY finished_at DESC LIMIT ?)`,
        keep,
      );
      this.#sql.transaction(() => {
        for (const row of old)
          this.#sql.run(
            'UPDATE probabilities SET "values" = NULL, labels = NULL, tasks = NULL WHERE trial = ? AND split = ?',
            numeric(row, 'trial'),
            text(row, 'split'),
          );
      });
      return this.#dropUnused(
        old.flatMap((row) =>
          ['values', 'labels', 'tasks'].map((column) => textOrNull(row, column)).filter((hash) => hash !== null),
        ),
      );
    });
  }

  setting(name: string): string | null {
    const row = this.#sql.get('SELECT value FROM settings WHERE name = ?', name);
    return row && text(row, 'value');
  }

  setSetting(name: string, value: string): void {
    this.#write(() =>
      this.#sql.run(
        'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
        name,
        value,
      ),
    );
  }

  // ------------------------------------------------------------------ inside

  #addTrial({ id, identity, sourceHash }: PlannedTrial, createdAt: number): boolean {
    return this.#insertTrial({
      id,
      ...identity,
      dataHash: dataHash(identity.data),
      configuration: configurationKey(identity.method, identity.hyperParameters),
      hyperParameters: canonicalJson(identity.hyperParameters),
      state: 'queued',
      createdAt,
      dataHashes: identity.data,
      sourceHash: sourceHash ?? null,
      origin: null,
      checked: true,
    });
  }

  #insertTrial(trial: {
    id: string;
    suite: string;
    suiteVersion: number;
    protocolHash: string;
    dataHash: string;
    method: string;
    methodVersion: number;
    configuration: string;
    hyperParameters: string;
    seed: number;
    backend: string;
    numerics: string;
    state: StoredState;
    createdAt: number;
    dataHashes: readonly string[] | null;
    sourceHash: string | null;
    origin: string | null;
    checked: boolean;
  }): boolean {
    return (
      this.#sql.run(
        `INSERT OR IGNORE INTO trials (id, suite, suite_version, protocol_hash, data_hash, method, method_version, configuration, hyper_parameters, seed, backend, numerics, state, created_at,
        data_hashes, source_hash, origin, checked) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        trial.id,
        trial.suite,
        trial.suiteVersion,
        trial.protocolHash,
        trial.dataHash,
        trial.method,
        trial.methodVersion,
        trial.configuration,
        trial.hyperParameters,
        trial.seed,
        trial.backend,
        trial.numerics,
        trial.state,
        trial.createdAt,
        trial.dataHashes && JSON.stringify(trial.dataHashes),
        trial.sourceHash,
        trial.origin,
        trial.checked ? 1 : 0,
      ) > 0
    );
  }

  #row(id: string): number {
    const row = this.#sql.get('SELECT row FROM trials WHERE id = ?', id);
    if (row === null) throw new Error(`There is no trial ${id}.`);
    return numeric(row, 'row');
  }

  #putArray(data: Float32Array | Int32Array): string {
    return this.#guard(() => this.blobs.put([new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]).hash);
  }

  #probabilities(row: number): Record<string, SampleProbabilities> {
    const answer: Record<string, SampleProbabilities> = {};
    for (const stored of this.#sql.all('SELECT * FROM probabilities WHERE trial = ?', row)) {
      const values = this.#getArray(textOrNull(stored, 'values'));
      const labels = this.#getArray(textOrNull(stored, 'labels'));
      if (values === null || labels === null) continue;
      const tasks = this.#getArray(textOrNull(stored, 'tasks'));
      const names = textOrNull(stored, 'class_names');
      answer[text(stored, 'split')] = {
        classes: numeric(stored, 'classes'),
        values: new Float32Array(values),
        labels: new Int32Array(labels),
        ...(tasks === null ? {} : { tasks: new Int32Array(tasks) }),
        ...(names === null ? {} : { classNames: notesText.parse(JSON.parse(names)) }),
      };
    }
    return answer;
  }

  #getArray(hash: string | null): ArrayBuffer | null {
    return hash === null ? null : (this.blobs.get(hash)?.buffer ?? null);
  }

  #filesOf(trial: string): string[] {
    const rows = this.#sql.all(
      `SELECT p."values" AS hash FROM probabilities p JOIN trials t ON t.row = p.trial WHERE t.id = ?1 UNION SELECT p.labels FROM probabilities p JOIN trials t ON t.row = p.trial WHERE t.id = ?1
      UNION SELECT p.tasks FROM probabilities p JOIN trials t ON t.row = p.trial WHERE t.id = ?1 UNION SELECT a.hash FROM artefacts a JOIN trials t ON t.row = a.trial WHERE t.id = ?1`,
      trial,
    );
    return rows.map((row) => textOrNull(row, 'hash')).filter((hash) => hash !== null);
  }

  #dropUnused(hashes: readonly string[]): number {
    let dropped = 0;
    for (const hash of new Set(hashes)) {
      const used = this.#sql.get(
        'SELECT 1 AS used FROM probabilities WHERE "values" = ?1 OR labels = ?1 OR tasks = ?1 UNION SELECT 1 FROM artefacts WHERE hash = ?1 LIMIT 1',
        hash,
      );
      if (used !== null) continue;
      this.blobs.drop(hash);
      dropped += 1;
    }
    return dropped;
  }

  /** A change of results: all or nothing, and the cells that it touches are filled again with it. */
  #change<T>(work: () => T): T {
    this.#changed = true;
    return this.#write(() => {
      if (this.#sql.inTransaction) return work();
      return this.#sql.transaction(() => {
        const answer = work();
        refreshCells(this.#sql);
        return answer;
      });
    });
  }

  #write<T>(work: () => T): T {
    if (this.readOnly !== null)
      throw new StorageError(
        'read-only',
        this.readOnly,
        'Give yourself write permission on the data folder, or choose another one with TOUCHSTONE_DATA.',
      );
    return this.#guard(work);
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw storageError(error, this.#opened.path);
    }
  }
}

const stateSchema = z.enum([
  'queued',
  'waiting',
  'running',
  'paused',
  'done',
  'failed',
  'cancelled',
  'diverged',
  'not-possible',
]);
const STATES = new Set<string>(stateSchema.options);
const isState = (value: string): value is StoredState => STATES.has(value);
function stateOf(value: string): StoredState {
  if (!isState(value)) throw new TypeError(`"${value}" is no state of a trial`);
  return value;
}
const intentOf = (value: string): StudyIntent => z.enum(['plan', 'run', 'pause', 'cancel']).parse(value);

/** One hash for all datasets of a suite: the only one's own, or the hash over the list. */
function dataHash(data: readonly string[]): string {
  return data.length === 1 && data[0] !== undefined ? data[0] : sha256(canonicalJson(data));
}

function trialOf(row: Row): StoredTrial {
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
    hyperParameters: hyperParametersText.parse(JSON.parse(text(row, 'hyper_parameters'))),
    seed: numeric(row, 'seed'),
    backend: text(row, 'backend'),
    numerics: text(row, 'numerics'),
    state: stateOf(text(row, 'state')),
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
  };
}

function studyOf(row: Row): StoredStudy {
  return {
    id: text(row, 'id'),
    name: text(row, 'name'),
    intent: intentOf(text(row, 'intent')),
    request: text(row, 'request'),
    backend: text(row, 'backend'),
    createdAt: numeric(row, 'created_at'),
    finishedAt: numericOrNull(row, 'finished_at'),
    origin: textOrNull(row, 'origin'),
  };
}

function costOf(row: Row): Cost {
  return {
    seconds: numeric(row, 'seconds'),
    steps: numeric(row, 'steps'),
    flops: numeric(row, 'flops'),
    examples: numeric(row, 'examples'),
    forwardPasses: numeric(row, 'forward_passes'),
    backwardPasses: numeric(row, 'backward_passes'),
    bytesStored: numeric(row, 'bytes_stored'),
    parameters: numeric(row, 'parameters'),
    peakMemoryBytes: numeric(row, 'peak_memory_bytes'),
    workers: numeric(row, 'workers'),
  };
}

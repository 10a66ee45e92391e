import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Cost, Curve, Environment, Primitives, SampleProbabilities } from '../metrics/primitives.ts';
import { BlobStore, packArrays, unpackArrays } from './blobs.ts';
import { canonicalJson, sha256 } from './canonical.ts';
import { openDatabase } from './database.ts';
import type { OpenDatabase, OpenOptions } from './database.ts';
import { StorageError, storageError } from './errors.ts';
import { configurationKey } from './identity.ts';
import { encodeNumbers, numeric, numericOrNull, Statements, text, textOrNull } from './rows.ts';
import type { Row } from './rows.ts';
import type { LogLine, ImportedTrial, MeasuredTrial, MetricValue, PlannedTrial, StoredFailure, StoredProgress, StoredResult, StoredState, StoredStudy, StoredTrial, StudyIntent, TrialRole } from './types.ts';

const scalar = z.union([z.number(), z.string(), z.boolean()]);
const hyperParametersText = z.record(z.string(), scalar);
const measured = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)]);
const matricesText = z.record(z.string(), z.array(z.array(measured)));
const curvesText = z.array(z.object({ name: z.string(), x: z.enum(['step', 'examples', 'task', 'lambda', 'members', 'epoch']), points: z.array(z.tuple([measured, measured])) }));
const scalarsText = z.record(z.string(), measured);
const notesText = z.array(z.string());
const progressText = z.object({ done: z.number(), total: z.number(), rate: z.number().nullable(), eta: z.number().nullable(), metrics: scalarsText });
const failureText = z.object({ kind: z.string(), message: z.string(), details: z.string(), attempts: z.number() });
const environmentText = z.object({
  backend: z.string(), numerics: z.string(), versions: z.record(z.string(), z.string()), cpu: z.string(), gpu: z.string().nullable(), threads: z.number(), platform: z.string(),
});

const TRIAL_COLUMNS = `t.id, t.suite, t.suite_version, t.protocol_hash, t.data_hash, t.method, t.method_version, t.configuration, t.hyper_parameters, t.seed,
  t.backend, t.numerics, t.state, t.attempts, t.created_at, t.started_at, t.finished_at, t.progress, t.failure, t.headline, t.seconds`;

/** The results of one data folder: studies, trials and what they measured. One writer at a time (the Workbench's lock sees to it). */
export class ResultsStore {
  readonly folder: string;
  readonly blobs: BlobStore;
  readonly messages: readonly string[];
  readonly readOnly: string | null;
  readonly #opened: OpenDatabase;
  readonly #sql: Statements;
  #changed = false;
  /** Finished trials by row, read once and kept up to date: leaderboards over 100,000 trials ask for them again and again. */
  #measured: Map<number, MeasuredTrial> | null = null;

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
    this.#opened.database.close();
  }

  // ------------------------------------------------------------------ trials

  trial(id: string): StoredTrial | null {
    const row = this.#sql.get(`SELECT ${TRIAL_COLUMNS} FROM trials t WHERE t.id = ?`, id);
    return row && trialOf(row);
  }

  /** Trials whose id starts so: short ids are how a person names them. */
  trialsByPrefix(prefix: string, limit = 5): StoredTrial[] {
    return this.#sql.all(`SELECT ${TRIAL_COLUMNS} FROM trials t WHERE t.id >= ? AND t.id < ? LIMIT ?`, prefix, `${prefix}g`, limit).map(trialOf);
  }

  trialsInState(...states: StoredState[]): StoredTrial[] {
    return states.flatMap((state) => this.#sql.all(`SELECT ${TRIAL_COLUMNS} FROM trials t WHERE t.state = ? ORDER BY t.row`, state).map(trialOf));
  }

  setState(id: string, state: StoredState, more: { startedAt?: number | null; finishedAt?: number | null; attempts?: number; progress?: StoredProgress | null; failure?: StoredFailure | null } = {}): void {
    this.#write(() => {
      this.#sql.run('UPDATE trials SET state = ? WHERE id = ?', state, id);
      if (more.startedAt !== undefined) this.#sql.run('UPDATE trials SET started_at = ? WHERE id = ?', more.startedAt, id);
      if (more.finishedAt !== undefined) this.#sql.run('UPDATE trials SET finished_at = ? WHERE id = ?', more.finishedAt, id);
      if (more.attempts !== undefined) this.#sql.run('UPDATE trials SET attempts = ? WHERE id = ?', more.attempts, id);
      if (more.progress !== undefined) this.#sql.run('UPDATE trials SET progress = ? WHERE id = ?', more.progress && encodeNumbers(more.progress), id);
      if (more.failure !== undefined) this.#sql.run('UPDATE trials SET failure = ? WHERE id = ?', more.failure && JSON.stringify(more.failure), id);
    });
  }

  /** Artefacts that a trial opens: name → trial id. */
  needs(id: string): Record<string, string> {
    const rows = this.#sql.all('SELECT d.name, n.id FROM dependencies d JOIN trials t ON t.row = d.trial JOIN trials n ON n.row = d.needs WHERE t.id = ? ORDER BY d.name', id);
    return Object.fromEntries(rows.map((row) => [text(row, 'name'), text(row, 'id')]));
  }

  /** Ids of the trials that open this one's artefact. */
  neededBy(id: string): string[] {
    return this.#sql.all('SELECT DISTINCT t.id FROM dependencies d JOIN trials n ON n.row = d.needs JOIN trials t ON t.row = d.trial WHERE n.id = ?', id).map((row) => text(row, 'id'));
  }

  log(id: string | null, line: LogLine): void {
    this.#write(() => this.#sql.run('INSERT INTO logs (trial, at, level, message) VALUES ((SELECT row FROM trials WHERE id = ?), ?, ?, ?)', id, line.at, line.level, line.message));
  }

  logs(id: string): LogLine[] {
    return this.#sql.all('SELECT l.at, l.level, l.message FROM logs l JOIN trials t ON t.row = l.trial WHERE t.id = ? ORDER BY l.at, l.row', id)
      .map((row) => ({ at: numeric(row, 'at'), level: text(row, 'level'), message: text(row, 'message') }));
  }

  // ------------------------------------------------------------------ results

  /** Stores everything a trial measured and marks it done, at once or not at all. `seconds`: the trial's own, for estimates; its cost may hold its artefacts' too. */
  finish(id: string, result: StoredResult, metrics: readonly MetricValue[], headline: number | null, finishedAt: number, seconds = result.cost.seconds): void {
    // Files first: a file without a row is garbage, a row without its file would be a lie.
    const kept = Object.entries(result.primitives.probabilities).map(([split, sample]) => ({
      split, sample, values: this.#putArray(sample.values), labels: this.#putArray(sample.labels), tasks: sample.tasks ? this.#putArray(sample.tasks) : null,
    }));
    const artefact = result.artefact && { ...this.#guard(() => this.blobs.put(packArrays(result.artefact?.arrays ?? {}))), note: result.artefact.note };
    this.#write(() => this.#sql.transaction(() => {
      const row = this.#row(id);
      for (const table of ['metrics', 'primitives', 'probabilities', 'artefacts', 'costs', 'environments']) this.#sql.run(`DELETE FROM ${table} WHERE trial = ?`, row);
      for (const { id: metric, value, split = 'test', step = -1 } of metrics) {
        if (!Number.isNaN(value)) this.#sql.run('INSERT OR REPLACE INTO metrics (trial, metric, split, step, value) VALUES (?, ?, ?, ?, ?)', row, metric, split, step, value);
      }
      const { matrices, curves, scalars } = result.primitives;
      this.#sql.run('INSERT INTO primitives (trial, matrices, curves, scalars, notes) VALUES (?, ?, ?, ?, ?)', row, encodeNumbers(matrices), encodeNumbers(curves), encodeNumbers(scalars), JSON.stringify(result.notes));
      for (const { split, sample, values, labels, tasks } of kept) {
        this.#sql.run('INSERT INTO probabilities (trial, split, classes, samples, "values", labels, tasks, class_names) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
          row, split, sample.classes, sample.labels.length, values, labels, tasks, sample.classNames ? JSON.stringify(sample.classNames) : null);
      }
      if (artefact) this.#sql.run('INSERT INTO artefacts (trial, hash, note, bytes) VALUES (?, ?, ?, ?)', row, artefact.hash, artefact.note, artefact.bytes);
      const { cost } = result;
      this.#sql.run('INSERT INTO costs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', row, cost.seconds, cost.steps, cost.flops, cost.examples, cost.forwardPasses, cost.backwardPasses,
        cost.bytesStored, cost.parameters, cost.peakMemoryBytes, cost.workers);
      this.#sql.run('INSERT INTO environments (trial, environment) VALUES (?, ?)', row, JSON.stringify(result.environment));
      this.#sql.run("UPDATE trials SET state = 'done', finished_at = ?, progress = NULL, failure = NULL, headline = ?, seconds = ? WHERE row = ?",
        finishedAt, headline !== null && Number.isNaN(headline) ? null : headline, seconds, row);
    }));
    this.#refresh(id);
    this.#changed = true;
  }

  /** A finished trial of a method with its usual settings on the same protocol, seed and backend; the newest when there are several. */
  findDone(wanted: { suite: string; method: string; seed: number; backend: string; protocolHash: string }): string | null {
    const row = this.#sql.get("SELECT id FROM trials WHERE suite = ? AND method = ? AND seed = ? AND backend = ? AND protocol_hash = ? AND state = 'done' ORDER BY row DESC LIMIT 1", wanted.suite, wanted.method, wanted.seed, wanted.backend, wanted.protocolHash);
    return row && text(row, 'id');
  }

  /** Finished trials of any method on one protocol, seed and backend. */
  siblings(of: { suite: string; seed: number; backend: string; protocolHash: string }): string[] {
    return this.#sql.all("SELECT id FROM trials WHERE suite = ? AND seed = ? AND backend = ? AND protocol_hash = ? AND state = 'done'", of.suite, of.seed, of.backend, of.protocolHash).map((row) => text(row, 'id'));
  }

  /** Writes final metrics of a finished trial again, after what they are measured against has changed. */
  addMetrics(id: string, metrics: readonly MetricValue[]): void {
    this.#write(() => this.#sql.transaction(() => {
      const row = this.#row(id);
      for (const { id: metric, value, split = 'test', step = -1 } of metrics) this.#sql.run('INSERT OR REPLACE INTO metrics (trial, metric, split, step, value) VALUES (?, ?, ?, ?, ?)', row, metric, split, step, value);
    }));
    this.#refresh(id);
  }

  /** Examples per second of work, over a study's finished trials and the workers beside one another; null before the first. */
  examplesPerSecond(study: string): number | null {
    const row = this.#sql.get('SELECT sum(c.examples) / sum(c.seconds / c.workers) AS rate FROM study_trials s JOIN costs c ON c.trial = s.trial WHERE s.study = ?', study);
    return row && numericOrNull(row, 'rate');
  }

  metrics(id: string): MetricValue[] {
    return this.#sql.all('SELECT m.metric, m.split, m.step, m.value FROM metrics m JOIN trials t ON t.row = m.trial WHERE t.id = ? ORDER BY m.metric, m.step', id)
      .map((row) => ({ id: text(row, 'metric'), split: text(row, 'split'), step: numeric(row, 'step'), value: numeric(row, 'value') }));
  }

  /** Everything measured, or null when the trial is not done. Dropped probabilities are left out. */
  primitives(id: string, options: { probabilities?: boolean } = {}): (Primitives & { notes: string[] }) | null {
    const row = this.#sql.get('SELECT p.* FROM primitives p JOIN trials t ON t.row = p.trial WHERE t.id = ?', id);
    if (row === null) return null;
    const curves: Curve[] = curvesText.parse(JSON.parse(text(row, 'curves')));
    return {
      matrices: matricesText.parse(JSON.parse(text(row, 'matrices'))), curves, scalars: scalarsText.parse(JSON.parse(text(row, 'scalars'))),
      notes: notesText.parse(JSON.parse(text(row, 'notes'))),
      probabilities: options.probabilities === false ? {} : this.#probabilities(numeric(row, 'trial')),
    };
  }

  /** Whether a trial measured per-sample probabilities on a split, kept or dropped since. */
  hadProbabilities(id: string, split: string): boolean {
    return this.#sql.get('SELECT 1 FROM probabilities p JOIN trials t ON t.row = p.trial WHERE t.id = ? AND p.split = ?', id, split) !== null;
  }

  cost(id: string): Cost | null {
    const row = this.#sql.get('SELECT c.* FROM costs c JOIN trials t ON t.row = c.trial WHERE t.id = ?', id);
    return row && costOf(row);
  }

  environment(id: string): Environment | null {
    const row = this.#sql.get('SELECT e.environment FROM environments e JOIN trials t ON t.row = e.trial WHERE t.id = ?', id);
    return row && environmentText.parse(JSON.parse(text(row, 'environment')));
  }

  /** Where a trial's artefact lies, for a worker to read. */
  artefactFile(id: string): { path: string; note: string } | null {
    const row = this.#sql.get('SELECT a.hash, a.note FROM artefacts a JOIN trials t ON t.row = a.trial WHERE t.id = ?', id);
    return row && { path: this.blobs.path(text(row, 'hash')), note: text(row, 'note') };
  }

  /** Whether other trials can open what this one made. */
  hasArtefact(id: string): boolean {
    const file = this.artefactFile(id);
    return file !== null && existsSync(file.path);
  }

  artefact(id: string): { arrays: Record<string, Float32Array>; note: string } | null {
    const row = this.#sql.get('SELECT a.hash, a.note FROM artefacts a JOIN trials t ON t.row = a.trial WHERE t.id = ?', id);
    const bytes = row && this.blobs.get(text(row, 'hash'));
    return row && bytes ? { arrays: unpackArrays(bytes), note: text(row, 'note') } : null;
  }

  /**
   * Trials with their final metrics and cost, for leaderboards and comparisons. With a study: its cells in every state (without metrics where
   * unfinished); without: every finished trial. Narrowed to suites and a backend. Finished trials are kept in memory after the first call.
   */
  measurements(query: { study?: string | undefined; suites?: readonly string[] | undefined; backend?: string | undefined }): MeasuredTrial[] {
    const finished = this.#finished();
    const suites = query.suites === undefined ? null : new Set(query.suites);
    const wanted = (trial: { suite: string; backend: string }): boolean => (suites === null || suites.has(trial.suite)) && (query.backend === undefined || trial.backend === query.backend);
    if (query.study === undefined) return [...finished.values()].filter(wanted);
    const cells = this.#sql.all("SELECT s.trial, s.label, t.state FROM study_trials s JOIN trials t ON t.row = s.trial WHERE s.study = ? AND s.role = 'cell' ORDER BY s.position", query.study);
    return cells.flatMap((row) => {
      const key = numeric(row, 'trial');
      const known = finished.get(key) ?? this.#readMeasured('WHERE t.row = ?', key).get(key);
      return known === undefined || !wanted(known) ? [] : [{ ...known, label: text(row, 'label'), state: stateOf(text(row, 'state')) }];
    });
  }

  #finished(): Map<number, MeasuredTrial> {
    this.#measured ??= this.#readMeasured("WHERE t.state = 'done'");
    return this.#measured;
  }

  #readMeasured(where: string, ...values: number[]): Map<number, MeasuredTrial> {
    const metrics = new Map<number, Record<string, number>>();
    for (const row of this.#sql.all(`SELECT m.trial, m.metric, m.value FROM trials t JOIN metrics m ON m.trial = t.row ${where} AND m.step = -1 AND m.split = 'test'`, ...values)) {
      const trial = numeric(row, 'trial');
      const known = metrics.get(trial);
      if (known === undefined) metrics.set(trial, { [text(row, 'metric')]: numeric(row, 'value') });
      else known[text(row, 'metric')] = numeric(row, 'value');
    }
    const costs = new Map(this.#sql.all(`SELECT c.* FROM trials t JOIN costs c ON c.trial = t.row ${where}`, ...values).map((row) => [numeric(row, 'trial'), costOf(row)]));
    const configurations = new Map<string, Record<string, number | string | boolean>>();
    const answer = new Map<number, MeasuredTrial>();
    for (const row of this.#sql.all(`SELECT t.row, t.id, t.suite, t.protocol_hash, t.method, t.configuration, t.hyper_parameters, t.seed, t.backend, t.state FROM trials t ${where} ORDER BY t.row`, ...values)) {
      const configuration = text(row, 'configuration');
      let hyperParameters = configurations.get(configuration);
      if (hyperParameters === undefined) configurations.set(configuration, (hyperParameters = hyperParametersText.parse(JSON.parse(text(row, 'hyper_parameters')))));
      const key = numeric(row, 'row');
      answer.set(key, {
        trial: text(row, 'id'), suite: text(row, 'suite'), protocolHash: text(row, 'protocol_hash'), method: text(row, 'method'), configuration, hyperParameters, label: '', seed: numeric(row, 'seed'),
        backend: text(row, 'backend'), state: stateOf(text(row, 'state')), metrics: metrics.get(key) ?? {}, cost: costs.get(key) ?? null,
      });
    }
    return answer;
  }

  /** Mean seconds of finished trials by (suite, method), and by suite alone and method alone, for estimates. */
  durations(): { suite: string; method: string; backend: string; seconds: number; n: number }[] {
    return this.#sql.all("SELECT suite, method, backend, avg(seconds) AS seconds, count(*) AS n FROM trials WHERE state = 'done' AND seconds IS NOT NULL GROUP BY suite, method, backend")
      .map((row) => ({ suite: text(row, 'suite'), method: text(row, 'method'), backend: text(row, 'backend'), seconds: numeric(row, 'seconds'), n: numeric(row, 'n') }));
  }

  // ------------------------------------------------------------------ studies

  /** Stores a study and those of its trials that are not there yet; answers the ids of the new ones. */
  createStudy(study: StoredStudy, trials: readonly PlannedTrial[]): string[] {
    return this.#write(() => this.#sql.transaction(() => {
      this.#sql.run('INSERT INTO studies (id, name, intent, request, backend, created_at, finished_at) VALUES (?, ?, ?, ?, ?, ?, ?)', study.id, study.name, study.intent, study.request, study.backend, study.createdAt, study.finishedAt);
      const added: string[] = [];
      trials.forEach((trial, position) => {
        if (this.#addTrial(trial, study.createdAt)) added.push(trial.id);
        this.#sql.run('INSERT OR IGNORE INTO study_trials (study, trial, role, label, position) VALUES (?, ?, ?, ?, ?)', study.id, this.#row(trial.id), trial.role, trial.label, position);
      });
      for (const trial of trials) {
        for (const [name, needed] of Object.entries(trial.needs)) this.#sql.run('INSERT OR IGNORE INTO dependencies (trial, name, needs) VALUES (?, ?, ?)', this.#row(trial.id), name, this.#row(needed));
      }
      return added;
    }));
  }

  /** Adds a trial unless it is there; for report imports and reference runs. */
  addTrial(trial: PlannedTrial, createdAt: number): boolean {
    return this.#write(() => this.#sql.transaction(() => this.#addTrial(trial, createdAt)));
  }

  /** Takes up a study from elsewhere with its results; trials that are here already, in whatever state but unfinished, stay as they are. */
  importStudy(study: StoredStudy, trials: readonly ImportedTrial[]): { added: number; present: number } {
    return this.#write(() => this.#sql.transaction(() => {
      this.#sql.run('INSERT OR IGNORE INTO studies (id, name, intent, request, backend, created_at, finished_at) VALUES (?, ?, ?, ?, ?, ?, ?)', study.id, study.name, study.intent, study.request, study.backend, study.createdAt, study.finishedAt);
      let added = 0;
      trials.forEach((trial, position) => {
        const before = this.trial(trial.id);
        if (before === null) {
          this.#insertTrial({ ...trial, hyperParameters: canonicalJson(trial.hyperParameters), state: trial.failure === null ? 'cancelled' : 'failed' });
          this.setState(trial.id, trial.failure === null ? 'cancelled' : 'failed', { startedAt: trial.startedAt, finishedAt: trial.finishedAt, failure: trial.failure, attempts: 1 });
        }
        this.#sql.run('INSERT OR IGNORE INTO study_trials (study, trial, role, label, position) VALUES (?, ?, ?, ?, ?)', study.id, this.#row(trial.id), trial.role, trial.label, position);
        if (before?.state === 'done' || (before !== null && trial.result === null)) return;
        if (trial.result !== null) this.finish(trial.id, trial.result, trial.metrics, trial.headline, trial.finishedAt ?? study.createdAt);
        added += 1;
      });
      return { added, present: trials.length - added };
    }));
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
    return this.#sql.all(`SELECT ${TRIAL_COLUMNS}, s.role, s.label FROM study_trials s JOIN trials t ON t.row = s.trial WHERE s.study = ? ORDER BY s.position`, study)
      .map((row) => ({ trial: trialOf(row), role: text(row, 'role') === 'cell' ? 'cell' : 'artefact', label: text(row, 'label') }));
  }

  /** How many of a study's trials are in each state, by role. */
  studyCounts(study: string): { role: TrialRole; state: StoredState; count: number }[] {
    return this.#sql.all('SELECT s.role, t.state, count(*) AS n FROM study_trials s JOIN trials t ON t.row = s.trial WHERE s.study = ? GROUP BY s.role, t.state', study)
      .map((row) => ({ role: text(row, 'role') === 'cell' ? 'cell' : 'artefact', state: stateOf(text(row, 'state')), count: numeric(row, 'n') }));
  }

  /** Unfinished trials of a study, for estimates of the time left. */
  studyOpenTrials(study: string): { id: string; suite: string; method: string; backend: string }[] {
    return this.#sql.all("SELECT t.id, t.suite, t.method, t.backend FROM study_trials s JOIN trials t ON t.row = s.trial WHERE s.study = ? AND t.state IN ('queued', 'waiting', 'running', 'paused')", study)
      .map((row) => ({ id: text(row, 'id'), suite: text(row, 'suite'), method: text(row, 'method'), backend: text(row, 'backend') }));
  }

  studiesOf(trial: string): { id: string; intent: StudyIntent; role: TrialRole }[] {
    return this.#sql.all('SELECT s.study, s.role, y.intent FROM study_trials s JOIN trials t ON t.row = s.trial JOIN studies y ON y.id = s.study WHERE t.id = ?', trial)
      .map((row) => ({ id: text(row, 'study'), intent: intentOf(text(row, 'intent')), role: text(row, 'role') === 'cell' ? 'cell' : 'artefact' }));
  }

  setStudy(id: string, change: { name?: string; intent?: StudyIntent; finishedAt?: number | null }): void {
    this.#write(() => {
      if (change.name !== undefined) this.#sql.run('UPDATE studies SET name = ? WHERE id = ?', change.name, id);
      if (change.intent !== undefined) this.#sql.run('UPDATE studies SET intent = ? WHERE id = ?', change.intent, id);
      if (change.finishedAt !== undefined) this.#sql.run('UPDATE studies SET finished_at = ? WHERE id = ?', change.finishedAt, id);
    });
  }

  /** Ids of trials that only this study holds. */
  ownTrials(study: string): string[] {
    return this.#sql.all('SELECT t.id FROM study_trials s JOIN trials t ON t.row = s.trial WHERE s.study = ? AND NOT EXISTS (SELECT 1 FROM study_trials o WHERE o.trial = s.trial AND o.study <> s.study)', study).map((row) => text(row, 'id'));
  }

  /**
   * Forgets a study. Its trials that never finished and that no other study holds go with it, with `results` also the finished ones
   * (unless a trial that stays needs their artefact). Answers the ids of the trials that went; their files go too where nothing else uses them.
   */
  deleteStudy(id: string, results: boolean): string[] {
    return this.#write(() => {
      const own = this.ownTrials(id);
      const files: string[] = [];
      const gone = this.#sql.transaction(() => {
        this.#sql.run('DELETE FROM studies WHERE id = ?', id);
        const deleted: string[] = [];
        // Users of artefacts before the artefacts: several rounds, as long as something goes.
        for (let left = own, before = -1; left.length !== before;) {
          before = left.length;
          left = left.filter((trial) => {
            const stored = this.trial(trial);
            if (stored === null || (stored.state === 'done' && !results) || this.neededBy(trial).length > 0) return true;
            files.push(...this.#filesOf(trial));
            this.#sql.run('DELETE FROM trials WHERE id = ?', trial);
            deleted.push(trial);
            return false;
          });
        }
        return deleted;
      });
      this.#dropUnused(files);
      this.#measured = null;
      this.#changed = true;
      return gone;
    });
  }

  /** Drops the stored probabilities of all but the newest `keep` finished trials; metrics stay. Answers how many files went. */
  dropOldProbabilities(keep: number): number {
    return this.#write(() => {
      const old = this.#sql.all(`SELECT p.trial, p.split, p."values", p.labels, p.tasks FROM probabilities p JOIN trials t ON t.row = p.trial WHERE p."values" IS NOT NULL
        AND t.row NOT IN (SELECT row FROM trials WHERE state = 'done' ORDER BY finished_at DESC LIMIT ?)`, keep);
      this.#sql.transaction(() => {
        for (const row of old) this.#sql.run('UPDATE probabilities SET "values" = NULL, labels = NULL, tasks = NULL WHERE trial = ? AND split = ?', numeric(row, 'trial'), text(row, 'split'));
      });
      return this.#dropUnused(old.flatMap((row) => ['values', 'labels', 'tasks'].map((column) => textOrNull(row, column)).filter((hash) => hash !== null)));
    });
  }

  setting(name: string): string | null {
    const row = this.#sql.get('SELECT value FROM settings WHERE name = ?', name);
    return row && text(row, 'value');
  }

  setSetting(name: string, value: string): void {
    this.#write(() => this.#sql.run('INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value', name, value));
  }

  // ------------------------------------------------------------------ inside

  #addTrial({ id, identity }: PlannedTrial, createdAt: number): boolean {
    return this.#insertTrial({
      id, ...identity, dataHash: dataHash(identity.data), configuration: configurationKey(identity.method, identity.hyperParameters), hyperParameters: canonicalJson(identity.hyperParameters), state: 'queued', createdAt,
    });
  }

  #insertTrial(trial: {
    id: string; suite: string; suiteVersion: number; protocolHash: string; dataHash: string; method: string; methodVersion: number; configuration: string; hyperParameters: string;
    seed: number; backend: string; numerics: string; state: StoredState; createdAt: number;
  }): boolean {
    return this.#sql.run(`INSERT OR IGNORE INTO trials (id, suite, suite_version, protocol_hash, data_hash, method, method_version, configuration, hyper_parameters, seed, backend, numerics, state, created_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, trial.id, trial.suite, trial.suiteVersion, trial.protocolHash, trial.dataHash, trial.method, trial.methodVersion, trial.configuration, trial.hyperParameters,
      trial.seed, trial.backend, trial.numerics, trial.state, trial.createdAt) > 0;
  }

  #row(id: string): number {
    const row = this.#sql.get('SELECT row FROM trials WHERE id = ?', id);
    if (row === null) throw new Error(`There is no trial ${id}.`);
    return numeric(row, 'row');
  }

  #refresh(id: string): void {
    if (this.#measured === null) return;
    const row = this.#row(id);
    const trial = this.#readMeasured('WHERE t.row = ?', row).get(row);
    if (trial !== undefined) this.#measured.set(row, trial);
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
        classes: numeric(stored, 'classes'), values: new Float32Array(values), labels: new Int32Array(labels),
        ...(tasks === null ? {} : { tasks: new Int32Array(tasks) }), ...(names === null ? {} : { classNames: notesText.parse(JSON.parse(names)) }),
      };
    }
    return answer;
  }

  #getArray(hash: string | null): ArrayBuffer | null {
    return hash === null ? null : this.blobs.get(hash)?.buffer ?? null;
  }

  #filesOf(trial: string): string[] {
    const rows = this.#sql.all(`SELECT p."values" AS hash FROM probabilities p JOIN trials t ON t.row = p.trial WHERE t.id = ?1 UNION SELECT p.labels FROM probabilities p JOIN trials t ON t.row = p.trial WHERE t.id = ?1
      UNION SELECT p.tasks FROM probabilities p JOIN trials t ON t.row = p.trial WHERE t.id = ?1 UNION SELECT a.hash FROM artefacts a JOIN trials t ON t.row = a.trial WHERE t.id = ?1`, trial);
    return rows.map((row) => textOrNull(row, 'hash')).filter((hash) => hash !== null);
  }

  #dropUnused(hashes: readonly string[]): number {
    let dropped = 0;
    for (const hash of new Set(hashes)) {
      const used = this.#sql.get('SELECT 1 AS used FROM probabilities WHERE "values" = ?1 OR labels = ?1 OR tasks = ?1 UNION SELECT 1 FROM artefacts WHERE hash = ?1 LIMIT 1', hash);
      if (used !== null) continue;
      this.blobs.drop(hash);
      dropped += 1;
    }
    return dropped;
  }

  #write<T>(work: () => T): T {
    if (this.readOnly !== null) throw new StorageError('read-only', this.readOnly, 'Give yourself write permission on the data folder, or choose another one with TOUCHSTONE_DATA.');
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

const stateSchema = z.enum(['queued', 'waiting', 'running', 'paused', 'done', 'failed', 'cancelled']);
const STATES = new Set<string>(stateSchema.options);
const isState = (value: string): value is StoredState => STATES.has(value);
function stateOf(value: string): StoredState {
  if (!isState(value)) throw new TypeError(`"${value}" is no state of a trial`);
  return value;
}
const intentOf = (value: string): StudyIntent => z.enum(['run', 'pause', 'cancel']).parse(value);

/** One hash for all datasets of a suite: the only one's own, or the hash over the list. */
function dataHash(data: readonly string[]): string {
  return data.length === 1 && data[0] !== undefined ? data[0] : sha256(canonicalJson(data));
}

function trialOf(row: Row): StoredTrial {
  const progress = textOrNull(row, 'progress');
  const failure = textOrNull(row, 'failure');
  return {
    id: text(row, 'id'), suite: text(row, 'suite'), suiteVersion: numeric(row, 'suite_version'), protocolHash: text(row, 'protocol_hash'), dataHash: text(row, 'data_hash'),
    method: text(row, 'method'), methodVersion: numeric(row, 'method_version'), configuration: text(row, 'configuration'),
    hyperParameters: hyperParametersText.parse(JSON.parse(text(row, 'hyper_parameters'))), seed: numeric(row, 'seed'), backend: text(row, 'backend'), numerics: text(row, 'numerics'),
    state: stateOf(text(row, 'state')), attempts: numeric(row, 'attempts'),
    createdAt: numeric(row, 'created_at'), startedAt: numericOrNull(row, 'started_at'), finishedAt: numericOrNull(row, 'finished_at'),
    progress: progress === null ? null : progressText.parse(JSON.parse(progress)), failure: failure === null ? null : failureText.parse(JSON.parse(failure)),
    headline: numericOrNull(row, 'headline'), seconds: numericOrNull(row, 'seconds'),
  };
}

function studyOf(row: Row): StoredStudy {
  return {
    id: text(row, 'id'), name: text(row, 'name'), intent: intentOf(text(row, 'intent')), request: text(row, 'request'), backend: text(row, 'backend'),
    createdAt: numeric(row, 'created_at'), finishedAt: numericOrNull(row, 'finished_at'),
  };
}

function costOf(row: Row): Cost {
  return {
    seconds: numeric(row, 'seconds'), steps: numeric(row, 'steps'), flops: numeric(row, 'flops'), examples: numeric(row, 'examples'),
    forwardPasses: numeric(row, 'forward_passes'), backwardPasses: numeric(row, 'backward_passes'), bytesStored: numeric(row, 'bytes_stored'),
    parameters: numeric(row, 'parameters'), peakMemoryBytes: numeric(row, 'peak_memory_bytes'), workers: numeric(row, 'workers'),
  };
}

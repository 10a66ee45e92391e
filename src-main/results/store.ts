import { join } from 'node:path';
import { BlobStore } from './blobs.ts';
import { Connection } from './connection.ts';
import { openDatabase } from './database.ts';
import type { OpenDatabase, OpenOptions } from './database.ts';
import { storageError } from './errors.ts';
import { GoodCopies } from './good-copies.ts';
import { Forecasts } from './forecasts.ts';
import { Measured } from './measured.ts';
import { Measurements } from './measurements.ts';
import { Retention } from './retention.ts';
import { text } from './rows.ts';
import { Studies } from './studies.ts';
import { Tallies } from './tallies.ts';
import { Trials } from './trials.ts';

/**
 * The results of one data folder: studies, trials and what they measured. One writer at a time (the Workbench's lock
 * sees to it). The work is done, and described, by one part for each subject.
 */
export class ResultsStore {
  readonly folder: string;
  readonly blobs: BlobStore;
  readonly messages: readonly string[];
  readonly readOnly: string | null;
  readonly #opened: OpenDatabase;
  readonly #db: Connection;
  readonly #copies: GoodCopies;
  readonly #trials: Trials;
  readonly #measured: Measured;
  readonly #measurements: Measurements;
  readonly #studies: Studies;
  readonly #tallies: Tallies;
  readonly #forecasts: Forecasts;
  readonly #retention: Retention;

  private constructor(folder: string, opened: OpenDatabase, check: () => void) {
    this.folder = folder;
    this.#opened = opened;
    this.messages = opened.messages;
    this.readOnly = opened.readOnly;
    this.blobs = new BlobStore(join(folder, 'blobs'));
    this.#db = new Connection(opened, this.blobs, check);
    this.#copies = new GoodCopies(folder);
    this.#trials = new Trials(this.#db);
    this.#measured = new Measured(this.#db, this.#trials);
    this.#measurements = new Measurements(this.#db);
    this.#studies = new Studies(this.#db, this.#trials, this.#measured);
    this.#tallies = new Tallies(this.#db);
    this.#forecasts = new Forecasts(this.#db);
    this.#retention = new Retention(this.#db);
  }

  /** Throws StorageError; see `openDatabase`. */
  static open(folder: string, options: OpenOptions = {}): ResultsStore {
    return new ResultsStore(folder, openDatabase(folder, options), options.check ?? (() => undefined));
  }

  /** Closes the database as it is. */
  close(): void {
    this.#opened.close();
  }

  /** Closes the database, after a good copy of what was changed. */
  async end(): Promise<void> {
    if (this.#db.changed) {
      // Closing goes on without it: the copies of before stay.
      await this.keepGoodCopy().catch(() => undefined);
    }
    this.close();
  }

  /** Whether the newest good copy is older than a day. */
  copyIsDue(now: number): boolean {
    return this.readOnly === null && this.#copies.isDue(now);
  }

  /** Copies the database beside everything else; false where an older copy holds more. Rejects with StorageError. */
  async keepGoodCopy(): Promise<boolean> {
    try {
      return await this.#copies.keep(this.#opened.database);
    } catch (error) {
      throw storageError(error, this.#opened.path);
    }
  }

  readonly trial: Trials['trial'] = (...of) => this.#trials.trial(...of);
  readonly trialOfFormerId: Trials['trialOfFormerId'] = (...of) => this.#trials.trialOfFormerId(...of);
  readonly trialsByPrefix: Trials['trialsByPrefix'] = (...of) => this.#trials.trialsByPrefix(...of);
  readonly hasSuite: Trials['hasSuite'] = (...of) => this.#trials.hasSuite(...of);
  readonly trialsInState: Trials['trialsInState'] = (...of) => this.#trials.trialsInState(...of);
  readonly setState: Trials['setState'] = (...of) => this.#trials.setState(...of);
  readonly findDone: Trials['findDone'] = (...of) => this.#trials.findDone(...of);
  readonly originOf: Trials['originOf'] = (...of) => this.#trials.originOf(...of);
  readonly siblings: Trials['siblings'] = (...of) => this.#trials.siblings(...of);
  readonly needs: Trials['needs'] = (...of) => this.#trials.needs(...of);
  readonly makersOf: Trials['makersOf'] = (...of) => this.#trials.makersOf(...of);
  readonly neededBy: Trials['neededBy'] = (...of) => this.#trials.neededBy(...of);
  readonly log: Trials['log'] = (...of) => this.#trials.log(...of);
  readonly logs: Trials['logs'] = (...of) => this.#trials.logs(...of);
  readonly addTrial: Trials['addTrial'] = (...of) => this.#trials.addTrial(...of);

  readonly finish: Measured['finish'] = (...of) => this.#measured.finish(...of);
  readonly addMetrics: Measured['addMetrics'] = (...of) => this.#measured.addMetrics(...of);
  readonly renewMetrics: Measured['renewMetrics'] = (...of) => this.#measured.renewMetrics(...of);
  readonly outdatedTrials: Measured['outdatedTrials'] = (...of) => this.#measured.outdatedTrials(...of);
  readonly definitionsOf: Measured['definitionsOf'] = (...of) => this.#measured.definitionsOf(...of);
  readonly examine: Measured['examine'] = (...of) => this.#measured.examine(...of);
  readonly metrics: Measured['metrics'] = (...of) => this.#measured.metrics(...of);
  readonly primitives: Measured['primitives'] = (...of) => this.#measured.primitives(...of);
  readonly hadAnswers: Measured['hadAnswers'] = (...of) => this.#measured.hadAnswers(...of);
  readonly cost: Measured['cost'] = (...of) => this.#measured.cost(...of);
  readonly environment: Measured['environment'] = (...of) => this.#measured.environment(...of);
  readonly artefactFiles: Measured['artefactFiles'] = (...of) => this.#measured.artefactFiles(...of);
  readonly hasArtefact: Measured['hasArtefact'] = (...of) => this.#measured.hasArtefact(...of);
  readonly artefact: Measured['artefact'] = (...of) => this.#measured.artefact(...of);

  readonly measurements: Measurements['measurements'] = (...of) => this.#measurements.measurements(...of);
  readonly endedTrials: Measurements['endedTrials'] = (...of) => this.#measurements.endedTrials(...of);
  readonly cell: Measurements['cell'] = (...of) => this.#measurements.cell(...of);
  readonly durations: Measurements['durations'] = (...of) => this.#measurements.durations(...of);
  readonly summaries: Measurements['summaries'] = (...of) => this.#measurements.summaries(...of);
  readonly examplesPerSecond: Measurements['examplesPerSecond'] = (...of) =>
    this.#measurements.examplesPerSecond(...of);

  readonly createStudy: Studies['createStudy'] = (...of) => this.#studies.createStudy(...of);
  readonly nextPosition: Studies['nextPosition'] = (...of) => this.#studies.nextPosition(...of);
  readonly beginStudy: Studies['beginStudy'] = (...of) => this.#studies.beginStudy(...of);
  readonly addToStudy: Studies['addToStudy'] = (...of) => this.#studies.addToStudy(...of);
  readonly wantedPiece: Studies['wantedPiece'] = (...of) => this.#studies.wantedPiece(...of);
  readonly replaceTrials: Studies['replaceTrials'] = (...of) => this.#studies.replaceTrials(...of);
  readonly importTrials: Studies['importTrials'] = (...of) => this.#studies.importTrials(...of);
  readonly study: Studies['study'] = (...of) => this.#studies.study(...of);
  readonly studies: Studies['studies'] = (...of) => this.#studies.studies(...of);
  readonly setStudy: Studies['setStudy'] = (...of) => this.#studies.setStudy(...of);
  readonly studyTrials: Studies['studyTrials'] = (...of) => this.#studies.studyTrials(...of);
  readonly studyPiece: Studies['studyPiece'] = (...of) => this.#studies.studyPiece(...of);
  readonly askedTimes: Tallies['askedTimes'] = (...of) => this.#tallies.askedTimes(...of);
  readonly studiesOf: Studies['studiesOf'] = (...of) => this.#studies.studiesOf(...of);

  readonly countTrials: Tallies['count'] = (...of) => this.#tallies.count(...of);
  readonly studyCounts: Tallies['states'] = (...of) => this.#tallies.states(...of);
  readonly isStudyOpen: Tallies['isOpen'] = (...of) => this.#tallies.isOpen(...of);
  readonly openWork: Tallies['work'] = (...of) => this.#tallies.work(...of);

  readonly addForecast: Forecasts['addForecast'] = (...of) => this.#forecasts.addForecast(...of);
  readonly judgeForecasts: Forecasts['judgeForecasts'] = (...of) => this.#forecasts.judgeForecasts(...of);
  readonly dropForecasts: Forecasts['dropForecasts'] = (...of) => this.#forecasts.dropForecasts(...of);
  readonly forecasts: Forecasts['forecasts'] = (...of) => this.#forecasts.forecasts(...of);

  readonly deleteStudy: Retention['deleteStudy'] = (...of) => this.#retention.deleteStudy(...of);
  readonly studiesBeingDeleted: Retention['studiesBeingDeleted'] = (...of) =>
    this.#retention.studiesBeingDeleted(...of);
  readonly deletion: Retention['deletion'] = (...of) => this.#retention.deletion(...of);
  readonly dropOldAnswers: Retention['dropOldAnswers'] = (...of) => this.#retention.dropOldAnswers(...of);

  /** Many changes of what is asked for as one write. */
  together<T>(work: () => T): T {
    return this.#db.write(() => this.#db.sql.transaction(work));
  }

  setting(name: string): string | null {
    const row = this.#db.sql.get('SELECT value FROM settings WHERE name = ?', name);
    return row && text(row, 'value');
  }

  setSetting(name: string, value: string): void {
    this.#db.write(() =>
      this.#db.sql.run(
        'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
        name,
        value,
      ),
    );
  }
}

import { placeText } from '../base/places.ts';
import type { z } from 'zod';
import type { DatasetStore } from '../datasets/store.ts';
import type { MethodRegistry } from '../methods/registry.ts';
import type { ClaimsFile } from '../metrics/claims/file.ts';
import type { OwnFiles } from '../own/files.ts';
import { printWithChromium } from '../reports/print.ts';
import type { PrintPage } from '../reports/print.ts';
import { readInProcess } from '../reports/reading-process.ts';
import type { ReadReportFile } from '../reports/reading-process.ts';
import type { ResultsStore } from '../results/store.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import { boardHandlers } from './board-handlers.ts';
import { keepCopies } from './copies.ts';
import { Broadcast } from './broadcast.ts';
import type { LogLevel, TrialSubject } from './broadcast.ts';
import { madeSuiteHandlers } from './made-suites.ts';
import type { MadeSuites } from '../suites/made/files.ts';
import { catalogueHandlers } from './catalogue-handlers.ts';
import { Configurations, scaleOf } from './configurations.ts';
import { contract } from './contract/contract.ts';
import type {
  DoctorLine,
  Input,
  Operation,
  Output,
  ParsedInput,
  StudySummary,
  WorkbenchClient,
  WorkbenchEvent,
} from './contract/contract.ts';
import { datasetHandlers } from './datasets.ts';
import type { Handlers } from './handlers.ts';
import { Leaderboards } from './leaderboards.ts';
import { LiveCurves } from './live-curves.ts';
import { workersFor } from './hosts/machine.ts';
import { News } from './news.ts';
import { OwnNews } from './own-news.ts';
import { removePlanned } from './planned-study.ts';
import { Planning } from './planning.ts';
import type { BackendChoice } from './planning.ts';
import { quickStudy } from './quick-study.ts';
import { remembered } from '../base/remembered.ts';
import { Renewal } from './renewal.ts';
import { reportHandlers } from './report-handlers.ts';
import { publishedSettings } from './settings.ts';
import type { PublishedSettings } from './settings.ts';
import { Studies } from './studies.ts';
import type { LocalHostOptions } from './hosts/local.ts';
import { Superseded } from './superseded.ts';
import { systemInfo } from './system.ts';
import { TrialResults } from './trial-results.ts';
import { Ensembles } from './ensembles.ts';
import { Merges } from './merges.ts';
import { trialHandlers } from './trial-handlers.ts';
import { TrialRunner } from './trial-runner.ts';
import { Uploads } from './uploads.ts';
import { asWorkbenchError, invalidInput } from './wire.ts';

/** What a Workbench is made of; `open.ts` brings the real parts, tests small ones. */
export interface WorkbenchParts {
  readonly dataFolder: string;
  readonly version: string;
  readonly store: ResultsStore;
  readonly methods: MethodRegistry;
  readonly suites: SuiteRegistry;
  /** Suites that a person makes by a form; none in most tests. */
  readonly made?: MadeSuites;
  /** The person's own files behind both; none in most tests. */
  readonly own?: OwnFiles;
  readonly datasets: DatasetStore;
  /** Called after data came or went: there may be other suites then. */
  readonly onDataChange?: () => Promise<void>;
  /** Best first. */
  backends(): Promise<readonly BackendChoice[]>;
  diagnose(speedTest: boolean): Promise<DoctorLine[]>;
  readonly settings?: (suite: string) => PublishedSettings;
  readonly claims?: readonly ClaimsFile[];
  readonly workerEntry: string;
  readonly execPath?: string;
  readonly capacity?: (backend: string) => number;
  readonly checkpointEvery?: number;
  /** See TrialResultsParts. */
  readonly keepProbabilities?: number | undefined;
  readonly times?: LocalHostOptions['times'];
  readonly giveWay?: LocalHostOptions['giveWay'];
  readonly now?: () => number;
  /** Reads a report that is imported; in a process of its own unless given. */
  readonly readReport?: ReadReportFile;
  /** Prints a page to PDF; a Chromium of this machine unless given. */
  readonly print?: PrintPage;
}

/** The contract seen so that an operation's parser and its type stay together. */
const inputs: { readonly [K in Operation]: { readonly input: z.ZodType<ParsedInput<K>> } } = contract;

/** Every operation of the contract over one data folder. One per folder: `lock.ts` sees to it. */
export class Workbench implements WorkbenchClient {
  readonly #parts: WorkbenchParts;
  readonly #store: ResultsStore;
  readonly #broadcast: Broadcast;
  readonly #runner: TrialRunner;
  readonly #results: TrialResults;
  readonly #leaderboards: Leaderboards;
  readonly #news: News;
  readonly #takenUp = new Set<string>();
  readonly #live = new LiveCurves();
  readonly #configurations: Configurations;
  readonly #superseded: Superseded;
  readonly #own: OwnNews;
  readonly #planning: Planning;
  readonly #renewal: Renewal;
  readonly #settings: (suite: string) => PublishedSettings;
  readonly #capacity: (backend: string) => number;
  readonly #now: () => number;
  readonly #studies: Studies;
  readonly #merges: Merges;
  readonly #ensembles: Ensembles;
  readonly #uploads: Uploads;
  readonly #handlers: Handlers;
  #closed = false;
  #stopCopies = (): void => undefined;

  constructor(parts: WorkbenchParts) {
    this.#parts = parts;
    this.#store = parts.store;
    this.#now = parts.now ?? Date.now;
    this.#capacity = parts.capacity ?? ((backend) => workersFor(backend));
    const known = new Map<string, PublishedSettings>();
    this.#settings = parts.settings ?? ((suite) => remembered(known, suite, () => publishedSettings(suite)));
    this.#configurations = new Configurations({
      methods: parts.methods,
      settings: this.#settings,
      references: (suite) => scaleOf(parts.suites.find(suite)),
      originOf: (suite, configuration) => parts.store.originOf(suite, configuration),
    });
    this.#broadcast = new Broadcast(parts.store, this.#now, (trial) => this.#subjectOf(trial));
    this.#superseded = new Superseded({
      methods: parts.methods,
      suites: parts.suites,
      datasets: parts.datasets,
      cell: (identity) => parts.store.cell(identity),
    });
    this.#leaderboards = new Leaderboards({
      store: parts.store,
      methods: parts.methods,
      suites: parts.suites,
      configurations: this.#configurations,
      superseded: this.#superseded,
      ...(parts.claims === undefined ? {} : { claims: parts.claims }),
    });
    this.#results = new TrialResults({
      store: parts.store,
      suites: parts.suites,
      keepProbabilities: parts.keepProbabilities,
      now: this.#now,
      log: (trial, level, message) => this.#log(trial, level, message),
    });
    this.#uploads = new Uploads(parts.dataFolder);
    this.#own = new OwnNews({
      own: parts.own ?? null,
      store: parts.store,
      broadcast: this.#broadcast,
      onChange: () => void this.#runner.renewQueue(),
    });
    this.#runner = new TrialRunner({
      store: parts.store,
      dataFolder: parts.dataFolder,
      workerEntry: parts.workerEntry,
      checkpointEvery: parts.checkpointEvery ?? 10,
      capacity: this.#capacity,
      now: this.#now,
      ...(parts.execPath === undefined ? {} : { execPath: parts.execPath }),
      ...(parts.times === undefined ? {} : { times: parts.times }),
      giveWay: parts.giveWay ?? false,
      finish: (trial, result) => this.#results.finish(trial, result),
      renewed: (trials) => this.#renewal.renewed(trials),
      onStudy: (id) => void this.#news.study(id),
      suites: parts.suites,
      ownFilesOf: (trial) => this.#own.filesOf(trial),
      nameOf: (id) => this.#subjectOf(id).about,
      diverged: (trial, divergence, result) => this.#results.diverged(trial, divergence, result),
      onTrial: (id) => {
        const state = this.#store.trial(id)?.state;
        if (state !== 'running' && state !== 'paused') this.#live.forget(id);
        this.#news.trial(id);
      },
      onProgress: (trial, live) => void this.#news.progress(trial, live),
      onCurvePoint: ({ trial, name, x, y, places }) => {
        this.#live.add(trial, name, { x, y, places });
        this.#broadcast.tell({ kind: 'curve-point', trial, name, x, y, places });
      },
      onLog: (trial, level, message) => this.#log(trial, level, message),
    });
    this.#planning = new Planning({
      store: parts.store,
      methods: parts.methods,
      suites: parts.suites,
      datasets: parts.datasets,
      runner: this.#runner,
      own: this.#own,
      settings: this.#settings,
      backends: () => parts.backends(),
      capacity: this.#capacity,
    });
    this.#renewal = new Renewal({
      store: parts.store,
      methods: parts.methods,
      suites: parts.suites,
      dataFolder: parts.dataFolder,
      plan: async () => {
        // A worker may have met an edited file before its folder was looked at again.
        await this.#own.refresh();
        return this.#planning.parts();
      },
      backend: async (name) => ({ name, numerics: (await this.#runner.facts(name, 1)).numerics }),
      broadcast: this.#broadcast,
      now: this.#now,
    });
    this.#news = new News({
      store: parts.store,
      runner: this.#runner,
      configurations: this.#configurations,
      broadcast: this.#broadcast,
      capacity: this.#capacity,
      now: this.#now,
      takenUp: this.#takenUp,
      goesOn: (study) => this.#studies.goesOn(study),
    });
    this.#studies = this.#makeStudies();
    const { dataFolder, version } = this.#parts;
    this.#merges = new Merges({ dataFolder, version, broadcast: this.#broadcast, now: this.#now });
    this.#ensembles = new Ensembles(version);
    this.#handlers = this.#makeHandlers();
  }

  /** What a person should know about the data folder and the own methods; every subscriber hears it first. */
  get notices(): readonly string[] {
    return this.#broadcast.notices;
  }

  /** Goes on with what was interrupted; with `run: false` the queue waits until something is asked for. */
  start({ run = true }: { run?: boolean } = {}): void {
    const { notices } = this.#broadcast;
    if (this.#store.readOnly !== null) notices.push(this.#store.readOnly);
    notices.push(
      ...this.#store.messages,
      ...this.#parts.methods.troubles.map(({ file, message }) => `The method file ${file} cannot be used: ${message}`),
      ...this.#parts.suites.troubles.map(({ file, message }) => `The suite file ${file} cannot be used: ${message}`),
    );
    this.#own.watch();
    for (const notice of notices) this.#broadcast.folderLog('warning', notice);
    if (this.#store.readOnly !== null) return;
    for (const study of this.#store.studies()) if (study.finishedAt === null) this.#store.dropForecasts(study.id);
    for (const { id, intent, name } of this.#store.studies()) {
      if (intent !== 'plan') continue;
      notices.push(
        `The study "${name}" was still being planned when Touchstone ended, so it was removed; ask for it again.`,
      );
      this.#beside(removePlanned(id, { store: this.#store, broadcast: this.#broadcast }));
    }
    if (run) for (const { id, intent } of this.#store.studies()) if (intent === 'run') this.#takenUp.add(id);
    this.#beside(this.#studies.start());
    this.#uploads.clear();
    this.#beside(this.#runner.recover(run, this.#news.counted()));
    void this.#results.renew(() => this.#closed);
    this.#stopCopies = keepCopies(this.#store, this.#now, (...line) => this.#log(...line));
  }

  async call<K extends Operation>(operation: K, input: Input<K>): Promise<Output<K>> {
    const parsed = inputs[operation].input.safeParse(input);
    if (!parsed.success) throw invalidInput(operation, parsed.error);
    const handler: (input: ParsedInput<K>) => Promise<Output<K>> = this.#handlers[operation];
    try {
      return await handler(parsed.data);
    } catch (error) {
      throw asWorkbenchError(error);
    }
  }

  subscribe(listener: (event: WorkbenchEvent) => void): () => void {
    return this.#broadcast.subscribe(listener);
  }

  /**
   * Ends workers (with a last checkpoint when there is time) and closes the database. Running trials resume at the next
   * start.
   */
  async close(options: { graceful?: boolean } = {}): Promise<void> {
    this.#own.close();
    this.#merges.close();
    this.#ensembles.close();
    await this.#runner.close(options.graceful ?? true);
    this.#news.close();
    this.#closed = true;
    this.#stopCopies();
    await this.#store.end();
  }

  /** Studies that this Workbench runs now, whoever asked for them. */
  runningStudies(): StudySummary[] {
    return [...this.#takenUp].flatMap((id) => {
      const study = this.#store.study(id);
      const summary = study && this.#news.summary(study);
      return summary?.state === 'running' || summary?.state === 'planning' ? [summary] : [];
    });
  }

  /** Process id of the worker that runs a trial, or null; for tests that kill it. */
  workerPid(trial: string): number | null {
    return this.#runner.pidOf(trial);
  }

  /** What is done beside everything else; closing ends it. */
  #beside(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!this.#closed) this.#log(null, 'warning', asWorkbenchError(error).message);
    });
  }

  #log(trial: string | null, level: LogLevel, message: string): void {
    if (trial === null) this.#broadcast.folderLog(level, message);
    else this.#broadcast.trialLog(trial, level, message);
  }

  #subjectOf(id: string): TrialSubject {
    const trial = this.#store.trial(id);
    if (trial === null) return { about: `trial ${id.slice(0, 8)}`, studies: [] };
    const suite = this.#parts.suites.find(trial.suite)?.title ?? trial.suite;
    return {
      about: `${suite}, ${this.#configurations.alone(trial).name}, ${placeText(trial)}`,
      studies: this.#store.studiesOf(id).map((study) => study.id),
    };
  }

  #makeStudies(): Studies {
    const { methods, suites } = this.#parts;
    return new Studies({
      store: this.#store,
      runner: this.#runner,
      configurations: this.#configurations,
      methods,
      suites,
      planning: this.#planning,
      news: this.#news,
      broadcast: this.#broadcast,
      now: this.#now,
      takenUp: this.#takenUp,
      quick: () => quickStudy(suites, methods),
    });
  }

  #makeHandlers(): Handlers {
    const parts = this.#parts;
    const { methods, suites, datasets, dataFolder, version } = parts;
    const store = this.#store;
    return {
      'system.info': async () =>
        systemInfo({
          version,
          dataFolder,
          readOnly: store.readOnly,
          backends: await parts.backends(),
          capacity: this.#capacity,
        }),
      'system.ping': async () => ({}),
      'system.doctor': ({ speedTest }) => parts.diagnose(speedTest),
      ...catalogueHandlers({ methods, suites, datasets, store, own: this.#own, settings: this.#settings }),
      ...datasetHandlers(datasets, this.#broadcast, parts.onDataChange ?? (() => Promise.resolve())),
      ...madeSuiteHandlers(parts.made ?? null, datasets, suites, parts.onDataChange ?? (() => Promise.resolve())),
      ...this.#studies.handlers(),
      ...this.#merges.handlers(),
      ...this.#ensembles.handlers(),
      ...trialHandlers({
        store,
        live: this.#live,
        news: this.#news,
        runner: this.#runner,
        configurations: this.#configurations,
      }),
      ...boardHandlers({ store, suites, methods, leaderboards: this.#leaderboards, superseded: this.#superseded }),
      ...reportHandlers({
        store,
        suites,
        datasets,
        dataFolder,
        version,
        now: this.#now,
        leaderboards: this.#leaderboards,
        configurations: this.#configurations,
        print: parts.print ?? ((html) => printWithChromium(html)),
        broadcast: this.#broadcast,
        news: this.#news,
        uploads: this.#uploads,
        superseded: this.#superseded,
        readReport: parts.readReport ?? readInProcess,
      }),
    };
  }
}

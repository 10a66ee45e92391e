import { randomUUID } from 'node:crypto';
import os from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import type { DatasetStore } from '../datasets/store.ts';
import type { MethodRegistry } from '../methods/registry.ts';
import { StorageError } from '../results/errors.ts';
import { configurationKey } from '../results/identity.ts';
import type { ResultsStore } from '../results/store.ts';
import type { StoredProgress, StoredStudy, StoredTrial, TrialRole } from '../results/types.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import { methodInfos, metricInfos, suiteInfos } from './catalogue.ts';
import { contract, WorkbenchError } from './contract.ts';
import type {
  DoctorLine,
  Input,
  Operation,
  Output,
  ParsedInput,
  StudyRequest,
  StudySummary,
  TrialSummary,
  WorkbenchClient,
  WorkbenchEvent,
} from './contract.ts';
import { Leaderboards } from './leaderboards.ts';
import type { ClaimsFile } from '../metrics/claims.ts';
import { workersFor } from './machine.ts';
import { planStudy } from './plan.ts';
import type { Plan } from './plan.ts';
import { quickStudy } from './quick-study.ts';
import { remembered } from './remembered.ts';
import { importReport, reportOf } from './reports.ts';
import { publishedSettings } from './settings.ts';
import type { PublishedSettings } from './settings.ts';
import { forecastsOf, openTrials, requestOf, studySummaryOf, trialSummaryOf } from './summaries.ts';
import type { SupervisorOptions } from './supervisor.ts';
import { timeLeft } from './time-left.ts';
import { TrialResults } from './trial-results.ts';
import { TrialRunner } from './trial-runner.ts';
import { trialDetailOf } from './views.ts';
import { asWorkbenchError, invalidInput } from './wire.ts';

export interface BackendChoice {
  readonly name: string;
  readonly available: boolean;
  readonly reason: string;
}

/** What a Workbench is made of; `open.ts` brings the real parts, tests small ones. */
export interface WorkbenchParts {
  readonly dataFolder: string;
  readonly version: string;
  readonly store: ResultsStore;
  readonly methods: MethodRegistry;
  readonly suites: SuiteRegistry;
  readonly datasets: DatasetStore;
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
  readonly times?: SupervisorOptions['times'];
  readonly giveWay?: SupervisorOptions['giveWay'];
  readonly now?: () => number;
}

type Handlers = { readonly [K in Operation]: (input: ParsedInput<K>) => Promise<Output<K>> };
/** The contract seen so that an operation's parser and its type stay together. */
const inputs: { readonly [K in Operation]: { readonly input: z.ZodType<ParsedInput<K>> } } = contract;

/** Every operation of the contract over one data folder. One per folder: `lock.ts` sees to it. */
export class Workbench implements WorkbenchClient {
  readonly #parts: WorkbenchParts;
  readonly #store: ResultsStore;
  readonly #runner: TrialRunner;
  readonly #results: TrialResults;
  readonly #leaderboards: Leaderboards;
  readonly #listeners = new Set<(event: WorkbenchEvent) => void>();
  readonly #settings: (suite: string) => PublishedSettings;
  readonly #capacity: (backend: string) => number;
  readonly #now: () => number;
  readonly #handlers: Handlers;
  #closed = false;

  constructor(parts: WorkbenchParts) {
    this.#parts = parts;
    this.#store = parts.store;
    this.#now = parts.now ?? Date.now;
    this.#capacity = parts.capacity ?? ((backend) => workersFor(backend));
    const known = new Map<string, PublishedSettings>();
    this.#settings = parts.settings ?? ((suite) => remembered(known, suite, () => publishedSettings(suite)));
    this.#leaderboards = new Leaderboards({
      store: parts.store,
      methods: parts.methods,
      suites: parts.suites,
      settings: this.#settings,
      ...(parts.claims === undefined ? {} : { claims: parts.claims }),
    });
    this.#results = new TrialResults({
      store: parts.store,
      suites: parts.suites,
      keepProbabilities: parts.keepProbabilities,
      now: this.#now,
      log: (trial, level, message) => this.#log(trial, level, message),
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
      onTrial: (id) => this.#tellTrial(id),
      onProgress: (trial, progress) => this.#tellProgress(trial, progress),
      onCurvePoint: ({ trial, name, x, y }) => this.#tell({ kind: 'curve-point', trial, name, x, y }),
      onLog: (trial, level, message) => this.#log(trial, level, message),
    });
    this.#handlers = this.#makeHandlers();
  }

  /** What a person should know about the data folder and the own methods; every subscriber hears it first. */
  readonly notices: string[] = [];

  /** Goes on with what was interrupted; with `run: false` the queue waits until something is asked for. */
  start(options: { run?: boolean } = {}): void {
    if (this.#store.readOnly !== null) this.notices.push(this.#store.readOnly);
    this.notices.push(
      ...this.#store.messages,
      ...this.#parts.methods.troubles.map(({ file, message }) => `Your method ${file} cannot be used: ${message}`),
    );
    for (const notice of this.notices) this.#log(null, 'warning', notice);
    if (this.#store.readOnly !== null) return;
    for (const study of this.#store.studies()) if (study.finishedAt === null) this.#store.dropForecasts(study.id);
    this.#runner.recover(options.run ?? true);
    void this.#results.renew(() => this.#closed);
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
    this.#listeners.add(listener);
    queueMicrotask(() => {
      for (const message of this.notices)
        if (this.#listeners.has(listener))
          tell(listener, { kind: 'log', trial: null, at: this.#now(), level: 'warning', message });
    });
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Ends workers (with a last checkpoint when there is time) and closes the database. Running trials resume at the next start. */
  async close(options: { graceful?: boolean } = {}): Promise<void> {
    await this.#runner.close(options.graceful ?? true);
    this.#tellStudies();
    this.#closed = true;
    this.#store.close();
  }

  /** Process id of the worker that runs a trial, or null; for tests that kill it. */
  workerPid(trial: string): number | null {
    return this.#runner.pidOf(trial);
  }

  #makeHandlers(): Handlers {
    const { methods, suites, datasets } = this.#parts;
    return {
      'system.info': () => this.#systemInfo(),
      'system.doctor': ({ speedTest }) => this.#parts.diagnose(speedTest),
      'catalogue.suites': async () => suiteInfos(suites, await datasets.list()),
      'catalogue.methods': async () => methodInfos(methods, suites, this.#settings),
      'catalogue.metrics': async () => metricInfos(),
      'data.list': async () => (await datasets.list()).map(plainDataset),
      'data.get': ({ id }) => this.#getDataset(id),
      'data.import': async ({ id, folder }) => {
        const info = plainDataset(await datasets.importFolder(id, folder));
        this.#tell({
          kind: 'data',
          dataset: id,
          state: 'done',
          done: info.bytes,
          total: info.bytes,
          rate: null,
          message: `${info.title} is here.`,
        });
        return info;
      },
      'data.verify': async ({ id }) => {
        const ids =
          id === undefined
            ? (await datasets.list()).filter(({ state }) => state !== 'absent').map((info) => info.id)
            : [id];
        const verdicts: Output<'data.verify'> = [];
        for (const one of ids) verdicts.push({ ...(await datasets.verify(one)) });
        return verdicts;
      },
      'study.plan': (request) => this.#plan(request),
      'study.create': (request) => this.#create(request),
      'study.quick': () => this.#create(quickStudy(suites, methods)),
      'study.list': async () => this.#store.studies().map((study) => this.#summary(study)),
      'study.get': async ({ id }) => this.#detail(this.#study(id)),
      'study.pause': async ({ id }) => this.#pause(this.#study(id)),
      'study.resume': async ({ id }) => this.#resume(this.#study(id)),
      'study.cancel': async ({ id }) => this.#cancel(this.#study(id)),
      'study.retry': async ({ id }) => this.#retry(this.#study(id)),
      'study.delete': async ({ id, results }) => this.#delete(this.#study(id), results),
      'study.rename': async ({ id, name }) => {
        const study = this.#study(id);
        this.#store.setStudy(study.id, { name });
        return this.#tellStudy(study.id);
      },
      'trial.get': async ({ id }) => {
        const trial = this.#trial(id);
        const detail = trialDetailOf(this.#store, trial.id, this.#roleOf(trial.id), this.#runner.progressOf(trial.id));
        if (detail === null) throw notFound(`There is no trial ${id}.`);
        return detail;
      },
      'trial.cancel': async ({ id }) => {
        const trial = this.#trial(id);
        if (trial.state === 'done' || trial.state === 'failed') throw refusal(`The trial is ${trial.state} already.`);
        this.#runner.cancel([trial.id]);
        return this.#trialSummary(trial.id);
      },
      'leaderboard.get': async (query) =>
        this.#leaderboards.leaderboard(
          query.study === undefined ? query : { ...query, study: this.#study(query.study).id },
        ),
      'compare.get': async (query) =>
        this.#leaderboards.comparison(
          query.study === undefined ? query : { ...query, study: this.#study(query.study).id },
        ),
      'claims.list': async () => this.#leaderboards.claims(),
      'report.make': ({ study, formats }) =>
        reportOf(
          {
            store: this.#store,
            suites,
            datasets,
            leaderboards: this.#leaderboards,
            version: this.#parts.version,
            now: this.#now,
          },
          this.#study(study),
          formats,
        ),
      'report.import': async ({ text }) => {
        const imported = importReport(this.#store, text);
        this.#tellStudy(imported.study);
        return imported;
      },
    };
  }

  // ------------------------------------------------------------------ studies

  /** The backend that is wanted, opened for so many trials to come. */
  async #backend(wanted: string, trials: number): Promise<{ name: string; numerics: string }> {
    const choices = await this.#parts.backends();
    const chosen =
      wanted === 'auto' ? choices.find(({ available }) => available) : choices.find(({ name }) => name === wanted);
    if (chosen === undefined || !chosen.available) {
      throw new WorkbenchError({
        kind: 'engine',
        message:
          chosen === undefined
            ? `No backend "${wanted}" can be used on this machine.`
            : `The backend ${chosen.name} cannot be used here: ${chosen.reason}`,
        remedy: 'Run `touchstone doctor` to see what is missing.',
        details: null,
      });
    }
    try {
      const { numerics } = await this.#runner.facts(chosen.name, trials);
      return { name: chosen.name, numerics };
    } catch (error) {
      throw new WorkbenchError({
        kind: 'engine',
        message: `The backend ${chosen.name} could not be opened: ${error instanceof Error ? error.message : String(error)}`,
        remedy: 'Run `touchstone doctor` to see what is missing.',
        details: null,
      });
    }
  }

  /** `trials`: how many are about to run. */
  async #planned(request: StudyRequest, trials: number): Promise<{ plan: Plan; backend: string }> {
    // Unknown names are found out before a backend is opened for them.
    for (const suite of request.suites) this.#parts.suites.get(suite);
    for (const { method } of request.methods) this.#parts.methods.get(method);
    const backend = await this.#backend(request.backend, trials);
    const here = new Set(
      (await this.#parts.datasets.list()).filter(({ state }) => state !== 'absent').map(({ id }) => id),
    );
    const plan = await planStudy(request, backend, {
      methods: this.#parts.methods,
      suites: this.#parts.suites,
      settings: this.#settings,
      sha256: async (dataset) => (here.has(dataset) ? this.#parts.datasets.sha256(dataset) : null),
    });
    return { plan, backend: backend.name };
  }

  async #plan(request: StudyRequest): Promise<Output<'study.plan'>> {
    const { plan, backend } = await this.#planned(request, 0);
    const open = plan.trials.filter(({ id }) => this.#store.trial(id)?.state !== 'done');
    const rows = new Map((await this.#parts.datasets.list()).map((info) => [info.id, info.rows.test]));
    const bytes = open.reduce((sum, { identity }) => {
      const suite = this.#parts.suites.get(identity.suite);
      return sum + 4 * (suite.facts.classes + 1) * Math.max(0, ...suite.datasets.map((id) => rows.get(id) ?? 0));
    }, 0);
    return {
      trials: plan.trials.filter(({ role }) => role === 'cell').length,
      artefacts: plan.trials.filter(({ role }) => role === 'artefact').length,
      alreadyDone: plan.trials.length - open.length,
      bytes,
      seconds: timeLeft(
        {
          running: [],
          ahead: [],
          own: this.#runner.estimates.workOf(
            open.map(({ identity: { suite, method, hyperParameters } }) => ({
              suite,
              method,
              configuration: configurationKey(method, hyperParameters),
              backend,
            })),
          ),
        },
        this.#capacity(backend),
      ),
      refused: [...plan.refused],
      warnings: [...plan.warnings],
    };
  }

  async #create(request: StudyRequest): Promise<StudySummary> {
    if (this.#store.readOnly !== null)
      throw new WorkbenchError({
        kind: 'storage',
        message: this.#store.readOnly,
        remedy: 'Give yourself write permission on the data folder, or choose another one with TOUCHSTONE_DATA.',
        details: null,
      });
    const { plan, backend } = await this.#planned(
      request,
      request.suites.length * request.methods.length * request.seeds.length,
    );
    const asked = plan.trials.some(
      ({ role, identity }) => role === 'cell' && request.methods.some(({ method }) => method === identity.method),
    );
    const first = plan.refused[0];
    if (!asked && first !== undefined) {
      const absent = first.reason.includes('not here yet');
      throw new WorkbenchError({
        kind: absent ? 'data' : 'refused',
        message:
          plan.refused.length === 1
            ? `${first.method} on ${first.suite}: ${first.reason}`
            : `Nothing to run. ${plan.refused.map(({ suite, method, reason }) => `${method} on ${suite}: ${reason}`).join(' ')}`,
        remedy: absent
          ? 'See `touchstone data list`, then `touchstone data get <id>` or `touchstone data import <id> <folder>`.'
          : 'Choose other methods or suites.',
        details: null,
      });
    }
    const study: StoredStudy = {
      id: randomUUID(),
      name: request.name,
      intent: 'run',
      request: JSON.stringify(request),
      backend,
      createdAt: this.#now(),
      finishedAt: null,
    };
    this.#store.createStudy(study, plan.trials);
    for (const { suite, method, reason } of plan.refused)
      this.#log(null, 'warning', `${study.name}: ${method} on ${suite} is left out. ${reason}`);
    const needed = new Set(plan.trials.flatMap(({ needs }) => Object.values(needs)));
    const open = plan.trials.flatMap(({ id }) => {
      const trial = this.#store.trial(id);
      if (trial === null || trial.state === 'running') return [];
      // A result that came with a report has no artefact: where one is needed, the trial runs here.
      return trial.state === 'done' && !(needed.has(id) && !this.#store.hasArtefact(id)) ? [] : [trial];
    });
    // What failed or was cancelled for another study is asked for again here.
    for (const trial of open) if (trial.state !== 'queued' && trial.state !== 'waiting') this.#again(trial.id);
    this.#settleStudy(study.id);
    this.#runner.enqueue(open.map(({ id }) => this.#trial(id)));
    return this.#tellStudy(study.id);
  }

  #pause(study: StoredStudy): StudySummary {
    this.#store.setStudy(study.id, { intent: 'pause' });
    this.#store.dropForecasts(study.id);
    this.#runner.pause(this.#unwanted(study.id));
    return this.#tellStudy(study.id);
  }

  #resume(study: StoredStudy): StudySummary {
    this.#store.setStudy(study.id, { intent: 'run', finishedAt: null });
    // Queued ones too: a command that only looked something up has left them waiting.
    const stopped = this.#store
      .studyTrials(study.id)
      .filter(({ trial }) => ['paused', 'cancelled', 'queued', 'waiting'].includes(trial.state));
    for (const { trial } of stopped) if (trial.state === 'paused' || trial.state === 'cancelled') this.#again(trial.id);
    this.#runner.enqueue(stopped.map(({ trial }) => this.#trial(trial.id)));
    this.#settleStudy(study.id);
    return this.#tellStudy(study.id);
  }

  #cancel(study: StoredStudy): StudySummary {
    this.#store.setStudy(study.id, { intent: 'cancel', finishedAt: this.#now() });
    this.#store.dropForecasts(study.id);
    this.#runner.cancel(this.#unwanted(study.id));
    return this.#tellStudy(study.id);
  }

  #retry(study: StoredStudy): StudySummary {
    this.#store.setStudy(study.id, { intent: 'run', finishedAt: null });
    const again = this.#store
      .studyTrials(study.id)
      .filter(({ trial }) => trial.state !== 'done' && trial.state !== 'running');
    for (const { trial } of again) if (trial.state !== 'queued' && trial.state !== 'waiting') this.#again(trial.id);
    this.#runner.enqueue(again.map(({ trial }) => this.#trial(trial.id)));
    this.#settleStudy(study.id);
    return this.#tellStudy(study.id);
  }

  #delete(study: StoredStudy, results: boolean): Output<'study.delete'> {
    this.#store.setStudy(study.id, { intent: 'cancel' });
    this.#runner.cancel(this.#unwanted(study.id));
    const gone = this.#store.deleteStudy(study.id, results);
    for (const id of gone) this.#runner.clearCheckpoint(id);
    this.#tell({ kind: 'study-deleted', id: study.id });
    return { deletedTrials: gone.length };
  }

  /** Unfinished trials of a study that no running study wants. */
  #unwanted(study: string): string[] {
    return this.#store
      .studyOpenTrials(study)
      .filter((id) => !this.#store.studiesOf(id).some(({ intent }) => intent === 'run'));
  }

  #again(id: string): void {
    this.#store.setState(id, 'queued', { attempts: 0, failure: null, finishedAt: null });
  }

  /** Notes when the last trial of a study has ended. */
  #settleStudy(id: string): void {
    const study = this.#store.study(id);
    if (study === null || study.intent === 'cancel') return;
    const open = this.#store.isStudyOpen(id);
    if (open === (study.finishedAt === null)) return;
    const now = this.#now();
    this.#store.setStudy(id, { finishedAt: open ? null : now });
    if (!open) this.#store.judgeForecasts(id, now);
  }

  // ------------------------------------------------------------------ the rest

  async #getDataset(id: string): Promise<Output<'data.get'>> {
    const { datasets } = this.#parts;
    try {
      const info = plainDataset(
        await datasets.get(id, (progress) =>
          this.#tell({
            kind: 'data',
            dataset: id,
            state: 'downloading',
            done: progress.done,
            total: progress.total,
            rate: progress.rate,
            message: progress.message,
          }),
        ),
      );
      this.#tell({
        kind: 'data',
        dataset: id,
        state: 'done',
        done: info.bytes,
        total: info.bytes,
        rate: null,
        message: `${info.title} is here.`,
      });
      return info;
    } catch (error) {
      this.#tell({
        kind: 'data',
        dataset: id,
        state: 'failed',
        done: 0,
        total: null,
        rate: null,
        message: asWorkbenchError(error).message,
      });
      throw error;
    }
  }

  async #systemInfo(): Promise<Output<'system.info'>> {
    const backends = await this.#parts.backends();
    const backend = backends.find(({ available }) => available)?.name ?? 'none';
    return {
      version: this.#parts.version,
      dataFolder: this.#parts.dataFolder,
      node: process.versions.node,
      platform: `${os.platform()} ${os.arch()} ${os.release()}`,
      cpu: os.cpus()[0]?.model ?? 'unknown',
      cores: os.availableParallelism(),
      memoryBytes: os.totalmem(),
      backend,
      backends: backends.map(({ name, available, reason }) => ({ name, available, reason })),
      workers: this.#capacity(backend),
      readOnly: this.#store.readOnly,
    };
  }

  #study(id: string): StoredStudy {
    const study = this.#store.study(id);
    if (study !== null) return study;
    const similar = this.#store.studies().filter((candidate) => candidate.id.startsWith(id) || candidate.name === id);
    if (similar.length === 1 && similar[0] !== undefined) return similar[0];
    throw notFound(
      similar.length === 0
        ? `There is no study "${id}".`
        : `"${id}" stands for ${similar.length} studies; give more of the id.`,
    );
  }

  #trial(id: string): StoredTrial {
    const trial = this.#store.trial(id);
    if (trial !== null) return trial;
    const similar = /^[0-9a-f]{6,63}$/.test(id) ? this.#store.trialsByPrefix(id) : [];
    if (similar.length === 1 && similar[0] !== undefined) return similar[0];
    throw notFound(
      similar.length === 0 ? `There is no trial ${id}.` : `"${id}" stands for several trials; give more of the id.`,
    );
  }

  #roleOf(trial: string): TrialRole {
    return roleIn(this.#store.studiesOf(trial));
  }

  #trialSummary(id: string): TrialSummary {
    return trialSummaryOf(this.#trial(id), this.#roleOf(id), this.#runner.progressOf(id));
  }

  #summary(study: StoredStudy): StudySummary {
    return studySummaryOf(
      study,
      this.#store,
      this.#runner.estimates,
      (trial) => this.#runner.progressOf(trial),
      this.#capacity(study.backend),
    );
  }

  #detail(study: StoredStudy): Output<'study.get'> {
    const trials = this.#store.studyTrials(study.id);
    const running = trials.filter(({ trial }) => trial.state === 'running');
    return {
      ...this.#summary(study),
      request: requestOf(study),
      workers: running.length,
      examplesPerSecond: this.#store.examplesPerSecond(study.id),
      forecasts: forecastsOf(this.#store.forecasts(study.id)),
      trials: trials.map(({ trial, role }) => trialSummaryOf(trial, role, this.#runner.progressOf(trial.id))),
    };
  }

  #tell(event: WorkbenchEvent): void {
    for (const listener of this.#listeners) tell(listener, event);
  }

  #tellStudy(id: string): StudySummary {
    const study = this.#summary(this.#study(id));
    this.#forecast(study);
    this.#tell({ kind: 'study', study });
    return study;
  }

  /** Keeps what is said about the time left at the start and at half of the work, so that its error can be measured. */
  #forecast({ id, state, eta, counts }: StudySummary): void {
    if (state !== 'running' || eta === null) return;
    const [start, half] = this.#store.forecasts(id);
    const open = openTrials(counts);
    const mark = start === undefined ? 'start' : half === undefined && open <= start.open / 2 ? 'half' : null;
    if (mark === null) return;
    try {
      this.#store.addForecast(id, { mark, madeAt: this.#now(), open, predicted: eta });
    } catch (error) {
      // A full disk is told where it matters; the next change of the study tries again.
      if (!(error instanceof StorageError)) throw error;
    }
  }

  readonly #untoldStudies = new Set<string>();
  readonly #lastStates = new Map<string, string>();

  #tellTrial(id: string): void {
    const trial = this.#store.trial(id);
    if (trial === null) return;
    const studies = this.#tellProgress(trial, this.#runner.progressOf(id));
    // Studies change when a trial changes its state, not at every step.
    if (this.#lastStates.get(id) === trial.state) return;
    for (const study of studies) {
      this.#settleStudy(study);
      this.#tellStudySoon(study);
    }
    this.#lastStates.set(id, trial.state);
  }

  /** Tells how a trial stands; answers the studies that hold it. */
  #tellProgress(trial: StoredTrial, progress: StoredProgress | null): string[] {
    const holders = this.#store.studiesOf(trial.id);
    const studies = holders.map(({ id }) => id);
    this.#tell({ kind: 'trial', trial: trialSummaryOf(trial, roleIn(holders), progress), studies });
    return studies;
  }

  /** Tells once of many changes at a time: cancelling ten thousand trials is one change of their study. */
  #tellStudySoon(id: string): void {
    if (this.#untoldStudies.size === 0) setImmediate(() => this.#tellStudies());
    this.#untoldStudies.add(id);
  }

  #tellStudies(): void {
    const ids = [...this.#untoldStudies];
    this.#untoldStudies.clear();
    if (this.#closed) return;
    for (const id of ids) {
      try {
        if (this.#store.study(id) !== null) this.#tellStudy(id);
      } catch (error) {
        this.#log(null, 'warning', `The state of a study could not be read: ${asWorkbenchError(error).message}`);
      }
    }
  }

  #log(trial: string | null, level: 'info' | 'warning' | 'error', message: string): void {
    const at = this.#now();
    this.#tell({ kind: 'log', trial, at, level, message });
    if (this.#store.readOnly !== null) return;
    try {
      this.#store.log(trial, { at, level, message });
    } catch {
      // The line was shown; a database in trouble says so by itself where it matters.
    }
  }
}

/** A shell that fails to show something must not stop what runs. */
function tell(listener: (event: WorkbenchEvent) => void, event: WorkbenchEvent): void {
  try {
    listener(event);
  } catch (error) {
    process.stderr.write(
      `A listener failed on an event of kind ${event.kind}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
  }
}

/** What a trial is to the studies that hold it: a cell where it is one of any. */
function roleIn(studies: readonly { readonly role: TrialRole }[]): TrialRole {
  return studies.length > 0 && studies.every(({ role }) => role === 'artefact') ? 'artefact' : 'cell';
}

function plainDataset(info: Awaited<ReturnType<DatasetStore['info']>>): Output<'data.get'> {
  return { ...info, rows: { ...info.rows }, shape: [...info.shape], classes: [...info.classes] };
}

const notFound = (message: string): WorkbenchError =>
  new WorkbenchError({ kind: 'not-found', message, remedy: null, details: null });
const refusal = (message: string): WorkbenchError =>
  new WorkbenchError({ kind: 'refused', message, remedy: null, details: null });

export const methodsFolder = (dataFolder: string): string => join(dataFolder, 'methods');

import { shortened } from '../base/shortened.ts';
import { canonicalJson } from '../base/canonical.ts';
import { remembered } from '../base/remembered.ts';
import { Slices } from '../base/slices.ts';
import type { DatasetStore } from '../datasets/store.ts';
import type { MethodRegistry } from '../methods/registry.ts';
import { configurationKey } from '../results/identity.ts';
import { STATE_FACTS } from '../results/states.ts';
import type { PlannedTrial } from '../results/types.ts';
import type { ResultsStore } from '../results/store.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import { WorkbenchError } from './contract/contract.ts';
import type { Output, StudyRequest } from './contract/contract.ts';
import type { OwnNews } from './own-news.ts';
import { planStudy } from './plan.ts';
import type { Plan, PlanParts } from './plan.ts';
import type { Grid, Planner } from './planners/planner.ts';
import { plannerOf } from './planners/planners.ts';
import { settingsFor } from './settings.ts';
import type { PublishedSettings } from './settings.ts';
import { timeLeft } from './time-left.ts';
import type { TrialRunner } from './trial-runner.ts';

export interface BackendChoice {
  readonly name: string;
  readonly available: boolean;
  readonly reason: string;
}

export interface PlanningParts {
  readonly store: ResultsStore;
  readonly methods: MethodRegistry;
  readonly suites: SuiteRegistry;
  readonly datasets: DatasetStore;
  readonly runner: TrialRunner;
  readonly own: OwnNews;
  readonly settings: (suite: string) => PublishedSettings;
  /** Best first. */
  readonly backends: () => Promise<readonly BackendChoice[]>;
  /** Places on a backend. */
  readonly capacity: (backend: string) => number;
}

/** So many methods that take longest are named before a study is run. */
const SLOWEST = 5;

/** What a request comes to: its trials, on a backend that is there. */
export class Planning {
  readonly #parts: PlanningParts;

  constructor(parts: PlanningParts) {
    this.#parts = parts;
  }

  /** `trials`: how many are about to run. */
  async planned(
    request: StudyRequest,
    trials: number,
    watch: { onBackend?: (name: string) => void; onProgress?: (trials: number) => void } = {},
    grids = this.#first(request),
  ): Promise<{ plan: Plan; backend: string }> {
    const { methods, suites, own } = this.#parts;
    // What is planned is what the person's files are now.
    await own.refresh();
    // Unknown names are found out before a backend is opened for them.
    for (const suite of request.suites) suites.get(suite);
    for (const { method } of request.methods) methods.get(method);
    const backend = await this.#backend(request.backend, trials);
    watch.onBackend?.(backend.name);
    const plan = await planStudy(grids, backend, {
      ...(await this.parts()),
      ...(watch.onProgress === undefined ? {} : { onProgress: watch.onProgress }),
    });
    return { plan, backend: backend.name };
  }

  /** The planner of a request, with what it chooses from. */
  planner(request: StudyRequest): Planner {
    const { methods, suites, settings } = this.#parts;
    return plannerOf(request, { methods, suites, settings: (suite, method) => settingsFor(settings(suite), method) });
  }

  /** What a study runs at first. */
  #first(request: StudyRequest): readonly Grid[] {
    const proposal = this.planner(request).next([]);
    return proposal === 'done' ? [] : proposal.trials;
  }

  /** What trials are planned with, as it is now. */
  async parts(): Promise<PlanParts> {
    const { methods, suites, datasets, settings } = this.#parts;
    const here = new Set((await datasets.list()).filter(({ state }) => state !== 'absent').map(({ id }) => id));
    const sha256 = async (dataset: string): Promise<string | null> =>
      here.has(dataset) ? datasets.sha256(dataset) : null;
    return { methods, suites, settings, sha256 };
  }

  /** What a study would be, before it is made. */
  async preview(request: StudyRequest): Promise<Output<'study.plan'>> {
    const { store, suites, datasets, runner, capacity } = this.#parts;
    const { plan, backend } = await this.planned(request, 0);
    const slices = new Slices();
    const open: PlannedTrial[] = [];
    for (const trial of plan.trials) {
      if (slices.isOver) await slices.pause();
      const known = store.trial(trial.id);
      if (known === null || STATE_FACTS[known.state].open || STATE_FACTS[known.state].again === 'yes') open.push(trial);
    }
    const rows = new Map((await datasets.list()).map((info) => [info.id, info.rows.test]));
    const bytes = open.reduce((sum, { identity }) => {
      const suite = suites.get(identity.suite);
      return sum + 4 * (suite.facts.classes + 1) * Math.max(0, ...suite.datasets.map((id) => rows.get(id) ?? 0));
    }, 0);
    const { estimates } = runner;
    const alike = new Map<string, readonly string[]>();
    const kinds = open.map(({ identity: { suite, method, hyperParameters } }) => {
      const kind = { suite, method, configuration: configurationKey(method, hyperParameters), backend };
      return estimates.nearest(
        kind,
        remembered(alike, suite, () => suitesLike(suite, suites)),
      );
    });
    const taking = new Map<string, { suite: string; method: string; seconds: number }>();
    open.forEach(({ identity: { suite, method } }, i) => {
      const kind = kinds[i];
      const seconds = kind === undefined ? null : estimates.seconds(kind);
      if (seconds === null) return;
      const known = taking.get(`${suite}\n${method}`)?.seconds ?? 0;
      taking.set(`${suite}\n${method}`, { suite, method, seconds: known + seconds });
    });
    const slowest = shortened(
      [...taking.values()].sort((a, b) => b.seconds - a.seconds),
      SLOWEST,
    ).shown;
    const seconds = timeLeft({ running: [], ahead: [], own: estimates.workOf(kinds) }, capacity(backend));
    return {
      trials: plan.trials.filter(({ role }) => role === 'cell').length,
      artefacts: plan.trials.filter(({ role }) => role === 'artefact').length,
      alreadyDone: plan.trials.length - open.length,
      bytes,
      seconds,
      fromOthers:
        seconds !== null &&
        kinds.some((kind, i) => kind.suite !== open[i]?.identity.suite || !estimates.knowsMethod(kind)),
      slowest: [...slowest],
      refused: plan.refused.map(({ suite, method, reason }) => ({ suite, method, reason })),
      warnings: [...plan.warnings],
    };
  }

  /** The backend that is wanted, opened for so many trials to come. */
  async #backend(wanted: string, trials: number): Promise<{ name: string; numerics: string }> {
    const choices = await this.#parts.backends();
    const chosen =
      wanted === 'auto' ? choices.find(({ available }) => available) : choices.find(({ name }) => name === wanted);
    if (chosen === undefined) throw noBackend(`No backend "${wanted}" can be used on this machine.`);
    if (!chosen.available) throw noBackend(`The backend ${chosen.name} cannot be used here: ${chosen.reason}`);
    try {
      const { numerics } = await this.#parts.runner.facts(chosen.name, trials);
      return { name: chosen.name, numerics };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw noBackend(`The backend ${chosen.name} could not be opened: ${why}`);
    }
  }
}

/** Other suites whose trials take about as long: the same data and budget, in another scenario. */
function suitesLike(id: string, { suites }: SuiteRegistry): readonly string[] {
  const workOf = (suite: string): string => {
    const found = suites.get(suite);
    if (found === undefined) return '';
    const { kind, family, tasks } = found.facts;
    return canonicalJson([kind, family, tasks, found.datasets, found.budget]);
  };
  const work = workOf(id);
  return [...suites.keys()].filter((other) => other !== id && workOf(other) === work);
}

function noBackend(message: string): WorkbenchError {
  const remedy = 'Run `touchstone doctor` to see what is missing.';
  return new WorkbenchError({ kind: 'engine', message, remedy, details: null });
}

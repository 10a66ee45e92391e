import { touchstoneCommand } from '../base/command-line.ts';
import { NATIVE } from '../engine/types.ts';
import type { HyperParameters, MethodDescription } from '../methods/contract.ts';
import { resolveHyperParameters } from '../methods/hyper-parameters.ts';
import type { MethodRegistry } from '../methods/registry.ts';
import { canonicalJson } from '../base/canonical.ts';
import { remembered } from '../base/remembered.ts';
import { Slices } from '../base/slices.ts';
import { protocolHash } from '../suites/published.ts';
import { artefactReference, trialId, trialIn } from '../results/identity.ts';
import type { TrialIdentity } from '../results/identity.ts';
import type { PlannedTrial, TrialRole } from '../results/types.ts';
import type { SuiteDescription } from '../suites/contract.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import { WorkbenchError } from './contract/contract.ts';
import type { Grid } from './planners/planner.ts';
import { settingsFor } from './settings.ts';
import type { PublishedSettings } from './settings.ts';

export interface PlanParts {
  readonly methods: MethodRegistry;
  readonly suites: SuiteRegistry;
  settings(suite: string): PublishedSettings;
  /** SHA-256 of a dataset, or null when it is not here. */
  sha256(dataset: string): Promise<string | null>;
  /** Called between pieces of the work, with the trials so far; may reject to end it. */
  onProgress?(trials: number): void;
}

export interface Refusal {
  readonly suite: string;
  readonly method: string;
  readonly kind: 'data' | 'refused';
  readonly reason: string;
}

export interface Plan {
  /** Artefact trials before those that need them; every trial once. */
  readonly trials: readonly PlannedTrial[];
  /**
   * Pairs that are left out; `kind` is that of the error where nothing else is left: `data` where a dataset is absent.
   */
  readonly refused: readonly Refusal[];
  readonly warnings: readonly string[];
}

const FEW_SEEDS = 5;

/** A backend with what it computes. */
export interface PlannedBackend {
  readonly name: string;
  readonly numerics: string;
}

/** What is asked of a trial. */
export interface AskedTrial {
  readonly suite: SuiteDescription;
  readonly method: MethodDescription;
  /** Where a value is missing, the suite's published one, or the default. */
  readonly hyperParameters: HyperParameters;
  readonly seed: number;
  /** Null where the suite has no folds. */
  readonly fold: number | null;
  readonly role: TrialRole;
  readonly label: string;
}

/** What computes a method's trials: the backend, or a library of its own. */
const computedBy = ({ native }: MethodDescription, { name, numerics }: PlannedBackend) =>
  native === undefined ? { backend: name, numerics } : { backend: NATIVE, numerics: native.numerics };

/**
 * Plans trials as this program computes them now, each once and those whose artefacts it opens before it: their ids are
 * part of its identity.
 */
export class TrialPlanner {
  readonly #backend: PlannedBackend;
  readonly #parts: PlanParts;
  readonly #trials = new Map<string, PlannedTrial>();
  readonly #protocols = new Map<string, string>();
  readonly #data = new Map<string, Promise<string | null>>();

  constructor(backend: PlannedBackend, parts: PlanParts) {
    this.#backend = backend;
    this.#parts = parts;
  }

  /** All that was planned, by id. */
  get trials(): ReadonlyMap<string, PlannedTrial> {
    return this.#trials;
  }

  /** SHA-256 of a dataset, or null when it is not here. */
  sha256(dataset: string): Promise<string | null> {
    return remembered(this.#data, dataset, () => this.#parts.sha256(dataset));
  }

  /** Answers the trial's id. Throws for values out of range, and where a dataset is not here. */
  async add(asked: AskedTrial): Promise<string> {
    return this.#add(asked, []);
  }

  async #add(
    { suite, method, seed, fold, role, label, ...asked }: AskedTrial,
    above: readonly string[],
  ): Promise<string> {
    checkFold(suite, fold);
    const published = settingsFor(this.#parts.settings(suite.id), method.id);
    const hyperParameters = resolveHyperParameters(method, asked.hyperParameters, published);
    const key = canonicalJson([suite.id, method.id, hyperParameters, seed, fold]);
    if (above.includes(key))
      throw new WorkbenchError({
        kind: 'internal',
        message: `${method.title} asks for an artefact of itself.`,
        remedy: 'Correct trials() of the method.',
        details: above.join(' → '),
      });
    const artefacts: Record<string, string> = {};
    for (const wanted of (await method.trials?.(suite.facts, hyperParameters, seed)) ?? []) {
      const other = this.#parts.suites.get(wanted.suite);
      const maker = await this.#add(
        {
          suite: other,
          method: this.#parts.methods.get(wanted.method),
          hyperParameters: wanted.hyperParameters,
          seed: wanted.seed,
          fold: wanted.fold === undefined ? (other.facts.folds === 1 ? null : fold) : wanted.fold,
          role: 'artefact',
          label: '',
        },
        [...above, key],
      );
      artefacts[wanted.name] = artefactReference(maker, wanted.artefact);
    }
    const identity: TrialIdentity = {
      suite: suite.id,
      suiteVersion: suite.version,
      protocolHash: remembered(this.#protocols, suite.id, () => protocolHash(suite)),
      data: await this.#hashes(suite),
      method: method.id,
      methodVersion: method.version,
      sourceHash: method.source ?? null,
      driver: method.driver,
      hyperParameters,
      seed,
      fold,
      ...computedBy(method, this.#backend),
      artefacts,
    };
    const id = trialId(identity);
    const known = this.#trials.get(id);
    // A trial may be both a cell and an artefact of others: then the grid shows it.
    if (known === undefined) this.#trials.set(id, { id, identity, role, label });
    else if (known.role === 'artefact' && role === 'cell') this.#trials.set(id, { ...known, role, label });
    return id;
  }

  #hashes({ id, datasets }: SuiteDescription): Promise<string[]> {
    return Promise.all(
      datasets.map(async (dataset) => {
        const hash = await this.sha256(dataset);
        if (hash === null) throw missing(id, [dataset]);
        return hash;
      }),
    );
  }
}

/**
 * The trials of some grids: suites × methods × seeds with resolved hyper-parameters, the references, and the artefact
 * trials that they need, by content address. Combinations that make no sense are refused with the reason; unknown names
 * and values out of range throw.
 */
export async function planStudy(grids: readonly Grid[], backend: PlannedBackend, parts: PlanParts): Promise<Plan> {
  const planner = new TrialPlanner(backend, parts);
  const { trials } = planner;
  const slices = new Slices();
  const refused: Refusal[] = [];
  const warnings: string[] = [];

  for (const request of grids)
    for (const suiteId of new Set(request.suites)) {
      const suite = parts.suites.get(suiteId);
      const absent: string[] = [];
      for (const dataset of suite.datasets) if ((await planner.sha256(dataset)) === null) absent.push(dataset);
      const wanted = request.methods.map(({ method, label, hyperParameters }) => ({
        method: parts.methods.get(method),
        label: label ?? '',
        own: hyperParameters,
        reference: false,
      }));
      if (request.references) {
        for (const id of [suite.references.lower, suite.references.upper]) {
          const registered = parts.methods.methods.get(id);
          if (registered === undefined) warnings.push(`The reference "${id}" of ${suite.id} is not there yet.`);
          else wanted.push({ method: registered.method, label: '', own: {}, reference: true });
        }
      }
      for (const { method, label, own, reference } of wanted) {
        const verdict =
          absent.length > 0
            ? missing(suite.id, absent).message
            : method.hidden === true && !reference
              ? `${method.title} only makes artefacts for other methods.`
              : method.fits(suite.facts);
        if (verdict !== true) {
          // Values are checked even where the pair is refused: a typing error should not hide behind it.
          resolveHyperParameters(method, own);
          if (!reference) {
            const kind = absent.length > 0 ? 'data' : 'refused';
            refused.push({ suite: suite.id, method: method.id, kind, reason: verdict });
          }
          continue;
        }
        for (const seed of new Set(request.seeds)) {
          for (const fold of foldsOfSuite(suite)) {
            await planner.add({ suite, method, hyperParameters: own, seed, fold, role: 'cell', label });
            if (!slices.isOver) continue;
            await slices.pause();
            parts.onProgress?.(trials.size);
          }
        }
      }
    }
  const seeds = new Set(grids.flatMap((request) => request.seeds)).size;
  const withoutFolds = grids.some(({ suites }) => suites.some((id) => parts.suites.get(id).facts.folds === 1));
  if (seeds < FEW_SEEDS && withoutFolds)
    warnings.push(`${seeds} ${seeds === 1 ? 'seed' : 'seeds'}: below ${FEW_SEEDS} no mark of significance is given.`);
  return { trials: await dependenciesFirst(trials, slices), refused, warnings };
}

/** The folds of a suite, each of which every seed is run on; `[null]` where it has none. */
function foldsOfSuite({ facts: { folds } }: SuiteDescription): readonly (number | null)[] {
  return folds === 1 ? [null] : Array.from({ length: folds }, (_, fold) => fold);
}

function checkFold({ id, facts: { folds } }: SuiteDescription, fold: number | null): void {
  if (folds === 1 ? fold === null : fold !== null && Number.isInteger(fold) && fold >= 0 && fold < folds) return;
  const found = fold === null ? 'none was asked for' : `fold ${fold} was asked for`;
  throw new WorkbenchError({
    kind: 'invalid-input',
    message: `The suite ${id} has ${folds === 1 ? 'no folds' : `the folds 0 to ${folds - 1}`}, but ${found}.`,
    remedy: 'Correct artefacts() of the method that asks for it.',
    details: null,
  });
}

/** Planned trials in an order in which makers of artefacts come before those that open them. */
export async function dependenciesFirst(
  trials: ReadonlyMap<string, PlannedTrial>,
  slices: Slices,
): Promise<PlannedTrial[]> {
  const placed = new Set<string>();
  const ordered: PlannedTrial[] = [];
  const place = (trial: PlannedTrial): void => {
    if (placed.has(trial.id)) return;
    placed.add(trial.id);
    for (const needed of Object.values(trial.identity.artefacts)) {
      const other = trials.get(trialIn(needed));
      if (other !== undefined) place(other);
    }
    ordered.push(trial);
  };
  for (const trial of trials.values()) {
    place(trial);
    if (slices.isOver) await slices.pause();
  }
  return ordered;
}

export function missing(suite: string, datasets: readonly string[]): WorkbenchError {
  const names = datasets.join(', ');
  return new WorkbenchError({
    kind: 'data',
    message: `The suite ${suite} needs the data ${datasets.length === 1 ? 'set' : 'sets'} ${names}, not here yet.`,
    remedy: `Get it with \`${touchstoneCommand('data', 'get', datasets[0] ?? '')}\` or import it from a folder.`,
    details: null,
  });
}

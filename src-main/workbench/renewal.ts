import { existsSync } from 'node:fs';
import { Slices } from '../base/slices.ts';
import type { MethodRegistry } from '../methods/registry.ts';
import { identityDifferences, trialIn } from '../results/identity.ts';
import { STATE_FACTS } from '../results/states.ts';
import type { ResultsStore } from '../results/store.ts';
import { identityOf } from '../results/trial-rows.ts';
import type { PlannedTrial, StoredTrial } from '../results/types.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import type { Broadcast } from './broadcast.ts';
import { checkpointFile, clearCheckpoint } from './checkpoint-files.ts';
import { dependenciesFirst, TrialPlanner } from './plan.ts';
import type { PlannedBackend, PlanParts } from './plan.ts';

export interface RenewalParts {
  readonly store: ResultsStore;
  readonly dataFolder: string;
  readonly methods: MethodRegistry;
  readonly suites: SuiteRegistry;
  /** With which trials are planned. */
  readonly plan: () => Promise<PlanParts>;
  /** What a backend computes now; rejects where it cannot be opened. */
  readonly backend: (name: string) => Promise<PlannedBackend>;
  readonly broadcast: Broadcast;
  readonly now: () => number;
}

/** A trial that is put in the place of another one. */
interface Replacement {
  readonly old: StoredTrial;
  readonly id: string;
  /** In what they differ, in words. */
  readonly differences: readonly string[];
}

/**
 * Trials that wait were asked for by a program, data and files that may have changed since. Whoever queues them asks
 * here first: those that this program would compute otherwise are planned anew, with all that wait for what they make.
 * The studies' logs say so.
 */
export class Renewal {
  readonly #parts: RenewalParts;

  constructor(parts: RenewalParts) {
    this.#parts = parts;
  }

  /** Answers the trials that stand for the given ones, makers of artefacts first; all of them may be done already. */
  async renewed(trials: readonly StoredTrial[]): Promise<StoredTrial[]> {
    if (trials.length === 0) return [];
    const { store } = this.#parts;
    const waiting = this.#withDependants(trials);
    const parts = await this.#parts.plan();
    const ids = new Set<string>();
    for (const [name, ofBackend] of Map.groupBy(waiting.values(), ({ backend }) => backend)) {
      const backend = await this.#parts.backend(name).catch(() => null);
      // A backend that is not there is told when the trial is started.
      const stands = backend === null ? null : await this.#replace(ofBackend, backend, parts);
      for (const { id } of ofBackend) for (const one of stands?.get(id) ?? [id]) ids.add(one);
    }
    return [...ids].flatMap((id) => store.trial(id) ?? []);
  }

  /** The trials, and those that wait for what they make, however far away. */
  #withDependants(trials: readonly StoredTrial[]): Map<string, StoredTrial> {
    const { store } = this.#parts;
    const found = new Map<string, StoredTrial>();
    const add = (trial: StoredTrial): void => {
      if (found.has(trial.id)) return;
      found.set(trial.id, trial);
      for (const id of store.neededBy(trial.id)) {
        const dependant = store.trial(id);
        if (dependant !== null && isWaiting(dependant)) add(dependant);
      }
    };
    for (const trial of trials) add(trial);
    return found;
  }

  /**
   * Which trials stand for each of some of one backend: itself, or the one that is planned in its place, after those
   * that this needs.
   */
  async #replace(
    trials: readonly StoredTrial[],
    backend: PlannedBackend,
    parts: PlanParts,
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    const { store } = this.#parts;
    const planner = new TrialPlanner(backend, parts);
    const slices = new Slices();
    const replacements: Replacement[] = [];
    for (const old of trials) {
      if (slices.isOver) await slices.pause();
      const id = await this.#plannedId(old, planner);
      const planned = id === null ? undefined : planner.trials.get(id);
      if (planned === undefined || planned.id === old.id) continue;
      const differences = identityDifferences(identityOf(old, store.needs(old.id)), planned.identity);
      replacements.push({ old, id: planned.id, differences: differences.map(inWords) });
    }
    // Meanwhile some may have been started, cancelled or deleted.
    const open = replacements.filter(({ old }) => {
      const present = store.trial(old.id);
      return present !== null && isWaiting(present);
    });
    if (open.length === 0) return new Map();
    const made = await dependenciesFirst(planner.trials, slices);
    const byId = new Map(made.map((trial) => [trial.id, trial]));
    this.#store(open, made);
    return new Map(open.map(({ old, id }) => [old.id, [...makersOf(id, byId), id]]));
  }

  /** The id that a trial would have now; null where it cannot be planned, which a worker says when it is started. */
  async #plannedId(old: StoredTrial, planner: TrialPlanner): Promise<string | null> {
    const suite = this.#parts.suites.find(old.suite);
    const method = this.#parts.methods.methods.get(old.method)?.method;
    if (suite === undefined || method === undefined) return null;
    const { hyperParameters, seed, fold } = old;
    return planner.add({ suite, method, hyperParameters, seed, fold, role: 'cell', label: '' }).catch(() => null);
  }

  #store(replacements: readonly Replacement[], planned: readonly PlannedTrial[]): void {
    const { store, dataFolder, broadcast, now } = this.#parts;
    const studies = new Map(replacements.map(({ old }) => [old.id, store.studiesOf(old.id).map(({ id }) => id)]));
    const withCheckpoint = replacements.filter(({ old }) => existsSync(checkpointFile(dataFolder, old.id)));
    const gone = store.replaceTrials(new Map(replacements.map(({ old, id }) => [old.id, id])), planned, now());
    for (const { old } of replacements) clearCheckpoint(dataFolder, old.id);
    const perStudy = new Map<string, Replacement[]>();
    for (const one of replacements)
      for (const study of studies.get(one.old.id) ?? []) perStudy.set(study, [...(perStudy.get(study) ?? []), one]);
    for (const [study, list] of perStudy) {
      const begun = list.filter((one) => withCheckpoint.includes(one)).length;
      broadcast.studyLog(study, 'info', sentenceOf(list, begun));
    }
    broadcast.tell({ kind: 'trials-gone', ids: gone });
  }
}

function makersOf(id: string, planned: ReadonlyMap<string, PlannedTrial>): string[] {
  return Object.values(planned.get(id)?.identity.artefacts ?? {})
    .map(trialIn)
    .flatMap((maker) => [...makersOf(maker, planned), maker]);
}

const isWaiting = ({ state }: StoredTrial): boolean => STATE_FACTS[state].open && state !== 'running';

function inWords({ what, first, second }: ReturnType<typeof identityDifferences>[number]): string {
  return what === 'artefacts' ? 'what it needs is made anew' : `${what} ${first}, now ${second}`;
}

function sentenceOf(replaced: readonly Replacement[], begun: number): string {
  const many = replaced.length === 1 ? 'One trial was' : `${replaced.length} trials were`;
  const why = [
    ...new Set(replaced.flatMap(({ old, differences }) => differences.map((each) => `${old.method}: ${each}`))),
  ];
  const lost =
    begun === 0
      ? ''
      : ` ${begun === 1 ? 'Its checkpoint' : `${begun} checkpoints`} of before ` +
        `${begun === 1 ? 'was' : 'were'} thrown away.`;
  return (
    `${many} asked for as this program would no longer compute ` +
    `${replaced.length === 1 ? 'it' : 'them'}, and planned anew (${why.join('; ')}).${lost}`
  );
}

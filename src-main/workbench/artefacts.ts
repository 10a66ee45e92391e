import { artefactIn, trialIn } from '../results/identity.ts';
import { aboutModel } from '../results/artefact-files.ts';
import type { ArtefactFile } from '../results/artefact-files.ts';
import type { ResultsStore } from '../results/store.ts';
import type { SuiteRegistry } from '../suites/registry.ts';

/** The artefacts that a trial opens, by name, or the sentence that says which is not there. */
export function artefactsOf(
  store: ResultsStore,
  suites: Pick<SuiteRegistry, 'suites'>,
  trial: string,
): Record<string, ArtefactFile> | string {
  const artefacts: Record<string, ArtefactFile> = {};
  for (const [name, needed] of Object.entries(store.needs(trial))) {
    const maker = trialIn(needed);
    const artefact = artefactIn(needed);
    const file = store.artefactFiles(maker)[artefact];
    if (file === undefined)
      return `The trial needs "${artefact}" of trial ${maker.slice(0, 12)} as "${name}", and that trial left none.`;
    const { kind, hash, note } = file;
    artefacts[name] = { kind, hash, note, about: file.about ?? aboutFormer(store, suites, maker) };
  }
  return artefacts;
}

/** Programs of before kept no network with a model: all that they trained was the network of the trial's suite. */
function aboutFormer(store: ResultsStore, { suites }: Pick<SuiteRegistry, 'suites'>, maker: string): string {
  const suite = suites.get(store.trial(maker)?.suite ?? '');
  return suite === undefined ? '{}' : aboutModel(suite.network);
}

/**
 * Examines the trials whose artefacts a trial opens; those that are damaged have failed from then on, and are answered.
 */
export function damagedMakers(store: ResultsStore, trial: string): string[] {
  return store.makersOf(trial).filter((maker) => store.examine(maker) !== null);
}

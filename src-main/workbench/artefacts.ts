import type { ResultsStore } from '../results/store.ts';

/** The artefacts that a trial opens, by name, or the sentence that says which is not there. */
export function artefactsOf(
  store: ResultsStore,
  trial: string,
): Record<string, { hash: string; note: string }> | string {
  const artefacts: Record<string, { hash: string; note: string }> = {};
  for (const [name, needed] of Object.entries(store.needs(trial))) {
    const file = store.artefactFile(needed);
    if (file === null)
      return `The trial needs the artefact "${name}" of trial ${needed.slice(0, 12)}, which left none.`;
    artefacts[name] = file;
  }
  return artefacts;
}

/**
 * Examines the trials whose artefacts a trial opens; those that are damaged have failed from then on, and are answered.
 */
export function damagedMakers(store: ResultsStore, trial: string): string[] {
  return Object.values(store.needs(trial)).filter((needed) => store.examine(needed) !== null);
}

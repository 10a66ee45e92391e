import type { ResultsStore } from '../results/store.ts';
import type { StoredStudy, StoredTrial } from '../results/types.ts';
import { WorkbenchError } from './contract.ts';

/** The study that a person means: by id, by the beginning of an id, or by name. Throws WorkbenchError of kind `not-found`. */
export function findStudy(store: ResultsStore, id: string): StoredStudy {
  const study = store.study(id);
  if (study !== null) return study;
  const similar = store.studies().filter((candidate) => candidate.id.startsWith(id) || candidate.name === id);
  if (similar.length === 1 && similar[0] !== undefined) return similar[0];
  throw notFound(
    similar.length === 0
      ? `There is no study "${id}".`
      : `"${id}" stands for ${similar.length} studies; give more of the id.`,
  );
}

/** The trial that a person means: by id or by the beginning of an id. Throws WorkbenchError of kind `not-found`. */
export function findTrial(store: ResultsStore, id: string): StoredTrial {
  const trial = store.trial(id);
  if (trial !== null) return trial;
  const similar = /^[0-9a-f]{6,63}$/.test(id) ? store.trialsByPrefix(id) : [];
  if (similar.length === 1 && similar[0] !== undefined) return similar[0];
  throw notFound(
    similar.length === 0 ? `There is no trial ${id}.` : `"${id}" stands for several trials; give more of the id.`,
  );
}

const notFound = (message: string): WorkbenchError =>
  new WorkbenchError({ kind: 'not-found', message, remedy: null, details: null });

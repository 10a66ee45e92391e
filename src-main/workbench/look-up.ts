import { placeText } from '../base/places.ts';
import { shortened } from '../base/shortened.ts';
import { dayText } from '../base/dates.ts';
import type { ResultsStore } from '../results/store.ts';
import type { StoredStudy, StoredTrial } from '../results/types.ts';
import { WorkbenchError } from './contract/contract.ts';

/** Fewer characters of an id name nothing: one letter would stand for whatever is there alone. */
export const SHORTEST_ID = 4;

interface Candidates<T> {
  /** `study`, `trial`, `row`: what is looked for. */
  readonly what: string;
  /** The one with just this id. */
  exact(id: string): T | null;
  /** Those whose id begins so; asked only with at least SHORTEST_ID characters. */
  beginning(start: string): readonly T[];
  /** Those of just this name; nothing where they have none. */
  named?(name: string): readonly T[];
  /** How one is told from the others. */
  describe(one: T): string;
  readonly remedy: string | null;
}

const MOST_DESCRIBED = 5;

/**
 * The one thing that a person means, by its id, by at least SHORTEST_ID characters that only its id begins with, or by
 * its whole name. Every look-up of the program is this one. Throws WorkbenchError of kind `not-found` where nothing or
 * more than one thing fits.
 */
export function lookUp<T>(text: string, candidates: Candidates<T>): T {
  const { what, remedy } = candidates;
  const refuse = (message: string): WorkbenchError =>
    new WorkbenchError({ kind: 'not-found', message, remedy, details: null });
  const exact = candidates.exact(text);
  if (exact !== null) return exact;
  const short = text.length < SHORTEST_ID;
  const found = [...new Set([...(candidates.named?.(text) ?? []), ...(short ? [] : candidates.beginning(text))])];
  const [first] = found;
  if (first === undefined)
    throw refuse(
      short
        ? `"${text}" names no ${what}: give at least ${SHORTEST_ID} characters of its ` +
            `id${candidates.named === undefined ? '' : ', or its whole name'}.`
        : `There is no ${what} "${text}".`,
    );
  if (found.length === 1) return first;
  const { shown, leftOut: more } = shortened(found, MOST_DESCRIBED);
  const described = shown.map((one) => candidates.describe(one));
  throw refuse(
    `"${text}" may be any of ${found.length}: ` +
      `${described.join('; ')}${more === 0 ? '' : `; and ${more} more`}. Give more of the id.`,
  );
}

/** The study that a person means; see `lookUp`. */
export function findStudy(store: ResultsStore, text: string): StoredStudy {
  // Read once, and only where the id is not whole.
  let all: readonly StoredStudy[] | null = null;
  const studies = (): readonly StoredStudy[] => (all ??= store.studies());
  return lookUp(text, {
    what: 'study',
    exact: (id) => store.study(id),
    beginning: (start) => studies().filter(({ id }) => id.startsWith(start)),
    named: (name) => studies().filter((study) => study.name === name),
    describe: ({ id, name, createdAt }) => `${id.slice(0, 8)} "${name}" of ${dayText(createdAt)}`,
    remedy: '`touchstone study list` lists them.',
  });
}

/** The trial that a person means; see `lookUp`. */
export function findTrial(store: ResultsStore, text: string): StoredTrial {
  return lookUp(text, {
    what: 'trial',
    // Under its id of before ids were computed anew, too: notes and links hold it.
    exact: (id) => store.trial(id) ?? store.trialOfFormerId(id),
    beginning: (start) => (/^[0-9a-f]{1,63}$/.test(start) ? store.trialsByPrefix(start) : []),
    describe: (trial) => `${trial.id.slice(0, 12)} (${trial.method} on ${trial.suite}, ${placeText(trial)})`,
    remedy: '`touchstone study show <study>` lists the trials of a study.',
  });
}

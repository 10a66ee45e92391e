import { z } from 'zod';
import { artefactIn, artefactReference, trialIn } from '../results/identity.ts';
import type { ResultsStore } from '../results/store.ts';

/** Where an imported study comes from, as it is stored with it and, with its trials' own ids, with each of them. */
const importedFrom = z.object({
  /** SHA-256 of the file. */
  file: z.string(),
  study: z.string(),
  name: z.string(),
  program: z.string(),
  exportedAt: z.number(),
  importedAt: z.number(),
});
export type ImportedFrom = z.infer<typeof importedFrom>;
const importedTrialFrom = importedFrom.extend({
  /** The trial's id in the file. */
  trial: z.string(),
  /** That id is of the form of before artefacts had a part in it. */
  former: z.boolean().default(false),
});

/**
 * Where a study or a trial was imported from; null where it was made here, or what is stored about it cannot be read.
 */
export function importedFromOf(origin: string | null | undefined): ImportedFrom | null {
  return origin == null ? null : (importedFrom.safeParse(parsedText(origin)).data ?? null);
}

/** The id that an imported trial has where it was computed. */
export function originalTrialId({ id, origin }: { readonly id: string; readonly origin: string | null }): string {
  return origin === null ? id : (importedTrialFrom.safeParse(parsedText(origin)).data?.trial ?? id);
}

/**
 * What a report says of the artefacts that a trial opened: the ids of their trials as the report has them; null where
 * its own id says nothing of them.
 */
export function artefactsInReport(
  store: Pick<ResultsStore, 'needs' | 'trial'>,
  { id, origin }: { readonly id: string; readonly origin: string | null },
): Record<string, string> | null {
  if (origin !== null && importedTrialFrom.safeParse(parsedText(origin)).data?.former === true) return null;
  return Object.fromEntries(
    Object.entries(store.needs(id)).map(([name, needed]) => {
      const trial = store.trial(trialIn(needed));
      return [name, trial === null ? needed : artefactReference(originalTrialId(trial), artefactIn(needed))];
    }),
  );
}

function parsedText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

import { basename } from 'node:path';
import type { Method } from '../methods/contract.ts';
import { protocolHash } from '../suites/published.ts';
import { sourceOf } from '../results/identity.ts';
import type { Suite } from '../suites/contract.ts';
import type { TrialOrder } from './messages.ts';

/** Method or suite are not those that a trial was asked for: nothing is run, for its id would say what it is not. */
export class ChangedSinceAskedError extends Error {
  override readonly name = 'ChangedSinceAskedError';
}

/** Throws ChangedSinceAskedError where what was loaded is not what the order asks for. */
export function checkAsked({ own, asked }: TrialOrder, suite: Suite, method: Method): void {
  if (asked === null) return;
  const refuse = (what: string): never => {
    throw new ChangedSinceAskedError(
      `${what} since this trial was asked for. Nothing was run: make a new study to run it as it is now, or put back what it was and retry.`,
    );
  };
  if (sourceOf(method.source, asked.artefactSources) !== asked.sourceHash || method.version !== asked.methodVersion)
    refuse(own.method === null ? `${method.title} has changed` : `Your file ${basename(own.method)} has changed`);
  if (protocolHash(suite) !== asked.protocolHash)
    refuse(own.suite === null ? `The suite ${suite.id} has changed` : `Your file ${basename(own.suite)} has changed`);
}

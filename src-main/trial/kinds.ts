import type { TrialJob } from './trial.ts';

/** A probe hands out labelled test data, so methods of other kinds never run on one. */
export function checkKinds({ suite, method }: TrialJob): void {
  if ((suite.facts.kind === 'probe') !== (method.protocol === 'probe'))
    throw new Error(
      `${method.title} is a method of the kind "${method.protocol}"; ${suite.id} is a suite of the kind ` +
        `"${suite.facts.kind}". Choose a suite that the method fits.`,
    );
}

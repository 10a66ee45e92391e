import type { MethodRegistry } from '../methods/registry.ts';
import type { StoredTrial } from '../results/types.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import type { StudyDetail, StudyRequest } from './contract/contract.ts';

/**
 * The pairs that a study was asked for and has no trials of, with the reason: those that make no sense, and those whose
 * data was missing.
 */
export function leftOut(
  request: StudyRequest,
  trials: readonly { readonly trial: Pick<StoredTrial, 'suite' | 'method'> }[],
  { methods, suites }: { readonly methods: MethodRegistry; readonly suites: SuiteRegistry },
): StudyDetail['leftOut'] {
  const pair = (suite: string, method: string): string => JSON.stringify([suite, method]);
  const planned = new Set(trials.map(({ trial }) => pair(trial.suite, trial.method)));
  const wanted = new Set(request.methods.map(({ method }) => method));
  return request.suites.flatMap((suite) =>
    [...wanted].flatMap((method) => {
      if (planned.has(pair(suite, method))) return [];
      const facts = suites.find(suite)?.facts;
      const verdict = facts === undefined ? undefined : methods.methods.get(method)?.method.fits(facts);
      const reason =
        typeof verdict === 'string' ? verdict : 'It could not run when the study was made; a new study may.';
      return [{ suite, method, reason }];
    }),
  );
}

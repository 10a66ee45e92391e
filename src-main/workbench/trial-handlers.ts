import { STATE_FACTS } from '../results/states.ts';
import type { ResultsStore } from '../results/store.ts';
import type { Configurations } from './configurations.ts';
import { WorkbenchError } from './contract/contract.ts';
import type { Handlers } from './handlers.ts';
import type { LiveCurves } from './live-curves.ts';
import { findTrial } from './look-up.ts';
import type { News } from './news.ts';
import { trialCurves } from './trial-curves.ts';
import type { TrialRunner } from './trial-runner.ts';
import { trialDetailOf } from './views.ts';

export interface TrialHandlersParts {
  readonly store: ResultsStore;
  readonly live: LiveCurves;
  readonly news: News;
  readonly runner: TrialRunner;
  readonly configurations: Configurations;
}

/** What can be asked about one trial, and done with it. */
export function trialHandlers(
  parts: TrialHandlersParts,
): Pick<Handlers, 'trial.get' | 'trial.curves' | 'trial.cancel'> {
  const { store, news, runner } = parts;
  return {
    'trial.curves': ({ trials }) => trialCurves(trials, parts),
    'trial.get': async ({ id }) => {
      const trial = findTrial(store, id);
      const detail = trialDetailOf(parts, trial.id, news.roleOf(trial.id), runner.liveOf(trial.id));
      if (detail === null)
        throw new WorkbenchError({
          kind: 'not-found',
          message: `There is no trial ${id}.`,
          remedy: null,
          details: null,
        });
      return detail;
    },
    'trial.cancel': async ({ id }) => {
      const trial = findTrial(store, id);
      if (!STATE_FACTS[trial.state].open)
        throw new WorkbenchError({
          kind: 'refused',
          message: `The trial is ${trial.state} already.`,
          remedy: null,
          details: null,
        });
      runner.stop([trial], 'cancel');
      return news.trialSummary(trial.id);
    },
  };
}

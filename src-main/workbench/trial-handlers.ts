import type { Artefact } from '../methods/contract.ts';
import { STATE_FACTS } from '../results/states.ts';
import type { ResultsStore } from '../results/store.ts';
import type { Configurations } from './configurations.ts';
import { exportedNetwork } from './exported-network.ts';
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
): Pick<Handlers, 'trial.get' | 'trial.curves' | 'trial.cancel' | 'trial.export'> {
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
    'trial.export': async ({ id, artefact, layout }) => {
      const trial = findTrial(store, id);
      const model = modelOf(store, trial.id, artefact);
      const bytes = await exportedNetwork(model, layout, {
        'touchstone.trial': trial.id,
        'touchstone.suite': trial.suite,
        'touchstone.method': trial.method,
      });
      return {
        name: `${trial.method}-${trial.id.slice(0, 8)}.safetensors`,
        base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
        parameters: Object.values(model.arrays).reduce((sum, { length }) => sum + length, 0),
      };
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

/** @throws WorkbenchError where the trial left no network of this name that is still there. */
function modelOf(store: ResultsStore, trial: string, name: string): Extract<Artefact, { kind: 'model' }> {
  const refuse = (message: string, remedy: string | null): WorkbenchError =>
    new WorkbenchError({ kind: 'not-found', message, remedy, details: null });
  const files = store.artefactFiles(trial);
  const networks = Object.entries(files).flatMap(([key, { kind }]) => (kind === 'model' ? [key] : []));
  if (!networks.includes(name))
    throw refuse(
      `The trial ${trial.slice(0, 8)} left no network${networks.length > 0 ? ` called "${name}"` : ''}.`,
      networks.length > 0
        ? `It left ${networks.join(', ')}.`
        : 'A network is left by trials of train-network, of experts and of merges, and by what they are made of.',
    );
  const artefact = files[name].about === null ? null : store.artefact(trial, name);
  if (artefact?.kind !== 'model')
    throw refuse('The file of this network is not here any more.', 'Run the trial again.');
  return artefact;
}

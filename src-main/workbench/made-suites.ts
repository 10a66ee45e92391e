import { openCheckpoint } from '../checkpoints/checkpoint.ts';
import { fileHash } from '../checkpoints/file-hash.ts';
import type { NetworkSpec } from '../engine/networks/specification.ts';
import { givenTensors } from '../methods/merging/shared/given-values.ts';
import type { DatasetStore } from '../datasets/store.ts';
import { madeId } from '../suites/made/form.ts';
import type { ExpertsForm } from '../suites/made/form.ts';
import { MadeSuiteError, type MadeSuites } from '../suites/made/files.ts';
import { madeSuite } from '../suites/made/suite.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import { suiteInfos } from './catalogue.ts';
import { WorkbenchError } from './contract/contract.ts';
import type { Handlers } from './handlers.ts';
import { onCheckpoints } from './refused-files.ts';

const refused = (kind: 'invalid-input' | 'conflict' | 'not-found' | 'unavailable', message: string): WorkbenchError =>
  new WorkbenchError({ kind, message, remedy: null, details: null });

/** Suites that a person makes of data sets by a form, and takes away again. */
export function madeSuiteHandlers(
  made: MadeSuites | null,
  datasets: DatasetStore,
  suites: SuiteRegistry,
  onChange: () => Promise<void>,
): Pick<Handlers, 'suite.make' | 'suite.remove'> {
  const store = (): MadeSuites => {
    if (made === null) throw refused('unavailable', 'No suite can be made here.');
    return made;
  };
  return {
    'suite.make': async (given) => {
      const info = await datasets.info(given.dataset);
      if (info.state === 'absent')
        throw refused('not-found', `The data set ${given.dataset} is not here. Get it first, under Data.`);
      const id = madeId(given);
      try {
        const { network } = madeSuite(given, info);
        store().put(given.kind === 'experts' ? await onCheckpoints(() => checkedModels(given, network)) : given);
      } catch (error) {
        if (error instanceof MadeSuiteError) throw refused('conflict', error.message);
        throw error instanceof RangeError ? refused('invalid-input', error.message) : error;
      }
      await onChange();
      const [suite] = suiteInfos(suites, await datasets.list()).filter((info) => info.id === id);
      if (suite === undefined) throw refused('not-found', `The suite ${id} was stored, and is not there.`);
      return suite;
    },
    'suite.remove': async ({ id }) => {
      if (!store().remove(id))
        throw refused('not-found', `There is no suite ${id} that was made by a form, so nothing is removed.`);
      await onChange();
      return { id };
    },
  };
}

/**
 * The form with what its files hold, by which experts are told.
 *
 * @throws CheckpointError where a file does not hold a network of this architecture.
 */
async function checkedModels(form: ExpertsForm, spec: NetworkSpec): Promise<ExpertsForm> {
  // The engine is loaded only where somebody brings experts.
  const { buildNetwork } = await import('../engine/networks/networks.ts');
  const { params, state } = buildNetwork(spec);
  const checked = async ({ file }: ExpertsForm['models'][number]): Promise<ExpertsForm['models'][number]> => {
    const checkpoint = openCheckpoint(file);
    try {
      givenTensors(checkpoint, [...params, ...state]);
      return { file, sha256: await fileHash(file) };
    } finally {
      checkpoint.close();
    }
  };
  const models: ExpertsForm['models'] = [];
  for (const model of form.models) models.push(await checked(model));
  return { ...form, models, start: form.start === null ? null : await checked(form.start) };
}

import { openCheckpoint } from '../checkpoints/checkpoint.ts';
import { CheckpointError } from '../checkpoints/error.ts';
import { fileHash } from '../checkpoints/file-hash.ts';
import type { NetworkSpec } from '../engine/networks/specification.ts';
import { givenTensors } from '../methods/merging/shared/given-values.ts';
import type { DatasetStore } from '../datasets/store.ts';
import { madeId } from '../suites/made/form.ts';
import type { ExpertsForm, SuiteForm } from '../suites/made/form.ts';
import { MadeSuiteError, type MadeSuites } from '../suites/made/files.ts';
import { madeSuite } from '../suites/made/suite.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import { suiteInfos } from './catalogue.ts';
import { WorkbenchError } from './contract/contract.ts';
import type { Handlers } from './handlers.ts';

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
      const form = await withHashes(given);
      const info = await datasets.info(form.dataset);
      if (info.state === 'absent')
        throw refused('not-found', `The data set ${form.dataset} is not here. Get it first, under Data.`);
      try {
        const { network } = madeSuite(form, info);
        if (form.kind === 'experts') await checkModels(form, network);
        store().put(form);
      } catch (error) {
        if (error instanceof MadeSuiteError) throw refused('conflict', error.message);
        if (error instanceof CheckpointError)
          throw new WorkbenchError({ kind: 'refused', message: error.message, remedy: error.remedy, details: null });
        throw error instanceof RangeError ? refused('invalid-input', error.message) : error;
      }
      await onChange();
      const [suite] = suiteInfos(suites, await datasets.list()).filter(({ id }) => id === madeId(form));
      if (suite === undefined) throw refused('not-found', `The suite ${madeId(form)} was stored, and is not there.`);
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

/** Experts are told by what their files hold. @throws WorkbenchError where one cannot be read. */
async function withHashes(form: SuiteForm): Promise<SuiteForm> {
  if (form.kind !== 'experts') return form;
  const hashed = ({ file }: ExpertsForm['models'][number]) => ({ file, sha256: fileHash(file) });
  try {
    return { ...form, models: form.models.map(hashed), start: form.start === null ? null : hashed(form.start) };
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    throw new WorkbenchError({ kind: 'refused', message: error.message, remedy: error.remedy, details: null });
  }
}

/** @throws CheckpointError where a file does not hold a network of this architecture. */
async function checkModels({ models, start }: ExpertsForm, spec: NetworkSpec): Promise<void> {
  // The engine is loaded only where somebody brings experts.
  const { buildNetwork } = await import('../engine/networks/networks.ts');
  const { params, state } = buildNetwork(spec);
  for (const { file } of start === null ? models : [start, ...models]) {
    const checkpoint = openCheckpoint(file);
    try {
      givenTensors(checkpoint, [...params, ...state]);
    } finally {
      checkpoint.close();
    }
  }
}

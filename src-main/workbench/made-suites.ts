import type { DatasetStore } from '../datasets/store.ts';
import { madeId } from '../suites/made/form.ts';
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
    'suite.make': async (form) => {
      const info = await datasets.info(form.dataset);
      if (info.state === 'absent')
        throw refused('not-found', `The data set ${form.dataset} is not here. Get it first, under Data.`);
      try {
        madeSuite(form, info);
        store().put(form);
      } catch (error) {
        if (error instanceof MadeSuiteError) throw refused('conflict', error.message);
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

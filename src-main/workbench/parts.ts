import { fileURLToPath } from 'node:url';
import { importsInProcess } from '../datasets/import-process.ts';
import { openDatasetStore } from '../datasets/store.ts';
import { availableBackends } from '../engine/backends/backends.ts';
import { findGpu } from '../engine/provision/gpu.ts';
import { surroundings } from '../engine/provision/layout.ts';
import { loadMethods } from '../methods/registry.ts';
import { OwnFiles } from '../own/files.ts';
import type { ResultsStore } from '../results/store.ts';
import { loadSuites } from '../suites/registry.ts';
import { MadeSuites } from '../suites/made/files.ts';
import { TableSuites } from '../suites/table-suites.ts';
import { diagnoseMachine } from './doctor.ts';
import { wholeSetting } from './environment.ts';
import { workersFor } from './hosts/machine.ts';
import type { WorkbenchParts } from './workbench.ts';

/** The program's own parts over a data folder: every method and suite, the real data sets and backends. */
export async function assembleParts(dataFolder: string, store: ResultsStore, version: string): Promise<WorkbenchParts> {
  const [methods, suites] = await Promise.all([loadMethods(), loadSuites()]);
  const datasets = openDatasetStore({ dataFolder, imports: importsInProcess(dataFolder) });
  const made = new MadeSuites(dataFolder);
  const tables = new TableSuites(suites, () => datasets.list(), made);
  await tables.refresh();
  const own = new OwnFiles({ dataFolder, methods, suites: tables.registry });
  await own.refresh();
  const where = surroundings();
  // Counted before anything is asked for: a mistyped setting is said at the start, not in the middle of a study.
  workersFor('wasm');
  // Asked once: the drivers are asked in a process of their own, and a GPU does not come while the Workbench runs.
  let gpu: ReturnType<typeof findGpu> | null = null;
  return {
    dataFolder,
    store,
    methods: own.methods,
    suites: own.suites,
    own,
    version,
    datasets,
    made,
    onDataChange: async () => {
      await tables.refresh();
      await own.refresh();
    },
    backends: () => availableBackends(where, () => (gpu ??= findGpu(where))),
    diagnose: diagnoseMachine,
    keepProbabilities: wholeSetting(
      'TOUCHSTONE_KEEP_PROBABILITIES',
      { least: 0, most: Number.MAX_SAFE_INTEGER },
      process.env,
    ),
    workerEntry: fileURLToPath(new URL('../worker/main.ts', import.meta.url)),
  };
}

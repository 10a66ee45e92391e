import { join } from 'node:path';
import { openDatasetStore } from '../datasets/store.ts';
import { openEngines } from '../engine/engines.ts';
import { buildNetwork } from '../engine/networks/networks.ts';
import { stream } from '../engine/random/streams.ts';
import { BACKENDS, NATIVE } from '../engine/types.ts';
import type { BackendName } from '../engine/types.ts';
import { loadMethod } from '../methods/registry.ts';
import { BlobStore } from '../results/blobs.ts';
import { OwnRunnables } from '../own/run.ts';
import { loadSuite, suiteRegistry } from '../suites/registry.ts';
import { publishedId } from '../suites/variant-ids.ts';
import type { Suite } from '../suites/contract.ts';
import { MadeSuites } from '../suites/made/files.ts';
import { imageSuite, isDataSuite, madeSuite } from '../suites/made/suite.ts';
import { TABLE_SUITES, tableSuite } from '../suites/shared/table-suite.ts';
import { useCodeCache } from '../base/code-cache.ts';
import { serveTrials } from './serve.ts';

// Forked by the Workbench as: main.ts <backend> <data folder>.
const [, , backend, dataFolder] = process.argv;
if (!isBackend(backend) || dataFolder === undefined || process.send === undefined) {
  process.stderr.write('This is a trial worker; the Workbench starts it: main.ts <backend> <data folder>.\n');
  process.exit(2);
}

useCodeCache();
const own = new OwnRunnables();
const datasets = openDatasetStore({ dataFolder });
const made = new MadeSuites(dataFolder);
const blobs = new BlobStore(join(dataFolder, 'blobs'));

await serveTrials({
  // A native learner computes outside of the engine; only the suite's inputs lie in it.
  openEngines: () => openEngines(backend === NATIVE ? 'wasm' : backend),
  method: async (id, file) => (file === null ? loadMethod(id) : own.method(file, id)),
  suite: async (id, file) => {
    const named = publishedId(id);
    const suite =
      file !== null
        ? await own.suite(file, named)
        : isDataSuite(named)
          ? await dataSuiteOf(named)
          : await loadSuite(named);
    return suiteRegistry(() => ({ suites: new Map([[named, suite]]), troubles: [] })).get(id);
  },
  dataset: async (id, parts) => (await datasets).open(id, parts),
  buildNetwork,
  stream,
  blob: (hash) => blobs.read(hash),
});

/** The suite that a data set is, by itself or by a form. Throws where there is none, or the data is not made for it. */
async function dataSuiteOf(id: string): Promise<Suite> {
  const form = made.get(id);
  if (form !== null) return madeSuite(form, await datasets.info(form.dataset));
  const info = await datasets.info(id.slice(id.indexOf('/') + 1));
  const suite = id.startsWith(TABLE_SUITES) ? tableSuite(info) : imageSuite(info);
  if (suite === null) throw new Error(`There is no suite ${id}: its data set is not made for it.`);
  return suite;
}

function isBackend(name: string | undefined): name is BackendName | typeof NATIVE {
  return name === NATIVE || BACKENDS.some((known) => known === name);
}

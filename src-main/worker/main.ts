import { openDatasetStore } from '../datasets/store.ts';
import { openEngines } from '../engine/engines.ts';
import { buildNetwork } from '../engine/networks.ts';
import { stream } from '../engine/streams.ts';
import { BACKENDS } from '../engine/types.ts';
import type { BackendName } from '../engine/types.ts';
import { loadMethods } from '../methods/registry.ts';
import { loadSuites } from '../suites/registry.ts';
import { join } from 'node:path';
import { useCodeCache } from '../workbench/code-cache.ts';
import { serveTrials } from './serve.ts';

// Forked by the Workbench as: main.ts <backend> <data folder>.
const [, , backend, dataFolder] = process.argv;
if (!isBackend(backend) || dataFolder === undefined || process.send === undefined) {
  process.stderr.write('This is a trial worker; the Workbench starts it: main.ts <backend> <data folder>.\n');
  process.exit(2);
}

useCodeCache();
const methods = loadMethods({ own: join(dataFolder, 'methods') });
const suites = loadSuites();
const datasets = openDatasetStore({ dataFolder });

await serveTrials({
  openEngines: () => openEngines(backend),
  method: async (id) => (await methods).get(id),
  suite: async (id) => (await suites).get(id),
  dataset: async (id) => (await datasets).open(id),
  buildNetwork,
  stream,
});

function isBackend(name: string | undefined): name is BackendName {
  return BACKENDS.some((known) => known === name);
}

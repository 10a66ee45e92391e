import { join } from 'node:path';
import { openDatasetStore } from '../../datasets/store.ts';
import { openEngines } from '../../engine/engines.ts';
import { buildNetwork } from '../../engine/networks.ts';
import { stream } from '../../engine/streams.ts';
import { loadMethods } from '../../methods/registry.ts';
import { loadSuites } from '../../suites/registry.ts';
import { serveTrials } from '../../worker/serve.ts';
import { BENCH_SUITES, benchDataset } from './suites.ts';

// The program's own trial worker with the benchmark's suites. Forked by a Supervisor as: worker.ts <backend> <data folder>.
const [, , backend, dataFolder] = process.argv;
if (backend !== 'tensorflow-cpu' || dataFolder === undefined || process.send === undefined) {
  process.stderr.write('This is a trial worker of the benchmark; `npm run bench` starts it.\n');
  process.exit(2);
}

const methods = loadMethods({ own: join(dataFolder, 'methods') });
const suites = loadSuites({ given: BENCH_SUITES });
const datasets = openDatasetStore({ dataFolder });

await serveTrials({
  openEngines: () => openEngines(backend),
  method: async (id) => (await methods).get(id),
  suite: async (id) => (await suites).get(id),
  dataset: async (id) => (await benchDataset(id, () => datasets.open('mnist'))) ?? datasets.open(id),
  buildNetwork,
  stream,
});

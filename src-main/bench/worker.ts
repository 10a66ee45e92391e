import { join } from 'node:path';
import { openDatasetStore } from '../datasets/store.ts';
import { openEngines } from '../engine/engines.ts';
import { buildNetwork } from '../engine/networks/networks.ts';
import { stream } from '../engine/random/streams.ts';
import { loadMethod } from '../methods/registry.ts';
import { OwnRunnables } from '../own/run.ts';
import { loadSuites } from '../suites/registry.ts';
import { BlobStore } from '../results/blobs.ts';
import { serveTrials } from '../worker/serve.ts';
import { BENCH_SUITES, benchDataset } from './suites.ts';

// The program's own trial worker with the benchmark's suites. Forked by a Supervisor as: worker.ts <backend> <data
// folder>.
const [, , backend, dataFolder] = process.argv;
if (backend !== 'tensorflow-cpu' || dataFolder === undefined || process.send === undefined) {
  process.stderr.write('This is a trial worker of the benchmark; `npm run bench` starts it.\n');
  process.exit(2);
}

const suites = loadSuites({ given: BENCH_SUITES });
const own = new OwnRunnables();
const datasets = openDatasetStore({ dataFolder });
const blobs = new BlobStore(join(dataFolder, 'blobs'));

await serveTrials({
  openEngines: () => openEngines(backend),
  method: async (id, file) => (file === null ? loadMethod(id) : own.method(file, id)),
  suite: async (id, file) => (file === null ? (await suites).get(id) : own.suite(file, id)),
  dataset: async (id) => (await benchDataset(id, () => datasets.open('mnist'))) ?? datasets.open(id),
  buildNetwork,
  stream,
  blob: (hash) => blobs.read(hash),
});

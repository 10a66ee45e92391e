import { resolveHyperParameters } from '../methods/hyper-parameters.ts';
import { loadMethods } from '../methods/registry.ts';
import { stream } from '../engine/random/streams.ts';
import type { Cost, Environment } from '../metrics/primitives.ts';
import { openDatasetStore } from '../datasets/store.ts';
import { protocolHash } from '../suites/published.ts';
import { configurationKey, dataHash, trialId } from '../results/identity.ts';
import { ResultsStore } from '../results/store.ts';
import type { ImportedTrial } from '../results/types.ts';
import { loadSuites } from '../suites/registry.ts';

const COST: Cost = {
  seconds: 20,
  steps: 1880,
  flops: 5e11,
  examples: 240_000,
  forwardPasses: 240_000,
  backwardPasses: 240_000,
  bytesStored: 0,
  parameters: 478_410,
  inferenceFlops: 956_000,
  peakMemoryBytes: 6e8,
  workers: 2,
};
const ENVIRONMENT: Environment = {
  backend: 'tensorflow-cpu',
  numerics: 'made-up',
  versions: {},
  cpu: 'made up',
  gpu: null,
  threads: 1,
  platform: 'made up',
};
const METHODS = 10,
  SEEDS = 10;

/**
 * Fills a data folder with made-up finished trials as one finished study: some suites × ten methods × as many learning
 * rates as it takes × ten seeds, each with every metric of its suite. Answers how many: `wanted`, or the next full grid
 * above.
 */
export async function storeTrials(
  folder: string,
  wanted: number,
  suiteCount: number,
  name = 'Made up for the benchmark',
): Promise<number> {
  const [{ suites }, { methods }] = await Promise.all([loadSuites(), loadMethods()]);
  const chosen = [...suites.values()].filter(({ facts }) => facts.family === 'continual').slice(0, suiteCount);
  const fitting = [...methods.values()]
    .map(({ method }) => method)
    .filter((method) => method.family === 'continual' && chosen.every(({ facts }) => method.fits(facts) === true))
    .slice(0, METHODS);
  const rates = Math.ceil(wanted / (chosen.length * fitting.length * SEEDS));
  const random = stream(1, 'stored-trials');
  const value = new Float32Array(1);
  const trials: ImportedTrial[] = [];
  const now = Date.now();
  const hashes = new Map((await openDatasetStore({ dataFolder: folder }).list()).map(({ id, sha256 }) => [id, sha256]));
  for (const suite of chosen) {
    const hash = protocolHash(suite);
    // As the data are here, so that the results are those of the present version.
    const data = suite.datasets.map((id) => hashes.get(id) ?? 'd'.repeat(64));
    for (const method of fitting) {
      for (let rate = 0; rate < rates; rate++) {
        const hyperParameters = resolveHyperParameters(method, { learningRate: (rate + 1) / 1000 });
        const configuration = configurationKey(method.id, hyperParameters);
        for (let seed = 0; seed < SEEDS; seed++) {
          const identity = {
            suite: suite.id,
            suiteVersion: suite.version,
            protocolHash: hash,
            data,
            method: method.id,
            methodVersion: method.version,
            hyperParameters,
            seed,
            backend: ENVIRONMENT.backend,
            numerics: ENVIRONMENT.numerics,
            sourceHash: null,
            driver: method.driver,
            fold: null,
            artefacts: {},
          };
          const metrics = suite.metrics.map((id) => {
            random.fillUniform(value, 0, 1);
            return { id, value: value[0] };
          });
          trials.push({
            ...identity,
            id: trialId(identity),
            role: 'cell',
            label: '',
            dataHash: dataHash(data),
            configuration,
            createdAt: now,
            startedAt: now,
            finishedAt: now,
            headline: metrics[0]?.value ?? null,
            failure: null,
            state: 'done',
            dataHashes: identity.data,
            needs: {},
            origin: null,
            checked: true,
            metrics,
            result: {
              primitives: { matrices: {}, probabilities: {}, curves: [], scalars: {} },
              cost: COST,
              environment: ENVIRONMENT,
              notes: [],
              artefacts: {},
            },
          });
        }
      }
    }
  }
  const store = ResultsStore.open(folder);
  try {
    const request = {
      name,
      suites: chosen.map(({ id }) => id),
      methods: fitting.map(({ id }) => ({ method: id })),
      seeds: Array.from({ length: SEEDS }, (_, seed) => seed),
      backend: 'tensorflow-cpu',
      references: false,
    };
    const study = {
      id: crypto.randomUUID(),
      name,
      intent: 'run' as const,
      request: JSON.stringify(request),
      backend: ENVIRONMENT.backend,
      createdAt: now,
      finishedAt: now,
    };
    store.beginStudy(study);
    store.importTrials(study, trials, 0);
    return trials.length;
  } finally {
    store.close();
  }
}

import { canonicalJson, sha256 } from '../base/canonical.ts';
import type { Outside } from '../ensemble/outside.ts';
import { outsideInProcess } from '../ensemble/process.ts';
import { DatasetError } from '../datasets/types.ts';
import type { Primitives } from '../metrics/primitives.ts';
import type { ReportSuite, ReportTrial } from '../reports/input.ts';
import { outsideReportJson } from '../reports/json.ts';
import { dataHash, trialId } from '../results/identity.ts';
import type { SuiteDescription } from '../suites/contract.ts';
import { protocolHash } from '../suites/published.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import { WorkbenchError } from './contract/contract.ts';
import type { ParsedInput } from './contract/contract.ts';

/**
 * Predictions of models that were trained elsewhere, as a report that is imported like any other: all or nothing, its
 * metrics computed here, its trials marked with where they come from. Beside what is measured here they stand where
 * their rows are a suite's test rows: who names the suite says that they were trained by its protocol.
 */
export async function outsideReport(
  { suites, dataFolder, version }: { suites: SuiteRegistry; dataFolder: string; version: string },
  { name, origin, suite: asked, models, labels, kind }: ParsedInput<'predictions.import'>,
): Promise<string> {
  const suite = asked === null ? null : suites.get(asked);
  const dataset = suite === null ? null : datasetOf(suite);
  const outside = await outsideInProcess({ models, labels, kind, dataset }, dataFolder).catch((error: unknown) => {
    if (!(error instanceof DatasetError)) throw error;
    throw refused(error.message);
  });
  const place = placeOf(outside, suite, name);
  const trials = outside.models.map((model) => trialOf(outside, model, place, origin));
  const seeds = [...new Set(outside.models.map(({ seed }) => seed))];
  // The same files give the same report, which is then here already.
  const study = sha256(canonicalJson([name, origin, trials.map(({ id }) => id)]));
  return outsideReportJson({
    title: name,
    createdAt: outside.writtenAt,
    version: `${version}, of predictions from elsewhere`,
    study: {
      id: study,
      name,
      createdAt: outside.writtenAt,
      finishedAt: outside.writtenAt,
      backend: 'tensorflow-cpu',
      seeds,
      request: {
        name,
        suites: [place.id],
        methods: [...new Set(trials.map(({ method }) => method))].map((method) => ({ method, hyperParameters: {} })),
        seeds,
        backend: 'auto',
        references: false,
      },
    },
    suites: suite === null ? [ownSuite(place, outside, name)] : [],
    trials,
  });
}

/** The data set whose test rows a suite judges by. */
function datasetOf({ id, facts, datasets }: SuiteDescription): string {
  const [dataset] = datasets;
  if (facts.kind === 'rows' && datasets.length === 1 && facts.folds === 1) return dataset;
  throw refused(
    `${id} does not judge by the test rows of one data set, so that predictions cannot be put beside its results.`,
  );
}

interface Place {
  readonly id: string;
  readonly version: number;
  readonly protocolHash: string;
  readonly data: readonly string[];
}

/** A suite of the program, or one that these rows alone are. */
function placeOf({ targetHash, dataHash: data }: Outside, suite: SuiteDescription | null, name: string): Place {
  if (suite === null)
    return {
      id: `predictions/${slug(name)}-${targetHash.slice(0, 8)}`,
      version: 1,
      protocolHash: sha256(canonicalJson(['outside predictions', targetHash])),
      data: [targetHash],
    };
  return {
    id: suite.id,
    version: suite.version,
    protocolHash: protocolHash(suite),
    data: [data ?? targetHash],
  };
}

function trialOf(
  outside: Outside,
  { name, seed, sha256: file, values }: Outside['models'][number],
  { id: suite, version, protocolHash: protocol, data }: Place,
  origin: string,
): ReportTrial {
  const method = `outside-${slug(name)}`;
  const identity = {
    suite,
    suiteVersion: version,
    protocolHash: protocol,
    data,
    method,
    methodVersion: 1,
    // Seeds of one model are one method; the hash of each file stands in the notes.
    sourceHash: null,
    driver: 1,
    hyperParameters: {},
    seed,
    fold: null,
    backend: 'native',
    numerics: 'elsewhere',
    artefacts: {},
  };
  const { data: dataHashes, ...rest } = identity;
  return {
    ...rest,
    id: trialId(identity),
    role: 'cell',
    state: 'done',
    rowKey: method,
    label: name,
    dataHash: dataHash(dataHashes),
    dataHashes,
    createdAt: outside.writtenAt,
    startedAt: null,
    finishedAt: outside.writtenAt,
    headline: null,
    command: '',
    metrics: {},
    primitives: primitivesOf(outside, values),
    cost: { ...NOTHING_COUNTED },
    environment: {
      backend: 'native',
      numerics: 'elsewhere',
      versions: {},
      cpu: 'not known',
      gpu: null,
      threads: 0,
      platform: 'not known',
    },
    notes: [`Predictions from elsewhere: ${origin}.`, `SHA-256 of the file: ${file}.`, 'What it cost is not known.'],
    failure: null,
  };
}

const NOTHING_COUNTED = {
  seconds: 0,
  steps: 0,
  flops: 0,
  examples: 0,
  forwardPasses: 0,
  backwardPasses: 0,
  bytesStored: null,
  parameters: null,
  inferenceFlops: null,
  peakMemoryBytes: 0,
  workers: 0,
} as const;

function primitivesOf(
  { kind, width, target, classNames }: Outside,
  values: Outside['models'][number]['values'],
): Primitives {
  const empty = { matrices: {}, probabilities: {}, curves: [], scalars: {} };
  if (kind === 'numbers')
    return { ...empty, predictions: { test: { width: 1, targets: Float32Array.from(target), values } } };
  const labels = Int32Array.from(target);
  const names = classNames === null ? {} : { classNames };
  return { ...empty, probabilities: { test: { classes: width, values, labels, ...names } } };
}

const ownSuite = ({ id, version, protocolHash: protocol }: Place, outside: Outside, name: string): ReportSuite => ({
  id,
  version,
  title: name,
  summary: `Predictions from elsewhere of ${outside.rows} rows.`,
  scenario: 'iid',
  protocol: null,
  protocolHash: protocol,
  datasets: [{ id, sha256: outside.targetHash, licence: 'not known', source: 'not known' }],
});

/** A name as a part of an id. */
const slug = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60) || 'model';

const refused = (message: string): WorkbenchError =>
  new WorkbenchError({ kind: 'refused', message, remedy: null, details: null });

import type { Dataset, DatasetSplit } from '../../../datasets/types.ts';
import { stream } from '../../../engine/random/streams.ts';
import type { OptimiserSpec } from '../../../engine/types.ts';
import { outputsOf } from '../../../engine/networks/specification.ts';
import type { NetworkSpec } from '../../../engine/networks/specification.ts';
import { ProbeProtocol } from '../../../methods/theory/contract.ts';
import type { Primitives } from '../../../metrics/primitives.ts';
import type { Suite } from '../../contract.ts';
import { checkDataset } from '../../shared/checks.ts';
import { once, resident } from '../../shared/resident.ts';
import { splitRows } from '../../shared/rows.ts';

/** An experiment whose outcome is curves. */
export interface ProbeSuiteDefinition {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly summary: string;
  /** What is looked for; methods fit by it. */
  readonly scenario: string;
  readonly dataset: string;
  readonly quickOf?: string;
  /** So many rows of each class, the same for every seed; null = all rows. */
  readonly rowsPerClass: { readonly train: number; readonly test: number } | null;
  readonly network: NetworkSpec;
  readonly epochs: number;
  /** Where the budget is in steps. */
  readonly steps?: number;
  readonly batchSize: number;
  readonly optimiser: OptimiserSpec;
  readonly metrics: readonly string[];
  /** The method that the experiment is made for; both ends of its scale. */
  readonly method: string;
}

/** A suite of the kind `probe`: the method measures itself, at any step and also on test rows. */
export function probeSuite(definition: ProbeSuiteDefinition): Suite {
  const { id, version, title, summary, scenario, dataset: name, network, method, metrics } = definition;
  const { rowsPerClass, epochs, steps, batchSize, optimiser } = definition;
  const budget = { epochs, ...(steps === undefined ? {} : { steps }), batchSize };
  const classes = outputsOf(network);
  return {
    id,
    version,
    title,
    summary,
    facts: {
      id,
      kind: 'probe',
      family: 'theory',
      scenario,
      network,
      tasks: 1,
      target: 'classes',
      classes,
      online: false,
      folds: 1,
      grants: ['extra-passes'],
    },
    quick: definition.quickOf !== undefined,
    quickOf: definition.quickOf ?? null,
    datasets: [name],
    network,
    budget: { ...budget, optimiser },
    metrics,
    references: { lower: method, upper: method },
    protocol: { scenario, dataset: name, rowsPerClass, ...budget },
    async open({ engine, dataset: open }) {
      const dataset = await open(name);
      const shape = network.input;
      const width = shape.reduce((product, size) => product * size, 1);
      checkDataset(id, dataset, { width, classes, everyClass: true });
      const train = chosenRows(dataset, 'train', rowsPerClass?.train ?? null, width);
      const test = chosenRows(dataset, 'test', rowsPerClass?.test ?? null, width);
      const primitives: Primitives = {
        matrices: {},
        probabilities: {},
        curves: [],
        scalars: { 'rows.train': train.rows, 'rows.test': test.rows },
      };
      return {
        protocol: new ProbeProtocol({
          train: once(() => resident(engine, 'train', train, shape)),
          test: once(() => resident(engine, 'test', test, shape)),
          validation: () => {
            throw new Error(`${id} has no validation rows: a probe is not tuned.`);
          },
          trainRows: train.rows,
          outputs: classes,
          numbers: null,
          table: null,
          ...budget,
          optimiser,
          augmentation: null,
        }),
        evaluate: async () => {
          throw new Error(`${id} evaluates nothing itself: a method measures its own curves there.`);
        },
        save: () => null,
        restore: () => undefined,
        soFar: () => primitives,
        finish: async () => primitives,
      };
    },
  };
}

/** The first so many rows of each class in an order that depends on the dataset alone. */
function chosenRows(dataset: Dataset, part: 'train' | 'test', perClass: number | null, width: number): DatasetSplit {
  const split = dataset[part];
  if (perClass === null) return split;
  const counts = new Int32Array(dataset.classes.length);
  const rows = stream(0, `suites/probe/${dataset.id}/${part}`)
    .permutation(split.rows)
    .filter((row) => (counts[split.y[row]] += 1) <= perClass);
  if (counts.some((count) => count < perClass))
    throw new Error(`${dataset.id} has a class with fewer than ${perClass} rows for ${part}.`);
  return splitRows(split, rows, width);
}

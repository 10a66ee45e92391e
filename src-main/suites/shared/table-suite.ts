import { DEFAULT_PIPELINE, encodedWidth } from '../../datasets/tables/pipeline.ts';
import type { DatasetInfo } from '../../datasets/types.ts';
import { mlp } from '../../engine/networks/architectures/mlp.ts';
import { formatInteger } from '../../metrics/format.ts';
import type { Suite } from '../contract.ts';
import { iidSuite } from '../training/shared/iid-suite.ts';

/** Ids of suites that a table is by itself: `rows/<dataset>`. */
export const TABLE_SUITES = 'rows/';

/** From so many training rows on, batches are larger and epochs fewer, so that a trial stays a matter of seconds. */
const MANY_ROWS = 5_000;

/**
 * Tables that were suites before pipelines: their protocol is the data set's own encoding, standardised, and stays so,
 * that stored results stay comparable. None of them has gaps.
 */
const OWN_ENCODING: readonly string[] = ['iris', 'wine', 'wdbc', 'german-credit', 'car', 'segment'];

/**
 * The suite that a table is as soon as it is here: one network on its rows, by one protocol for all tables. Null for
 * images and for what is not here.
 */
export function tableSuite(info: DatasetInfo): Suite | null {
  const { id, title, kind, state, classes, rows } = info;
  const target = info.table?.target;
  const numbers = target?.kind === 'numbers' ? target.names : undefined;
  if (kind !== 'table' || state === 'absent' || (numbers === undefined && classes.length < 2)) return null;
  const { input, encoding } = inputsOf(info);
  const outputs = numbers?.length ?? classes.length;
  const [epochs, batchSize] = budgetOf(rows.train, numbers !== undefined);
  const told = numbers === undefined ? `${classes.length} classes` : `a number to be told (${numbers.join(', ')})`;
  return iidSuite({
    id: `${TABLE_SUITES}${id}`,
    version: versionOf(info),
    title: `${title}, as a table`,
    summary:
      `${formatInteger(rows.train)} training rows, ${input} numbers an example after encoding, ${told}; MLP 64-64, ` +
      `${epochs} epochs, batch ${batchSize}, Adam 1e-3; a fifth of the training rows validates.`,
    family: 'tables',
    scenario: 'iid',
    dataset: id,
    ...(info.table === null ? {} : { table: true }),
    ...encoding,
    ...(numbers === undefined ? {} : { numbers }),
    validationShare: 0.2,
    limit: null,
    network: mlp({ input, hidden: [64, 64], outputs, init: 'torch-default' }),
    epochs,
    batchSize,
    optimiser: { kind: 'adam', lr: 1e-3 },
    references: { lower: numbers === undefined ? 'majority-class' : 'target-mean', upper: 'deep-ensemble' },
  });
}

/**
 * Imported tables of classes were encoded at their import, with the mean of rows that validate in the place of gaps;
 * version 2 is by a pipeline.
 */
const versionOf = ({ id, state, table }: DatasetInfo): number =>
  state === 'installed' && table?.target.kind === 'classes' && !OWN_ENCODING.includes(id) ? 2 : 1;

function budgetOf(rows: number, isNumber: boolean): readonly [epochs: number, batchSize: number] {
  if (rows >= MANY_ROWS) return [20, 128];
  // The mean squared error of a few hundred rows is still falling after 40.
  return [isNumber ? 100 : 40, 32];
}

/** Width and encoding of inputs. What is drawn has no columns to encode, and images are taken as they are. */
export function inputsOf({ id, kind, shape, table }: DatasetInfo) {
  const own = shape.reduce((product, size) => product * size, 1);
  if (kind === 'image') return { input: own, encoding: { scaling: 'none' } } as const;
  if (table === null || table === undefined || OWN_ENCODING.includes(id))
    return { input: own, encoding: { scaling: 'columns' } } as const;
  return {
    input: encodedWidth(table.columns, DEFAULT_PIPELINE),
    encoding: { scaling: 'none', pipeline: DEFAULT_PIPELINE },
  } as const;
}

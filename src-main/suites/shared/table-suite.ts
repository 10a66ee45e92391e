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
 * The suite that a table of classes is as soon as it is here: one network on its rows, by one protocol for all tables.
 * Null for images, for a table whose target is a number, and for one that is not here.
 */
export function tableSuite({ id, title, kind, state, shape, classes, rows }: DatasetInfo): Suite | null {
  if (kind !== 'table' || state === 'absent' || classes.length < 2) return null;
  const columns = shape.reduce((product, size) => product * size, 1);
  const [epochs, batchSize] = rows.train < MANY_ROWS ? [40, 32] : [20, 128];
  return iidSuite({
    id: `${TABLE_SUITES}${id}`,
    version: 1,
    title: `${title}, as a table`,
    summary:
      `${formatInteger(rows.train)} training rows, ${columns} numbers an example after encoding, ${classes.length} ` +
      `classes; MLP 64-64, ${epochs} epochs, batch ${batchSize}, Adam 1e-3; a fifth of the training rows validates.`,
    family: 'tables',
    scenario: 'iid',
    dataset: id,
    scaling: 'columns',
    validationShare: 0.2,
    limit: null,
    network: mlp({ input: columns, hidden: [64, 64], outputs: classes.length, init: 'torch-default' }),
    epochs,
    batchSize,
    optimiser: { kind: 'adam', lr: 1e-3 },
    references: { lower: 'majority-class', upper: 'deep-ensemble' },
  });
}

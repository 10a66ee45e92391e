import { expect, test } from 'vitest';
import type { DatasetInfo } from '../../../src-main/datasets/types.ts';
import { outputsOf } from '../../../src-main/engine/networks/specification.ts';
import { loadSuites } from '../../../src-main/suites/registry.ts';
import { tableSuite } from '../../../src-main/suites/shared/table-suite.ts';
import { TableSuites } from '../../../src-main/suites/table-suites.ts';
import { protocolHash } from '../../../src-main/suites/published.ts';
import { fakeSuite } from '../../fixtures/fake-runner.ts';

const table = (over: Partial<DatasetInfo> = {}): DatasetInfo => ({
  id: 'pets',
  title: 'Pets',
  kind: 'table',
  state: 'installed',
  rows: { train: 400, test: 100 },
  shape: [7],
  classes: ['cat', 'dog', 'bird'],
  table: null,
  licence: '',
  source: '',
  citation: '',
  bytes: 1,
  sha256: null,
  ...over,
});

test('a table of classes is a suite: its columns in, its classes out, the same protocol for all', () => {
  const suite = tableSuite(table());
  expect(suite).toMatchObject({ id: 'rows/pets', datasets: ['pets'], facts: { kind: 'rows', classes: 3 } });
  expect(suite?.network.input).toEqual([7]);
  expect(suite === null ? null : outputsOf(suite.network)).toBe(3);
  expect(suite?.budget).toMatchObject({ epochs: 40, batchSize: 32 });
  expect(tableSuite(table({ rows: { train: 5_000, test: 9 } }))?.budget).toMatchObject({ epochs: 20, batchSize: 128 });
});

test('is frozen: what it says is held by its hash, and other columns or classes are another protocol', () => {
  const hashes = [table(), table({ title: 'Renamed' }), table({ shape: [8] }), table({ classes: ['a', 'b'] })].map(
    (info) => {
      const suite = tableSuite(info);
      return suite === null ? null : protocolHash(suite);
    },
  );
  expect(hashes[0]).toBe(hashes[1]);
  expect(new Set(hashes).size).toBe(3);
  // The protocol of today: whoever changes it raises the version, and results of the former stay under theirs.
  expect(hashes[0]).toBe('3416ad8bf33b659d27e1751cd5b487ee56ac32143a37bac9b04df9b7a4ab1434');
});

test.each([
  ['an image', { kind: 'image' }],
  ['a table that is not here', { state: 'absent' }],
  ['a table with neither classes nor a number to be told', { classes: [] }],
] as const)('%s is none', (_what, over) => expect(tableSuite(table(over))).toBeNull());

const COLUMNS = [
  { name: 'legs', kind: 'category', levels: ['2', '4'], ordered: false },
  { name: 'size', kind: 'category', levels: ['s', 'm', 'l'], ordered: true },
  { name: 'weight', kind: 'number' },
] as const;

test('the width of the network follows from the columns and the pipeline, which the protocol names', () => {
  const classes = ['cat', 'dog', 'bird'];
  const suite = tableSuite(table({ table: { columns: COLUMNS, target: { kind: 'classes', names: classes } } }));
  expect(suite?.network.input).toEqual([4]);
  expect(suite?.protocol).toMatchObject({
    scaling: 'none',
    pipeline: { categories: 'one-hot', numbers: 'standardise', missing: 'mean', fittedOn: 'training rows' },
  });
  expect(suite?.version).toBe(2);
});

test('a table with a number to be told is a suite of numbers', () => {
  const suite = tableSuite(
    table({ classes: [], table: { columns: COLUMNS, target: { kind: 'numbers', names: ['age'] } } }),
  );
  expect(suite).toMatchObject({
    version: 1,
    facts: { target: 'numbers', classes: 1 },
    metrics: ['rmse', 'mae', 'r2', 'normal-nll', 'normal-crps', 'normal-coverage90'].map((of) => `${of}.test`),
    references: { lower: 'target-mean', upper: 'deep-ensemble' },
    protocol: { target: { numbers: ['age'] } },
  });
  expect(suite === null ? null : outputsOf(suite.network)).toBe(1);
});

test('suites come and go with the data; those of the program stay', async () => {
  let here: DatasetInfo[] = [];
  const suites = new TableSuites(await loadSuites({ given: [fakeSuite('fake')] }), () => Promise.resolve(here));
  await suites.refresh();
  expect([...suites.registry.suites.keys()]).toEqual(['fake']);
  here = [table()];
  await suites.refresh();
  expect([...suites.registry.suites.keys()]).toEqual(['fake', 'rows/pets']);
  here = [];
  await suites.refresh();
  expect(() => suites.registry.get('rows/pets')).toThrow('There is no suite "rows/pets"');
});

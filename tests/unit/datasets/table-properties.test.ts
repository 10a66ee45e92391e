import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { TableOptionsInput } from '../../../src-main/datasets/store.ts';
import { DatasetError } from '../../../src-main/datasets/types.ts';
import { folderWith, storeOf } from './tiny.ts';

/** More of them where somebody has the time: TOUCHSTONE_TABLE_RUNS=2000. */
const RUNS = Number(process.env['TOUCHSTONE_TABLE_RUNS'] ?? 200);
const FIXTURES = path.join(import.meta.dirname, '..', '..', 'fixtures', 'tables');
const BASES = await Promise.all(
  [
    ...(await readdir(path.join(FIXTURES, 'inputs'))).map((name) => path.join('inputs', name)),
    'mixed-snappy.parquet',
    'mixed-zstd.parquet',
  ].map((name) => readFile(path.join(FIXTURES, name))),
);
BASES.push(
  Buffer.from("@relation r\n@attribute a numeric\n@attribute c {x,'y z'}\n@data\n1,x\n2,'y z'\n3,x\n?,'y z'\n5,x\n"),
);

/** What people's tables have that nobody thinks of, and what no table has. */
const ODD = [
  ...[
    '',
    ' ',
    ',',
    ';',
    '\t',
    '|',
    '"',
    '""',
    "'",
    '\n',
    '\r\n',
    '\r',
    '\n\n',
    ',,,\n',
    '\0',
    '\ufeff',
    '\u200b',
    '\u00a0',
  ],
  ...[
    'NA',
    'null',
    '?',
    'inf',
    '-Infinity',
    '1e400',
    '1e300',
    '-0',
    '0x50',
    '1_000',
    '1,5',
    '1.234',
    '1,234.5',
    '12%',
    '−3',
    '9007199254740993',
  ],
  ...[
    'constructor',
    '__proto__',
    'toString',
    '=1+1',
    '<script>',
    '\u{1f600}',
    '\ud800',
    'sep=;',
    '#',
    '%',
    '@data\n',
    '@relation x\n',
    'PAR1',
  ],
  ...['x'.repeat(5000), ','.repeat(3000), '9'.repeat(400), '"'.repeat(99)],
];

const change = fc.oneof(
  fc.record({
    kind: fc.constant('insert' as const),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    text: fc.constantFrom(...ODD),
  }),
  fc.record({ kind: fc.constant('flip' as const), at: fc.double({ min: 0, max: 1, noNaN: true }), bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.double({ min: 0, max: 1, noNaN: true }), length: fc.nat(200) }),
  fc.record({ kind: fc.constant('end' as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }),
);
const said: fc.Arbitrary<TableOptionsInput> = fc.record(
  {
    target: fc.constantFrom('class', '1', '2', '99', 'constructor'),
    task: fc.constantFrom('classes' as const, 'numbers' as const),
    labels: fc.constantFrom('keep' as const, 'merge' as const),
    header: fc.boolean(),
    decimal: fc.constantFrom('.' as const, ',' as const),
    separator: fc.constantFrom(',', ';', 'blanks', '"', '\n', 'x'),
    missing: fc.constantFrom([], ['1'], ['setosa', '']),
    unlabelled: fc.constant('leave-out' as const),
    ignore: fc.constantFrom([], ['a'], ['1,2']),
    categories: fc.constantFrom([], ['a'], ['1']),
  },
  { requiredKeys: [] },
);

const options = fc.oneof({ weight: 3, arbitrary: fc.constant<TableOptionsInput>({}) }, { weight: 1, arbitrary: said });

function changed(base: Buffer, changes: readonly (typeof change extends fc.Arbitrary<infer T> ? T : never)[]): Buffer {
  let bytes = Buffer.from(base);
  for (const one of changes) {
    const at = Math.floor(one.at * bytes.length);
    if (one.kind === 'insert')
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(one.text), bytes.subarray(at)]);
    else if (one.kind === 'cut') bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + one.length)]);
    else if (one.kind === 'end') bytes = bytes.subarray(0, at);
    else if (at < bytes.length) bytes[at] ^= 1 << one.bit;
  }
  return bytes;
}

it(
  `${RUNS} odd tables are imported whole and finite, or refused with a sentence, and nothing is ` + 'left half there',
  async () => {
    const { store, dataFolder } = await storeOf();
    const folder = await folderWith({});
    const outcomes = { imported: 0, refused: 0 };
    let next = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(BASES.length - 1),
        fc.array(change, { maxLength: 3 }),
        fc.boolean(),
        options,
        async (base, changes, packed, wished) => {
          const bytes = changed(BASES[base], changes);
          const id = `t${(next += 1)}`;
          const file = path.join(folder, `${id}.csv`);
          await writeFile(file, packed ? gzipSync(bytes) : bytes);
          try {
            const { info, preview } = await store.import(id, file, wished);
            outcomes.imported += 1;
            expect(preview?.questions).toEqual([]);
            const table = await store.table(id);
            expect(table.train.length + table.test.length).toBe(info.rows.train + info.rows.test);
            if (table.target.kind === 'classes') {
              const { train, test } = await store.open(id);
              for (const { x, y } of [train, test]) {
                expect(x.every(Number.isFinite)).toBe(true);
                expect(y.every((label) => label >= 0 && label < info.classes.length)).toBe(true);
              }
            }
            await store.remove(id);
          } catch (error) {
            if (!(error instanceof DatasetError)) throw error;
            expect(error.message).toMatch(/\S \S/);
            outcomes.refused += 1;
          }
          expect(await readdir(path.join(dataFolder, 'datasets')).catch(() => [])).toEqual([]);
        },
      ),
      { numRuns: RUNS },
    );
    expect(outcomes.imported).toBeGreaterThan(RUNS / 20);
    expect(outcomes.refused).toBeGreaterThan(RUNS / 20);
  },
);

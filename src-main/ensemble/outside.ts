import { statSync } from 'node:fs';
import { canonicalJson, sha256 } from '../base/canonical.ts';
import { sha256OfFile } from '../base/file-hash.ts';
import { refusal } from '../datasets/refuse.ts';
import { openDatasetStore } from '../datasets/store.ts';
import type { PredictionKind } from './kinds.ts';
import { checkAlike, fileOf, predictionsOf, readNumbers, targetOf } from './predictions.ts';

/** Files of what models that were trained elsewhere say of the same test rows. */
export interface OutsideFiles {
  readonly models: readonly { readonly name: string; readonly file: string; readonly seed: number }[];
  /** What is true of the rows. */
  readonly labels: string;
  readonly kind: PredictionKind | null;
  /** A data set whose test rows these must be, in their order. */
  readonly dataset: string | null;
}

export interface Outside {
  readonly kind: 'probabilities' | 'numbers';
  readonly rows: number;
  readonly width: number;
  readonly target: Float64Array;
  /** Of what is true of the rows: the same for the same rows. */
  readonly targetHash: string;
  readonly models: {
    readonly name: string;
    readonly seed: number;
    /** Of the file. */
    readonly sha256: string;
    readonly values: Float32Array;
  }[];
  /** SHA-256 of the data set, where one was named. */
  readonly dataHash: string | null;
  readonly classNames: string[] | null;
  /** When the last of the files was written, in milliseconds. */
  readonly writtenAt: number;
}

/** Numbers of all models together, at most: a report of them stays within what is read at once. */
const MOST_NUMBERS = 20_000_000;

/**
 * Reads them all and checks that they are about the same rows, and about those of the data set where one is named.
 *
 * @throws DatasetError that names file and place.
 */
export async function readOutside(
  { models, labels, kind, dataset }: OutsideFiles,
  dataFolder: string,
): Promise<Outside> {
  const twice = models.find(({ name, seed }, i) => models.findIndex((o) => o.name === name && o.seed === seed) !== i);
  if (twice !== undefined)
    throw refusal({
      where: twice.file,
      expected: `one file for "${twice.name}" with the seed ${twice.seed}`,
      found: 'a second one',
      remedy: 'Give it another name, or another seed: files of one name are seeds of one model.',
    });
  const all = [];
  for (const { file, ...model } of models)
    all.push({ ...model, file, predictions: predictionsOf(await readNumbers(file), kind, file) });
  checkAlike(all.map(({ file, predictions }) => ({ name: file, predictions })));
  const [{ predictions: first }] = all;
  if (first.values.length * all.length > MOST_NUMBERS)
    throw refusal({
      where: models[0].file,
      expected: `at most ${MOST_NUMBERS} numbers in all files`,
      found: String(first.values.length * all.length),
      remedy: 'Import fewer models at once.',
    });
  const target = targetOf(await readNumbers(labels), first, labels);
  const known = dataset === null ? null : await testRowsOf(dataset, dataFolder);
  if (known !== null) checkSame(target, known.target, labels, dataset ?? '');
  if (known !== null && known.classes.length > 0 && known.classes.length !== first.width)
    throw refusal({
      where: models[0].file,
      expected: `${known.classes.length} columns, one a class of ${dataset}`,
      found: String(first.width),
      remedy: 'Columns are the classes in the order of the data set.',
    });
  const read = [];
  for (const { name, seed, file, predictions } of all)
    read.push({ name, seed, sha256: await sha256OfFile(fileOf(file)), values: Float32Array.from(predictions.values) });
  return {
    kind: first.kind,
    rows: first.rows,
    width: first.width,
    target,
    targetHash: sha256(canonicalJson([first.kind, first.width, [...target]])),
    models: read,
    dataHash: known?.sha256 ?? null,
    classNames: known !== null && known.classes.length > 0 ? [...known.classes] : null,
    writtenAt: Math.max(...all.map(({ file }) => writtenAt(file)), writtenAt(labels)),
  };
}

/** Of a file, or of the file.npz in `file.npz:name`. */
const writtenAt = (name: string): number => Math.max(0, Math.floor(statSync(fileOf(name)).mtimeMs));

async function testRowsOf(dataset: string, dataFolder: string) {
  const { test, classes, table, sha256: hash } = await openDatasetStore({ dataFolder }).open(dataset);
  const numbers = table?.target.kind === 'numbers' ? (test.table?.numbers ?? null) : null;
  return { target: Float64Array.from(numbers ?? test.y), classes: numbers === null ? classes : [], sha256: hash };
}

function checkSame(given: Float64Array, known: Float64Array, where: string, dataset: string): void {
  if (given.length !== known.length)
    throw refusal({
      where,
      expected: `the ${known.length} test rows of ${dataset}`,
      found: `${given.length} rows`,
      remedy: 'Without --suite they get a board of their own.',
    });
  const other = given.findIndex((value, row) => Math.fround(value) !== Math.fround(known[row]));
  if (other >= 0)
    throw refusal({
      where: `${where}, row ${other + 1}`,
      expected: `${known[other]}, which is true of this test row of ${dataset}`,
      found: String(given[other]),
      remedy:
        'The rows must be the test rows in the order of the data set; without --suite they get a board of their own.',
    });
}

import { rm, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { inputSentences } from '../../base/input-words.ts';
import { catalogueEntry } from '../entry.ts';
import type { CatalogueEntry } from '../entry.ts';
import { install, makeStage, storageError } from '../installed.ts';
import type { Receipt } from '../installed.ts';
import type { DatasetPaths } from '../paths.ts';
import { DatasetError } from '../types.ts';
import { encodedNames } from './encode.ts';
import { tableOptions } from './options.ts';
import type { TableOptions, TableOptionsInput, TablePreview } from './options.ts';
import { planTable } from './plan.ts';
import type { TablePlan } from './plan.ts';
import { previewOf, questionLine } from './preview.ts';
import { readTable } from './read.ts';
import { writeStored } from './stored.ts';
import { understand } from './understand.ts';
import type { UnderstoodTable } from './understand.ts';

const FILE = 'columns.bin';

/**
 * How a table would be understood: kind, role, missing values and range of every column, and what only a person knows.
 *
 * @param id the dataset that it would become; the draw of test rows depends on it.
 * @throws DatasetError when the file is no table or the options don't fit it.
 */
export async function previewTable(id: string, file: string, given: TableOptionsInput): Promise<TablePreview> {
  return (await tableOf(id, file, optionsOf(given, file))).preview;
}

/**
 * Installs a table of the user's as a dataset, column by column. Whatever fails leaves nothing behind.
 *
 * @throws DatasetError as `previewTable`, and while a question is open.
 */
export async function importTable(
  paths: DatasetPaths,
  id: string,
  file: string,
  given: TableOptionsInput,
): Promise<{ receipt: Receipt; preview: TablePreview }> {
  const options = optionsOf(given, file);
  const { preview, table, plan } = await tableOf(id, file, options);
  if (preview.questions.length > 0)
    throw new DatasetError(`${file}: ${preview.questions.map(questionLine).join('\n')}`, { of: 'request' });
  const { target } = table;
  if (target === null) throw new TypeError('A table without a target and without a question.');
  const entry = entryOf(id, file, options, table, plan);
  const stage = await makeStage(paths, id);
  try {
    const columns = plan.features.map(({ values }) => takeRows(values, plan.kept));
    await writeFile(
      join(stage, FILE),
      writeStored({ rows: plan.kept.length, columns, y: takeRows(target.y, plan.kept) }),
    );
  } catch (error) {
    await rm(stage, { recursive: true, force: true });
    throw storageError(error, paths.root);
  }
  const candidates = new Map([[FILE, { path: join(stage, FILE), where: file }]]);
  return { receipt: await install(paths, entry, stage, candidates, { how: 'import', from: file }), preview };
}

async function tableOf(
  id: string,
  file: string,
  options: TableOptions,
): Promise<{ preview: TablePreview; table: UnderstoodTable; plan: TablePlan }> {
  const raw = await readTable(file, options);
  const table = understand(raw, options, file);
  const plan = planTable(raw, table, options, id, file);
  return { preview: previewOf(raw, table, plan), table, plan };
}

function optionsOf(given: TableOptionsInput, where: string): TableOptions {
  const parsed = tableOptions.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new DatasetError(`${where}: expected usable options for the import. ${inputSentences(parsed.error)}`, {
    of: 'request',
  });
}

function entryOf(
  id: string,
  file: string,
  options: TableOptions,
  { columns, target }: UnderstoodTable,
  plan: TablePlan,
): CatalogueEntry {
  const stored = plan.features.map(({ column }) => column);
  return catalogueEntry.parse({
    id,
    title: options.title ?? basename(file, extname(file)),
    kind: 'table',
    origin: 'user',
    rows: { train: plan.split.train.length, test: plan.split.test.length },
    shape: [encodedNames(stored).length],
    classes: target?.kind === 'classes' ? target.classes : [],
    licence: options.licence,
    source: options.source ?? file,
    citation: options.citation,
    files: [{ name: FILE }],
    layout: {
      kind: 'columns',
      file: FILE,
      columns: stored,
      ignored: columns.flatMap(({ facts, role, why }) =>
        role === 'ignored' ? [{ name: facts.name, why: why ?? '' }] : [],
      ),
      target: { name: columns[target?.index ?? 0].facts.name, kind: target?.kind ?? 'classes' },
      split: 'file' in options.test ? null : { testShare: options.test.share, seed: options.splitSeed },
    },
  });
}

/** Some rows of a column, in a column of the same kind. */
function takeRows(values: Float64Array | Int32Array, rows: Int32Array): Float64Array | Int32Array {
  return values instanceof Float64Array
    ? Float64Array.from(rows, (row) => values[row])
    : Int32Array.from(rows, (row) => values[row]);
}

import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formOf } from '../../../src-main/cli/suite.ts';
import { openDatasetStore } from '../../../src-main/datasets/store.ts';
import type { DatasetInfo } from '../../../src-main/datasets/types.ts';
import { suiteHeader } from '../../../src-main/suites/checked.ts';
import { MadeSuites } from '../../../src-main/suites/made/files.ts';
import { formKinds, madeId, suiteForm, taskSizes, usualForm } from '../../../src-main/suites/made/form.ts';
import { imageSuite, madeSuite } from '../../../src-main/suites/made/suite.ts';
import { protocolHash } from '../../../src-main/suites/published.ts';
import { loadSuites } from '../../../src-main/suites/registry.ts';
import { TableSuites } from '../../../src-main/suites/table-suites.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-made-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const infos = async (): Promise<readonly DatasetInfo[]> =>
  (await openDatasetStore({ dataFolder: folder }).list()).filter(({ state }) => state !== 'absent');
const named = async (id: string): Promise<DatasetInfo> => {
  const found = (await infos()).find((info) => info.id === id);
  if (found === undefined) throw new Error(`no data set ${id}`);
  return found;
};
async function registry() {
  const fixed = await loadSuites({ given: [] });
  const suites = new TableSuites(fixed, () => infos(), new MadeSuites(folder));
  await suites.refresh();
  return suites.registry;
}

describe('a form over a data set', () => {
  test('every data set that is here has usual ones that are valid, and suites of theirs', async () => {
    for (const info of await infos())
      for (const kind of formKinds(info)) {
        const form = suiteForm.parse(usualForm(info, kind, 'usual'));
        const suite = madeSuite(form, info);
        expect(suiteHeader.safeParse(suite).success, suite.id).toBe(true);
        expect(suite.id).toBe(`${kind}/${info.id}/usual`);
      }
  });

  test('says the protocol: each of its fields changes the hash of what is compared', async () => {
    const [wine, digits] = [await named('wine'), await named('optdigits')];
    const rows = usualForm(wine, 'rows', 'a');
    const split = usualForm(digits, 'split', 'a');
    const changes = [
      { hidden: [7] },
      { epochs: 3 },
      { batchSize: 7 },
      { optimiser: 'sgd' },
      { rate: 0.5 },
      { folds: 4 },
      { validationShare: 0.3 },
    ].map((change) => protocolHash(madeSuite(suiteForm.parse({ ...rows, ...change }), wine)));
    const streams = [{ scenario: 'task-il' }, { classesPerTask: 5 }, { rowsPerClass: 9 }].map((change) =>
      protocolHash(madeSuite(suiteForm.parse({ ...split, ...change }), digits)),
    );
    const all = [protocolHash(madeSuite(rows, wine)), protocolHash(madeSuite(split, digits)), ...changes, ...streams];
    expect(new Set(all).size).toBe(all.length);
    // the same form on another machine is the same protocol
    expect(protocolHash(madeSuite(suiteForm.parse(JSON.parse(JSON.stringify(rows))), wine))).toBe(all[0]);
  });

  test('what a data set is not made for is said in a sentence', async () => {
    const [wine, digits] = [await named('wine'), await named('optdigits')];
    expect(() => madeSuite(usualForm(digits, 'split', 'x'), wine)).toThrow('is about optdigits, not wine');
    const three = suiteForm.parse({ ...usualForm(digits, 'split', 'x'), classesPerTask: 3 });
    expect(() => madeSuite(three, digits)).toThrow('Tasks of 2, 5 classes would do.');
    expect(taskSizes(10)).toEqual([2, 5]);
    expect([taskSizes(3), taskSizes(7), taskSizes(4)]).toEqual([[], [], [2]]);
    expect(imageSuite(wine)).toBeNull();
    expect(imageSuite(digits)).toMatchObject({
      id: 'split/optdigits',
      facts: { kind: 'stream', tasks: 5, classes: 10 },
    });
  });

  test('the command line fills it: what is not given is as usual', async () => {
    const digits = { ...(await named('optdigits')), shape: [], classes: (await named('optdigits')).classes.slice() };
    const data = { ...digits, rows: { ...digits.rows } };
    const common = { name: 'five', json: false };
    expect(formOf(data, { ...common, tasksOf: '5', scenario: 'task-il' })).toEqual({
      ...usualForm(digits, 'split', 'five'),
      classesPerTask: 5,
      scenario: 'task-il',
    });
    expect(() => formOf(data, { ...common, folds: '3' })).toThrow('A suite of the kind "split" has no folds.');
    expect(() => formOf(data, { ...common, epochs: 'many' })).toThrow('epochs: ');
    expect(() => formOf(data, { ...common, kind: 'folds' })).toThrow('cannot become a suite of the kind "folds"');
    expect(() => formOf(data, { ...common, kind: 'experts' })).toThrow('--models a.safetensors');
  });
});

describe('forms in the data folder', () => {
  test('are suites beside those that the data are; one that is there stays as it is', async () => {
    const made = new MadeSuites(folder);
    const form = usualForm(await named('wine'), 'rows', 'wide');
    made.put(form);
    const suites = await registry();
    expect(['rows/wine', 'rows/wine/wide', 'split/optdigits'].map((id) => suites.find(id)?.id)).toEqual([
      'rows/wine',
      'rows/wine/wide',
      'split/optdigits',
    ]);
    expect(suites.find('rows/wine/wide#dev')?.facts.id).toBe('rows/wine/wide#dev');
    expect(() => made.put({ ...form, epochs: 1 })).toThrow('already, and its protocol stays as it is');
    expect(made.get('rows/wine/wide')).toEqual(form);
    expect([made.remove('rows/wine/wide'), made.remove('rows/wine/wide'), made.get('rows/wine')]).toEqual([
      true,
      false,
      null,
    ]);
    expect(made.get('rows/../../x')).toBeNull();
    expect(readdirSync(join(folder, 'suites'))).toEqual([]);
  });

  test('a broken one stops only itself, and is told', async () => {
    const made = new MadeSuites(folder);
    const digits = await named('optdigits');
    made.put(usualForm(digits, 'split', 'good'));
    const write = (name: string, text: string): void => writeFileSync(join(folder, 'suites', name), text);
    mkdirSync(join(folder, 'suites'), { recursive: true });
    write('rows.wine.torn.suite.json', '{"kind": "rows"');
    write('rows.wine.half.suite.json', JSON.stringify({ kind: 'rows', dataset: 'wine', name: 'half' }));
    write('rows.wine.moved.suite.json', JSON.stringify({ ...usualForm(digits, 'split', 'other') }));
    write(
      'split.optdigits.odd.suite.json',
      JSON.stringify({ ...usualForm(digits, 'split', 'odd'), classesPerTask: 3 }),
    );
    const suites = await registry();
    expect([...suites.suites.keys()].filter((id) => id.split('/').length === 3)).toEqual(['split/optdigits/good']);
    const troubles = suites.troubles.map(({ file, message }) => [file.replace(`${folder}/suites/`, ''), message]);
    expect(troubles).toEqual([
      ['rows.wine.half.suite.json', expect.stringContaining('hidden')],
      ['rows.wine.moved.suite.json', expect.stringContaining('it makes split/optdigits/other')],
      ['rows.wine.torn.suite.json', expect.stringMatching(/JSON/)],
      ['split/optdigits/odd', expect.stringContaining('cannot be cut into tasks of 3')],
    ]);
  });

  test('waits for data that went away', async () => {
    const made = new MadeSuites(folder);
    made.put({ ...usualForm(await named('wine'), 'rows', 'x'), dataset: 'gone' });
    const suites = await registry();
    expect([suites.find(madeId({ kind: 'rows', dataset: 'gone', name: 'x' })), suites.troubles]).toEqual([
      undefined,
      [],
    ]);
  });
});

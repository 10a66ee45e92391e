import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadMethods } from '../../../src-main/methods/registry.ts';
import { loadSuites } from '../../../src-main/suites/registry.ts';

const folder = mkdtempSync(join(tmpdir(), 'touchstone-registry-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('everything that comes with the program can be used', async () => {
  const [methods, suites] = await Promise.all([loadMethods(), loadSuites()]);
  expect([...methods.troubles, ...suites.troubles]).toEqual([]);
  expect(methods.methods.size).toBeGreaterThan(25);
  expect(suites.suites.size).toBeGreaterThan(50);
});

test('a broken file stops only itself, and is told', async () => {
  mkdirSync(join(folder, 'continual'));
  const suite = (id: string, more = ''): string => `{ id: '${id}', version: 1, title: 'T', summary: 'S', quick: true,
    quickOf: null, datasets: ['d'], facts: { id: '${id}', kind: 'stream', family: 'continual', scenario: 'x', network: { layers: [], heads: [] }, tasks: 2,
    target: 'classes', classes: 2, online: false, grants: [], folds: 1 }, network: { layers: [], heads: [] }, budget: {}, metrics: ['acc.test'],
    references: { lower: 'naive', upper: 'joint' }, protocol: {}, open() {}, ${more} }`;
  const files = {
    'a-good.ts': `export const suites = [${suite('good')}];`,
    'b-helper.ts': 'export const nothing = 1;',
    'c-throws.ts': 'throw new Error("not today");',
    'd-half.ts': `export const suites = [${suite('half', 'metrics: []')}];`,
    'e-taken.ts': `export default ${suite('good')};`,
    'f-unopened.ts': `export default ${suite('closed', 'open: 1')};`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'continual', name), text);
  const { suites, troubles } = await loadSuites({ builtIn: folder });
  expect([...suites.keys()]).toEqual(['good']);
  expect(troubles.map(({ file, message }) => [file.slice(folder.length + 11), message])).toEqual([
    ['c-throws.ts', 'not today'],
    ['d-half.ts', expect.stringContaining('metrics')],
    ['e-taken.ts', expect.stringContaining('the id "good" is taken')],
    ['f-unopened.ts', 'closed needs the function `open`'],
  ]);
});

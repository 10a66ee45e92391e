import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SuiteFacts } from '../../../src-main/methods/contract.ts';
import { loadMethods } from '../../../src-main/methods/registry.ts';
import { OwnFiles } from '../../../src-main/own/files.ts';
import { loadSuites } from '../../../src-main/suites/registry.ts';
import { fakeSuite } from '../../fixtures/fake-runner.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-own-'));
  for (const name of ['methods', 'suites']) mkdirSync(join(folder, name));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const method = (id: string, more = ''): string => `import { defineContinualMethod, z } from 'touchstone';
  export default defineContinualMethod({ id: '${id}', version: 1, title: 'Mine', summary: 'As plain as can be.', paper: null,
    fields: { strength: z.number().min(0).max(1).default(0.5).describe('how much') }, create: () => ({}), ${more} });`;

async function open(): Promise<OwnFiles> {
  const [methods, suites] = await Promise.all([
    loadMethods({ given: [] }),
    loadSuites({ given: [fakeSuite('fake/suite')] }),
  ]);
  return new OwnFiles({ dataFolder: folder, methods, suites, times: { answer: 2_000, start: 120_000 } });
}
const said = (own: OwnFiles): Record<string, string | null> =>
  Object.fromEntries(own.files.map(({ file, trouble }) => [file.slice(folder.length + 1), trouble]));

describe('what a file can be', () => {
  test('a method needs one file and no build; what is broken is told, and harms nothing', async () => {
    write('methods/mine.ts', method('mine'));
    write(
      'methods/plain-zod.ts',
      method('plain-zod').replace(
        "import { defineContinualMethod, z } from 'touchstone'",
        "import { defineContinualMethod } from 'touchstone'; import { z } from 'zod'",
      ),
    );
    write('methods/_helper.ts', 'export const nothing = 1;');
    write('methods/notes.txt', 'not a method');
    write('methods/syntax.ts', 'export default {');
    write('methods/empty.ts', 'export const x = 1;');
    write('methods/twice.ts', method('mine'));
    write(
      'methods/of-before.ts',
      method('of-before').replace('paper: null', 'paper: null, needs: { replayMemory: true }'),
    );
    write('methods/unheard.ts', method('unheard').replace('paper: null', "paper: null, asks: ['luck']"));
    write('methods/no-default.ts', method('no-default').replace('.default(0.5)', ''));
    const own = await open();
    await own.refresh();
    expect([...own.methods.methods.keys()]).toEqual(['mine', 'plain-zod']);
    expect(said(own)).toEqual({
      'methods/empty.ts': expect.stringContaining('no default export'),
      'methods/mine.ts': null,
      'methods/no-default.ts': 'every hyper-parameter needs a default: strength',
      'methods/plain-zod.ts': null,
      'methods/syntax.ts': expect.stringMatching(/./),
      'methods/of-before.ts': expect.stringContaining('`needs` is called `asks` now and is a list: write `asks: []`'),
      'methods/unheard.ts': expect.stringContaining("what a method may ask for is 'validation'"),
      'methods/twice.ts': 'the id "mine" is taken; choose another',
    });
  });

  test('it may end its process, loop, wait for ever or change prototypes: only it is stopped', async () => {
    write('methods/mine.ts', method('mine'));
    write('methods/exits.ts', 'process.exit(3);');
    write('methods/kills.ts', 'process.kill(process.pid, "SIGKILL");');
    write('methods/loops.ts', 'for (;;);');
    write('methods/waits.ts', 'await new Promise(() => {});');
    write(
      'methods/changes.ts',
      `Array.prototype.map = () => { throw new Error('no map'); }; JSON.stringify = () => 'x'; Map.prototype.get = () => undefined;
       ${method('changes')}`,
    );
    write('suites/throws.ts', 'throw new Error("no suite today");');
    const own = await open();
    await own.refresh();
    expect(said(own)).toEqual({
      'methods/changes.ts': expect.stringMatching(/./),
      'methods/exits.ts': expect.stringContaining('exit code 3'),
      'methods/kills.ts': expect.stringContaining('SIGKILL'),
      'methods/loops.ts': expect.stringContaining('within 2 s'),
      'methods/mine.ts': null,
      'methods/waits.ts': expect.stringContaining('within 2 s'),
      'suites/throws.ts': 'no suite today',
    });
    expect([1, 2].map((x) => 2 * x)).toEqual([2, 4]);
    expect([...own.suites.suites.keys()]).toEqual(['fake/suite']);
    expect(own.suites.troubles).toHaveLength(1);
  });

  test('form, defaults, whether it fits and its artefacts come back as plain data', async () => {
    write(
      'methods/mine.ts',
      `import { defineMethod, z } from 'touchstone';
       export default defineMethod(
         { id: 'mine', version: 4, title: 'Mine', summary: 'x', paper: null, asks: ['extra-passes'],
           fields: { n: z.number().int().min(1).max(9).default(3).describe('how many'), kind: z.enum(['a', 'b']).default('b') },
           fits: (suite) => suite.tasks > 2 || 'It needs three tasks.' },
         { family: 'training', protocol: 'rows', run: async function* () { return {}; },
           trials: (suite, { n }, seed) => Array.from({ length: n }, (_, i) => ({ name: 'm/' + i, suite: suite.id, method: 'sgd', hyperParameters: {}, seed: seed + i })) });`,
    );
    const own = await open();
    await own.refresh();
    const mine = own.methods.get('mine');
    expect(mine).toMatchObject({ version: 4, asks: ['extra-passes'] });
    expect(mine.source).toMatch(/^[0-9a-f]{64}$/);
    expect(mine.schema.parse({ n: 2, unknown: 1 })).toEqual({ n: 2, kind: 'b' });
    for (const wrong of [{ n: 10 }, { n: 1.5 }, { kind: 'c' }])
      expect(mine.schema.safeParse(wrong).success).toBe(false);
    const facts = own.suites.get('fake/suite').facts;
    expect(mine.fits(facts)).toBe(true);
    expect(await mine.trials?.(facts, { n: 2, kind: 'a' }, 5)).toEqual([
      { name: 'm/0', suite: 'fake/suite', method: 'sgd', hyperParameters: {}, seed: 5 },
      { name: 'm/1', suite: 'fake/suite', method: 'sgd', hyperParameters: {}, seed: 6 },
    ]);
    const other: SuiteFacts = { ...facts, id: 'unheard-of' };
    expect(mine.fits(other)).toContain('not asked');
  });
});

describe('a file that is edited', () => {
  test('its hash covers what it imports, however deep, and nothing else; the program says what it saw', async () => {
    write('methods/mine.ts', `import { deep } from './_near.ts';\n${method('mine', 'epochIds: undefined, deep')}`);
    write('methods/_near.ts', `export { deep } from './_far.ts';`);
    write('methods/_far.ts', `import data from './_data.json' with { type: 'json' }; export const deep = data.x;`);
    write('methods/_data.json', '{"x": 1}');
    write('methods/other.ts', method('other'));
    const own = await open();
    expect((await own.refresh()).map(({ ids }) => ids)).toEqual([['mine'], ['other']]);
    const first = own.methods.get('mine').source;
    expect(await own.refresh()).toEqual([]);

    write('methods/other.ts', method('other').replace('Mine', 'Other'));
    expect((await own.refresh()).map(({ ids }) => ids)).toEqual([['other']]);
    expect(own.methods.get('mine').source).toBe(first);

    write('methods/_data.json', '{"x": 2}');
    expect((await own.refresh()).map(({ ids }) => ids)).toEqual([['mine']]);
    const second = own.methods.get('mine').source;
    expect(second).not.toBe(first);

    write('methods/_data.json', '{"x": 1}');
    await own.refresh();
    expect(own.methods.get('mine').source).toBe(first);

    write('methods/mine.ts', 'export default 1');
    expect((await own.refresh()).map(({ trouble }) => trouble)).toEqual([expect.stringMatching(/./)]);
    expect(own.methods.methods.has('mine')).toBe(false);
    rmSync(join(folder, 'methods/mine.ts'));
    expect((await own.refresh()).map(({ hash, trouble }) => [hash, trouble])).toEqual([[null, null]]);
  });

  test(
    'a suite of one’s own is a suite; its file is part of its protocol, and methods are asked about ' + 'it',
    async () => {
      const suite = (title: string): string => `export const suites = [{
      id: 'own/suite', version: 1, title: '${title}', summary: 's', quick: true, quickOf: null, datasets: ['fake-data'],
      facts: { id: 'own/suite', kind: 'stream', family: 'continual', scenario: 'class-il', network: { layers: [], heads: [] }, tasks: 2, target: 'classes', classes: 2, online: false, grants: [], folds: 1 },
      network: { layers: [], heads: [] }, budget: { epochs: 1 }, metrics: ['acc.test'], references: { lower: 'naive', upper: 'joint' }, protocol: {}, open: () => {} }];`;
      write('suites/own.ts', suite('One'));
      write('methods/mine.ts', method('mine'));
      const own = await open();
      await own.refresh();
      const first = own.suites.get('own/suite');
      expect(first.source).toMatch(/^[0-9a-f]{64}$/);
      expect(own.methods.get('mine').fits(first.facts)).toBe(true);
      expect(own.fileOf('suite', 'own/suite')).toBe(join(folder, 'suites/own.ts'));
      write('suites/own.ts', suite('Two'));
      await own.refresh();
      expect(own.suites.get('own/suite').title).toBe('Two');
      expect(own.suites.get('own/suite').source).not.toBe(first.source);
    },
  );
});

describe('a folder that is watched', () => {
  test('the first files of a data folder that had no place for them are seen within two seconds', async () => {
    for (const name of ['methods', 'suites']) rmSync(join(folder, name), { recursive: true });
    const own = await open();
    let changes = 0;
    const unwatch = own.watch(() => (changes += 1));
    try {
      expect(['methods', 'suites'].map((name) => statSync(join(folder, name)).mode & 0o777)).toEqual([0o700, 0o700]);
      write('methods/mine.ts', method('mine'));
      await vi.waitFor(() => expect(changes).toBe(1), { timeout: 2_000 });
      write('suites/notes.txt', 'a suite to be');
      await vi.waitFor(() => expect(changes).toBe(2), { timeout: 2_000 });
      await own.refresh();
      expect([...own.methods.methods.keys()]).toEqual(['mine']);
    } finally {
      unwatch();
    }
  });
});

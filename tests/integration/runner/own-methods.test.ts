import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { NODE, temporaryFolder } from '../../fixtures/fake-workbench.ts';

/** In a process of its own: the user's files are loaded by Node itself, not by the test's module runner. */
function load(own: string): { methods: Record<string, string>; troubles: { file: string; message: string }[] } {
  const registry = pathToFileURL(join(import.meta.dirname, '../../../src-main/methods/registry.ts')).href;
  const script = `const { loadMethods } = await import(${JSON.stringify(registry)});
    const { methods, troubles } = await loadMethods({ given: [], own: ${JSON.stringify(own)} });
    console.log(JSON.stringify({ methods: Object.fromEntries([...methods].map(([id, { origin }]) => [id, origin])), troubles }));`;
  const { stdout, stderr, status } = spawnSync(NODE, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  return z
    .object({
      methods: z.record(z.string(), z.string()),
      troubles: z.array(z.object({ file: z.string(), message: z.string() })),
    })
    .parse(JSON.parse(stdout));
}

it('a method of one’s own needs one file and no build; broken ones are told, and harm nothing', () => {
  const folder = temporaryFolder();
  const own = join(folder.path, 'methods');
  mkdirSync(own);
  const method = (id: string): string => `import { defineContinualMethod, z } from 'touchstone';
    export default defineContinualMethod({ id: '${id}', version: 1, title: 'Mine', summary: 'As plain as can be.', paper: null,
      fields: { strength: z.number().min(0).max(1).default(0.5).describe('how much') }, create: () => ({}) });`;
  writeFileSync(join(own, 'mine.ts'), method('mine'));
  writeFileSync(
    join(own, 'plain-zod.ts'),
    method('plain-zod').replace(
      "import { defineContinualMethod, z } from 'touchstone'",
      "import { defineContinualMethod } from 'touchstone'; import { z } from 'zod'",
    ),
  );
  writeFileSync(join(own, '_helper.ts'), 'export const nothing = 1;');
  writeFileSync(join(own, 'notes.txt'), 'not a method');
  writeFileSync(join(own, 'syntax.ts'), 'export default {');
  writeFileSync(join(own, 'empty.ts'), 'export const x = 1;');
  writeFileSync(join(own, 'twice.ts'), method('mine'));
  writeFileSync(join(own, 'no-default.ts'), method('no-default').replace('.default(0.5)', ''));
  const { methods, troubles } = load(own);
  expect(methods).toEqual({ mine: 'user', 'plain-zod': 'user' });
  expect(troubles.map(({ file }) => file.slice(own.length + 1))).toEqual([
    'empty.ts',
    'no-default.ts',
    'syntax.ts',
    'twice.ts',
  ]);
  const said = Object.fromEntries(troubles.map(({ file, message }) => [file.slice(own.length + 1), message]));
  expect(said['empty.ts']).toContain('no default export');
  expect(said['no-default.ts']).toContain('every hyper-parameter needs a default: strength');
  expect(said['twice.ts']).toContain('the id "mine" is taken');
  folder.remove();
});

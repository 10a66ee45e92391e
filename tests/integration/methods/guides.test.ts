import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { NODE, temporaryFolder } from '../../fixtures/fake-workbench.ts';
import { f32, writeTensors } from '../../unit/checkpoints/files.ts';

const ROOT = join(import.meta.dirname, '../../..');
const folder = temporaryFolder();
afterAll(() => folder.remove());

/** The TypeScript examples of a guide, each with the path that its first line names. */
function examples(guide: string): { path: string; code: string }[] {
  return [...readFileSync(join(ROOT, 'docs', guide), 'utf8').matchAll(/```ts\n\/\/ (\S+)[^\n]*\n([\s\S]*?)```/g)].map(
    ([, path, code]) => ({ path, code }),
  );
}

/** Puts an example into the temporary folder under its own path, its imports leading to the real files. */
function place({ path, code }: { path: string; code: string }): void {
  const target = join(folder.path, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(
    target,
    path.startsWith('src-main/')
      ? code.replace(
          /from '([^']+)'/g,
          (_, name: string) =>
            'from ' +
            `'${name.startsWith('.') ? pathToFileURL(join(ROOT, posix.join(posix.dirname(path), name))).href : import.meta.resolve(name)}'`,
        )
      : code,
  );
}

/**
 * Loads what was placed and runs each method on a quick suite of its family, and `naive` on each suite, in a process of
 * its own.
 */
function tryOut(): { methods: Record<string, string>; suites: Record<string, string>; troubles: unknown[] } {
  const at = (file: string): string => JSON.stringify(pathToFileURL(join(ROOT, 'src-main', file)).href);
  const script = `
    const [{ loadMethods }, { loadSuites }, { runTrial }, { openEngine }, { buildNetwork }, { stream }, { openDatasetStore }, { OwnFiles }, { OwnRunnables }] = await Promise.all([
      import(${at('methods/registry.ts')}), import(${at('suites/registry.ts')}), import(${at('trial/run-trial.ts')}), import(${at('engine/engine.ts')}),
      import(${at('engine/networks/networks.ts')}), import(${at('engine/random/streams.ts')}), import(${at('datasets/store.ts')}),
      import(${at('own/files.ts')}), import(${at('own/run.ts')})]);
    const folder = ${JSON.stringify(folder.path)};
    const placed = await loadMethods({ builtIn: folder + '/src-main/methods' }), placedSuites = await loadSuites({ builtIn: folder + '/src-main/suites' });
    const own = new OwnFiles({ dataFolder: folder, methods: placed, suites: placedSuites });
    await own.refresh();
    const run = new OwnRunnables();
    const methods = [...placed.methods.values()].map(({ method }) => method), suites = [...placedSuites.suites.values()];
    for (const { kind, file, ids } of own.files) for (const id of ids) await (kind === 'method' ? run.method(file, id).then((m) => methods.push(m)) : run.suite(file, id).then((s) => suites.push(s)));
    const troubles = [...own.methods.troubles, ...own.suites.troubles];
    const known = await loadSuites(), { get } = await loadMethods();
    const engine = await openEngine('tensorflow-cpu');
    const data = openDatasetStore({ dataFolder: folder });
    const QUICK = { continual: 'split-optdigits-quick/class-il', training: 'iid-tabular-quick/wdbc', merging: 'independent-mlp-quick/optdigits', ensembling: 'iid-mlp-quick/optdigits', theory: 'grokking/mod-97-quick' };
    const tryIt = async (method, suite) => {
      const fits = method.fits(suite.facts);
      if (fits !== true) return fits;
      const { params, state } = buildNetwork(suite.network).init(stream(1, 'init'));
      let yields = 0;
      const end = await runTrial({ id: 'guide', suite, method, hyperParameters: method.schema.parse({}), seed: 1, fold: null }, {
        engine, buildNetwork, stream, dataset: (id) => data.open(id), artefact: async () => ({ kind: 'model', spec: suite.network, arrays: { ...params, ...state }, note: '' }),
        wish: () => (['continual', 'training', 'theory'].includes(suite.facts.family) && ++yields > 2 ? 'cancel' : 'go') });
      return end.state;
    };
    const tried = { methods: {}, suites: {}, troubles };
    const START = known.get('shared-start-digits-generated-quick');
    const quick = (method) => [known.get(QUICK[method.family]), START].find(({ facts }) => method.fits(facts) === true) ?? START;
    for (const method of methods) tried.methods[method.id] = await tryIt(method, quick(method));
    for (const suite of suites) tried.suites[suite.id] = await tryIt(get('naive'), suite);
    engine.dispose();
    console.log('\\n' + JSON.stringify(tried));`;
  const { stdout, stderr, status } = spawnSync(NODE, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  const state = z.record(z.string(), z.string());
  return z
    .object({ methods: state, suites: state, troubles: z.array(z.unknown()) })
    .parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
}

describe('the examples of the guides', () => {
  it('are found, fit and run', () => {
    const shown = [...examples('add-a-method.md'), ...examples('add-a-suite.md')];
    expect(shown.length).toBe(10);
    shown.forEach(place);
    expect(tryOut()).toEqual({
      // cancelled by the test, after some steps
      methods: {
        'early-layers-slow': 'cancelled',
        'confidence-penalty': 'cancelled',
        'layer-normalised': 'cancelled',
        'weighted-average': 'done',
        'entrywise-median': 'done',
        'logit-mean': 'done',
        'my-method': 'cancelled',
        'weight-norm': 'cancelled',
      },
      suites: {
        'split-car/class-il': 'cancelled',
        'split-car-quick/class-il': 'cancelled',
        'my-car/class-il': 'cancelled',
      },
      troubles: [],
    });
  }, 180_000);

  it('hold a merge that has a form and merges files', () => {
    examples('add-a-method.md').forEach(place);
    const command = (...words: string[]): string => {
      const env = { ...process.env, TOUCHSTONE_DATA: folder.path };
      const { stdout, stderr, status } = spawnSync(NODE, [join(ROOT, 'src-main/cli/main.ts'), ...words], {
        encoding: 'utf8',
        env,
      });
      expect(status, stderr).toBe(0);
      return stdout;
    };
    expect(command('methods', 'entrywise-median')).toContain('lambda');
    const file = (name: string, values: readonly number[]): string =>
      writeTensors(join(folder.path, name), { w: f32([values.length], values) });
    const base = file('base.safetensors', [1, 1, 1]);
    const models = [
      [2, 1, 0],
      [3, 1, 9],
      [100, 2, 5],
    ].map((values, index) => file(`${index}.safetensors`, values));
    const output = join(folder.path, 'merged.safetensors');
    command('merge', '--method', 'entrywise-median', '--base', base, ...models, '--set', 'lambda=2', '-o', output);
    const merged = Uint8Array.from(readFileSync(output));
    expect([...new Float32Array(merged.slice(-12).buffer)]).toEqual([5, 1, 9]);
  }, 120_000);
});

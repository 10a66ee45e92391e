import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatasetStore } from '../../../src-main/datasets/store.ts';
import type { Dataset } from '../../../src-main/datasets/types.ts';
import { openEngine } from '../../../src-main/engine/engine.ts';
import { buildNetwork } from '../../../src-main/engine/networks/networks.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';
import type { Engine } from '../../../src-main/engine/types.ts';
import { loadSuites } from '../../../src-main/suites/registry.ts';
import { chosenData } from '../../../src-main/suites/shared/chosen-rows.ts';

const registry = await loadSuites();
const SMALL = ['optdigits', 'wdbc', 'car', 'digits-generated'];
const folder = mkdtempSync(join(tmpdir(), 'touchstone-development-'));
let engine: Engine;
beforeAll(async () => {
  engine = await openEngine('tensorflow-cpu');
}, 60_000);
afterAll(() => {
  engine.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const quick = [...registry.suites.values()].filter(
  ({ quick, facts, datasets }) => quick && facts.kind !== 'probe' && datasets.every((id) => SMALL.includes(id)),
);

describe('the development variant', () => {
  const store = openDatasetStore({ dataFolder: folder });
  const opened = new Map<string, Promise<Dataset>>();

  it('opens for every kind of suite without any published test row', async () => {
    expect(new Set(quick.map(({ facts }) => facts.kind))).toEqual(new Set(['rows', 'stream', 'experts']));
    for (const { id } of quick) {
      const suite = registry.get(`${id}#dev`);
      const fold = suite.facts.folds === 1 ? null : 3;
      const rows: number[] = [];
      const dataset = async (name: string): Promise<Dataset> => {
        // Folds are dealt out of all rows; else not even the file is read.
        const part = fold === null ? 'train' : 'all';
        const key = `${name} ${part}`;
        const whole = await (opened.get(key) ?? opened.set(key, store.open(name, part)).get(key));
        if (whole === undefined) throw new Error(`${name} was not opened`);
        const chosen = chosenData(whole, suite, fold);
        rows.push(chosen.test.rows / (chosen.train.rows + chosen.test.rows));
        return chosen;
      };
      await suite.open({
        engine,
        network: buildNetwork(suite.network),
        seed: 0,
        fold,
        variant: 'dev',
        stream: (name) => stream(0, name),
        dataset,
      });
      // Experts were trained on all training rows: their validation rows are judged.
      const share = suite.facts.kind === 'experts' ? 0 : 0.1;
      for (const held of rows) expect(held, suite.id).toBeCloseTo(share, 1);
    }
  }, 120_000);
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openDatasetStore } from '../../../src-main/datasets/store.ts';
import { openEngine } from '../../../src-main/engine/engine.ts';
import { hasLightgbm, LIGHTGBM } from '../../../src-main/engine/native/lightgbm.ts';
import type { Engine } from '../../../src-main/engine/types.ts';
import { buildNetwork } from '../../../src-main/engine/networks/networks.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';
import { resolveHyperParameters } from '../../../src-main/methods/hyper-parameters.ts';
import { loadMethods } from '../../../src-main/methods/registry.ts';
import { loadSuites } from '../../../src-main/suites/registry.ts';
import { TableSuites } from '../../../src-main/suites/table-suites.ts';
import { runTrial } from '../../../src-main/trial/run-trial.ts';
import { openWorkbench } from '../../../src-main/workbench/open.ts';
import type { OpenedWorkbench } from '../../../src-main/workbench/open.ts';
import { ended, temporaryFolder } from '../../fixtures/fake-workbench.ts';
import { pausing } from '../run-trials.ts';

/** A learner outside of the engine: LightGBM on tables with categories, gaps and numbers, from a study to its board. */

const data = temporaryFolder();
let shell: OpenedWorkbench | null = null;
afterEach(async () => {
  await shell?.close({ graceful: false });
  shell = null;
  data.remove();
});

describe.skipIf(!hasLightgbm())('a study with LightGBM', () => {
  it('stands beside networks on one board, computed by its library and not by the backend', async () => {
    shell = await openWorkbench({ dataFolder: join(data.path, 'data') });
    const { client } = shell;
    const study = await client.call('study.create', {
      name: 'Tables',
      suites: ['rows/mushroom', 'rows/auto-mpg'],
      methods: [{ method: 'lightgbm' }, { method: 'adam' }],
      seeds: [0],
      references: false,
    });
    expect((await ended(client, study.id)).state).toBe('done');
    const board = await client.call('leaderboard.get', { study: study.id });
    expect(board.warnings.filter((warning) => /backend/.test(warning))).toEqual([]);
    const lightgbm = board.rows.find(({ key }) => key.startsWith('lightgbm'));
    const [acc, rmse] = [
      lightgbm?.cells.find(({ metric, suite }) => metric === 'acc.test' && suite === 'rows/mushroom'),
      lightgbm?.cells.find(({ metric, suite }) => metric === 'rmse.test' && suite === 'rows/auto-mpg'),
    ];
    expect(acc?.estimate?.mean).toBeGreaterThan(0.999);
    expect(rmse?.estimate?.mean).toBeLessThan(4);
    const [trial] = rmse?.estimate?.values ?? [];
    const detail = await client.call('trial.get', { id: trial?.trial ?? '' });
    expect(detail.spec.backend).toBe('native');
    expect(detail.environment).toMatchObject({ backend: 'native', numerics: LIGHTGBM.numerics });
    expect(detail.numbers?.points.length).toBe(119);
  }, 120_000);
});

describe.skipIf(!hasLightgbm())('a trial of LightGBM', () => {
  let engine: Engine;
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-native-'));
  beforeAll(async () => {
    engine = await openEngine('wasm');
  });
  afterAll(() => {
    engine.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it('says what a pause loses, starts again, and ends the same', async () => {
    const datasets = openDatasetStore({ dataFolder: folder });
    const suites = new TableSuites(await loadSuites(), () => datasets.list());
    await suites.refresh();
    const method = (await loadMethods()).get('lightgbm');
    const run = async (more: Partial<Parameters<typeof runTrial>[1]> = {}) => {
      const log: string[] = [];
      const end = await runTrial(
        {
          id: 'native',
          suite: suites.registry.get('rows/german-credit'),
          method,
          hyperParameters: resolveHyperParameters(method, { rowShare: 0.7, iterations: 30 }),
          seed: 5,
          fold: null,
        },
        {
          engine,
          buildNetwork,
          stream,
          dataset: (id) => datasets.open(id),
          report: (report) => void (report.kind === 'log' && log.push(report.message)),
          ...more,
        },
      );
      return { end, log };
    };
    const whole = await run();
    const paused = pausing((yields) => yields === 12);
    const first = await run(paused);
    expect(first.end.state).toBe('paused');
    expect(first.log.join()).toContain('12 of 30 iterations are lost, and the trial starts again');
    const second = await run(paused);
    if (whole.end.state !== 'done' || second.end.state !== 'done') throw new Error('it is not done');
    expect(second.end.result.primitives.probabilities).toEqual(whole.end.result.primitives.probabilities);
    expect(second.end.result.cost).toMatchObject({ examples: whole.end.result.cost.examples, parameters: null });
  }, 60_000);
});

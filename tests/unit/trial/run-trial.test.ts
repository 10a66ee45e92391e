import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adoptCheckpoints, fileCheckpoints } from '../../../src-main/trial/checkpoint.ts';
import type { Checkpoint, CheckpointStore } from '../../../src-main/trial/checkpoint.ts';
import { runTrial } from '../../../src-main/trial/run-trial.ts';
import type { TrialDependencies, TrialJob, TrialReport, TrialResult, Wish } from '../../../src-main/trial/trial.ts';
import { withoutClock } from '../../fixtures/curves.ts';
import { fakeDataset, fakeEngine, fakeMethod, fakeNetwork, fakeStream, fakeSuite } from '../../fixtures/fake-runner.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-trial-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const job: TrialJob = {
  id: 'a'.repeat(64),
  suite: fakeSuite(),
  method: fakeMethod(),
  hyperParameters: { steps: 57, size: 1.5 },
  seed: 4,
  fold: null,
};

function dependencies(more: Partial<TrialDependencies> = {}): TrialDependencies {
  return {
    engine: fakeEngine(),
    buildNetwork: () => fakeNetwork,
    stream: fakeStream,
    dataset: async () => fakeDataset,
    ...more,
  };
}

async function finished(run: ReturnType<typeof runTrial>): Promise<TrialResult> {
  const end = await run;
  if (end.state !== 'done') throw new Error(`the trial ended as ${end.state}`);
  return end.result;
}

const comparable = ({ primitives, artefacts, cost, notes }: TrialResult): unknown => ({
  primitives: { ...primitives, curves: withoutClock(primitives.curves) },
  artefacts,
  notes,
  cost: { ...cost, seconds: 0, peakMemoryBytes: 0 },
});

describe('a trial', () => {
  it('gives the same result twice, and another for another seed', async () => {
    const first = await finished(runTrial(job, dependencies()));
    expect(comparable(await finished(runTrial(job, dependencies())))).toEqual(comparable(first));
    expect(comparable(await finished(runTrial({ ...job, seed: 5 }, dependencies())))).not.toEqual(comparable(first));
  });

  it('meters what the method spends and not what the suite measures', async () => {
    const { cost } = await finished(runTrial(job, dependencies({ workers: 2 })));
    expect(cost).toMatchObject({
      steps: 57,
      flops: 114,
      examples: 171,
      forwardPasses: 57,
      backwardPasses: 57,
      bytesStored: 24,
      parameters: 6,
      workers: 2,
    });
  });

  it('releases everything it made, also when the method throws', async () => {
    const engine = fakeEngine();
    await runTrial(job, dependencies({ engine }));
    expect(engine.liveVariables()).toBe(0);
    const failing = {
      ...job,
      method: fakeMethod({
        onStep: (step) => {
          if (step === 7) throw new RangeError('broken at 7');
        },
      }),
    };
    await expect(runTrial(failing, dependencies({ engine }))).rejects.toThrow('broken at 7');
    expect(engine.liveVariables()).toBe(0);
  });

  it('tells progress with rate and time left, and the metrics of evaluations', async () => {
    const reports: TrialReport[] = [];
    let clock = 0;
    await runTrial(
      job,
      dependencies({
        report: (report) => reports.push(report),
        now: () => clock,
        breathe: async () => undefined,
        wish: () => {
          clock += 100;
          return 'go';
        },
      }),
    );
    const progress = reports.filter((report) => report.kind === 'progress');
    expect(progress.length).toBeLessThan(30);
    expect(progress[5]).toMatchObject({ total: 57, rate: 10 });
    expect(progress[5]?.eta).toBeCloseTo((57 - (progress[5]?.done ?? 0)) / 10, 6);
    expect(reports.filter((report) => report.kind === 'curve-point' && report.name === 'accuracy.live')).toHaveLength(
      5,
    );
  });

  it('tells what a next trial is spared, and does not take it for the pace of its steps', async () => {
    const reports: TrialReport[] = [];
    let clock = 0,
      preparation = 0,
      yields = 0;
    const engine = {
      ...fakeEngine(),
      get meter() {
        return { steps: 0, calls: 0, flops: 0, preparation };
      },
    };
    const result = await finished(
      runTrial(
        job,
        dependencies({
          engine,
          report: (report) => reports.push(report),
          now: () => clock,
          breathe: async () => undefined,
          dataset: async () => {
            clock += 2000;
            return fakeDataset;
          },
          // at a step's usual 100 ms, but for one that waits 5 s for its graph
          wish: () => {
            const seconds = (yields += 1) === 20 ? 5 : 0;
            clock += 100 + 1000 * seconds;
            preparation += seconds;
            return 'go';
          },
        }),
      ),
    );
    expect(result.preparation).toBeCloseTo(7, 6);
    const rates = reports.flatMap((report) =>
      report.kind === 'progress' && report.rate !== null ? [report.rate] : [],
    );
    expect(rates.length).toBeGreaterThan(5);
    // the last is told a yield later
    for (const rate of rates.slice(0, -1)) expect(rate).toBeCloseTo(10, 6);
  });

  it('is cancelled at the next yield', async () => {
    expect(await runTrial(job, dependencies({ wish: () => 'cancel' }))).toEqual({ state: 'cancelled' });
  });
});

describe('pause and resume', () => {
  /** Pauses after every `n` yields until the trial is done. */
  async function inPieces(n: number, store: CheckpointStore): Promise<{ result: TrialResult; pieces: number }> {
    for (let pieces = 1; ; pieces += 1) {
      let yields = 0;
      const wish = (): Wish => {
        yields += 1;
        return yields % n === 0 ? 'pause' : 'go';
      };
      const end = await runTrial(job, dependencies({ checkpoints: store, wish }));
      if (end.state === 'done') return { result: end.result, pieces };
    }
  }

  it.each([1, 3, 10, 29])('gives the bits of an uninterrupted run when paused every %i yields', async (n) => {
    const whole = await finished(runTrial(job, dependencies()));
    const { result, pieces } = await inPieces(n, fileCheckpoints(join(folder, 'trial.checkpoint')));
    expect(pieces).toBeGreaterThan(1);
    expect(comparable(result)).toEqual(comparable(whole));
  });

  it('gives every measured point once, and the bits of each, wherever it is paused', async () => {
    const measuring = { ...job, method: fakeMethod({ measuresEvery: 2 }) };
    const told: TrialReport[] = [];
    const whole = await finished(runTrial(measuring, dependencies({ report: (report) => told.push(report) })));
    expect(told.filter((report) => report.kind === 'curve-point' && report.name === 'walk.y')).toHaveLength(28);
    const points = whole.primitives.curves.find(({ name }) => name === 'walk.y')?.points ?? [];
    expect(points.map(([x]) => x)).toEqual(Array.from({ length: 28 }, (_, i) => 2 * (i + 1)));
    const checkpoints = fileCheckpoints(join(folder, 'trial.checkpoint'));
    for (let end = null; end?.state !== 'done';) {
      let yields = 0;
      const wish = (): Wish => ((yields += 1) === 5 ? 'pause' : 'go');
      end = await runTrial(measuring, dependencies({ checkpoints, wish }));
      if (end.state === 'done') expect(comparable(end.result)).toEqual(comparable(whole));
    }
  });

  it('sets a checkpoint of an earlier program aside, says so, and starts again', async () => {
    const path = join(folder, 'trial.checkpoint');
    const pause = (): Wish => 'pause';
    await runTrial(job, dependencies({ checkpoints: fileCheckpoints(path), wish: pause }));
    const bytes = readFileSync(path);
    bytes.write('TSCKPT02');
    writeFileSync(path, bytes);
    const messages: string[] = [];
    const report = (report: TrialReport): void => {
      if (report.kind === 'log') messages.push(report.message);
    };
    const result = await finished(runTrial(job, dependencies({ checkpoints: fileCheckpoints(path), report })));
    expect(comparable(result)).toEqual(comparable(await finished(runTrial(job, dependencies()))));
    expect(messages[0]).toContain('not a checkpoint of this version');
  });

  it('goes on from the checkpoint before when the newest is damaged, and from the start when both are', async () => {
    const path = join(folder, 'trial.checkpoint');
    const whole = await finished(runTrial(job, dependencies()));
    for (const damaged of [[path], [path, `${path}.previous`]]) {
      let yields = 0;
      await runTrial(
        job,
        dependencies({
          checkpoints: fileCheckpoints(path),
          checkpointEvery: 0,
          wish: () => {
            yields += 1;
            return yields === 20 ? 'pause' : 'go';
          },
        }),
      );
      for (const file of damaged) {
        const bytes = readFileSync(file);
        bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
        writeFileSync(file, bytes);
      }
      const steps: number[] = [];
      const messages: string[] = [];
      const watched = {
        ...job,
        method: fakeMethod({
          onStep: (step) => {
            steps.push(step);
          },
        }),
      };
      const result = await finished(
        runTrial(
          watched,
          dependencies({
            checkpoints: fileCheckpoints(path),
            report: (report) => {
              if (report.kind === 'log') messages.push(report.message);
            },
          }),
        ),
      );
      expect(comparable(result)).toEqual(comparable(whole));
      expect(steps[0]).toBe(damaged.length === 1 ? 19 : 0);
      expect(messages[0]).toContain('damaged');
    }
  });

  it('goes on when the disk is full, says so, and keeps the checkpoint before', async () => {
    const path = join(folder, 'trial.checkpoint');
    let yields = 0;
    await runTrial(
      job,
      dependencies({
        checkpoints: fileCheckpoints(path),
        wish: () => {
          yields += 1;
          return yields === 12 ? 'pause' : 'go';
        },
      }),
    );
    const before = readFileSync(path);
    const full = fileCheckpoints(path, () => {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    });
    const messages: string[] = [];
    yields = 0;
    const end = await runTrial(
      job,
      dependencies({
        checkpoints: full,
        checkpointEvery: 0,
        report: (report) => {
          if (report.kind === 'log') messages.push(report.message);
        },
        wish: () => {
          yields += 1;
          return yields === 5 ? 'pause' : 'go';
        },
      }),
    );
    expect(end.state).toBe('paused');
    expect(messages.some((message) => message.includes('the disk is full'))).toBe(true);
    expect(readFileSync(path).equals(before)).toBe(true);
    const result = await finished(runTrial(job, dependencies({ checkpoints: fileCheckpoints(path) })));
    expect(comparable(result)).toEqual(comparable(await finished(runTrial(job, dependencies()))));
  });

  it('keeps numbers that JSON loses', () => {
    const store = fileCheckpoints(join(folder, 'numbers.checkpoint'));
    const checkpoint: Checkpoint = {
      trial: 't',
      cursor: { loss: Number.NaN, low: -0, list: [Number.POSITIVE_INFINITY, null, 'NaN'] },
      suite: [Number.NEGATIVE_INFINITY],
      elapsed: 1,
      place: { done: 12, total: 30.5, task: 1 },
      curves: [{ name: 'loss', per: 2, points: [[12, 0.1 + 0.2, 1, 120, 0.4, 1.5]] }],
      measures: [{ curve: 'nc1', axis: 'epoch', points: [[3, 0.1 + 0.2]] }],
      meter: { steps: 1, calls: 1, flops: 1, examples: 1, forwardPasses: 1, backwardPasses: 1, bytesStored: 1 },
      models: [],
      arrays: [
        { place: 'host', name: 'a', dtype: 'float32', shape: [2], data: new Float32Array([Number.NaN, -0]) },
        { place: 'variable', name: 'b', dtype: 'int32', shape: [1], data: new Int32Array([-7]) },
      ],
    };
    store.save(checkpoint);
    expect(store.load('t', () => undefined)).toEqual(checkpoint);
  });

  it('refuses a checkpoint of another trial', () => {
    const store = fileCheckpoints(join(folder, 'other.checkpoint'));
    store.save({
      trial: 'other',
      cursor: null,
      suite: null,
      elapsed: 0,
      place: { done: 0, total: 0, task: null },
      curves: [],
      measures: [],
      meter: { steps: 0, calls: 0, flops: 0, examples: 0, forwardPasses: 0, backwardPasses: 0, bytesStored: 0 },
      models: [],
      arrays: [],
    });
    const complaints: string[] = [];
    expect(store.load('mine', (message) => complaints.push(message))).toBeNull();
    expect(complaints[0]).toContain('belongs to trial other');
    // It is nobody's: thrown away.
    expect(store.load('other', () => undefined)).toBeNull();
  });

  it('of before its trial had this id follows it', () => {
    const [former, now] = ['former', 'now'].map((trial) => ({ trial, path: join(folder, `${trial}.checkpoint`) }));
    if (former === undefined || now === undefined) throw new Error('two places');
    const checkpoint = {
      trial: 'former',
      cursor: { step: 3 },
      suite: null,
      elapsed: 1,
      place: { done: 3, total: 9, task: null },
      curves: [],
      measures: [],
      meter: { steps: 3, calls: 1, flops: 5, examples: 0, forwardPasses: 0, backwardPasses: 0, bytesStored: 0 },
      models: [],
      arrays: [],
    };
    fileCheckpoints(former.path).save(checkpoint);
    adoptCheckpoints(former, now);
    expect(fileCheckpoints(now.path).load('now', () => undefined)).toMatchObject({ cursor: { step: 3 }, elapsed: 1 });
    expect(fileCheckpoints(former.path).load('former', () => undefined)).toBeNull();
  });
});

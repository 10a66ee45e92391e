import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openEngine } from '../../../src-main/engine/engine.ts';
import { programFlops } from '../../../src-main/engine/recording/flops.ts';
import { rewritten } from '../../../src-main/engine/recording/rewrites.ts';
import { programLines } from '../../../src-main/engine/recording/shown-step.ts';
import type { StepLife } from '../../../src-main/engine/recording/step-life.ts';
import { tf } from '../../../src-main/engine/tf.ts';

/** A step from what is recorded to what is run, as `touchstone step` prints it and docs/engine.md explains it. */

const ROOT = join(import.meta.dirname, '../../..');
const GUIDE = readFileSync(join(ROOT, 'docs/engine.md'), 'utf8');

const shownStep = z.object({
  suite: z.string(),
  step: z.string(),
  recorded: z.array(z.string()),
  stages: z.array(z.object({ title: z.string(), lines: z.array(z.string()) })),
});

describe('touchstone step --show er', () => {
  let folder: string;
  let warnings: string;
  let shown: z.infer<typeof shownStep>;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-step-'));
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [join(ROOT, 'src-main/cli/main.ts'), 'step', '--show', 'er', '--json'],
      { encoding: 'utf8', env: { ...process.env, TOUCHSTONE_DATA: folder }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    warnings = stderr;
    shown = shownStep.parse(JSON.parse(stdout));
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const stage = (beginning: string) => {
    const found = shown.stages.find(({ title }) => title.startsWith(beginning));
    if (found === undefined) throw new Error(`no stage ${beginning}`);
    return found;
  };

  it('says nothing of what the libraries do in Node that is deprecated', () => {
    expect(warnings).not.toContain('Deprecation');
  });

  it('names every stage that the guide explains, and the guide every rule', () => {
    expect(shown.step).toBe('continual/train');
    for (const beginning of ['Recorded', 'Rule', 'Emitted', 'Fed and fetched', 'State', 'Cost', 'Answered'])
      expect(stage(beginning).title).not.toBe('');
    const rules = shown.stages.flatMap(({ title }) => /^Rule "(.*)"/.exec(title)?.[1] ?? []);
    expect(rules.length).toBeGreaterThan(5);
    for (const rule of rules) expect(GUIDE).toContain(rule);
    const [excerpt] = /%\d+ = BatchMatMulV2\S*.*$/m.exec(GUIDE) ?? [''];
    expect(stage('Recorded').lines).toContain(excerpt);
  });

  it('shows the memory among what is fed, and the loss as what is answered', () => {
    const { lines } = stage('Fed and fetched');
    for (const input of ['ids', 'replayIds', 'replaySlots', 'offerSlots', 'replayOn'])
      expect(lines.filter((line) => line.startsWith('feed') && line.includes(`in/${input}:0 `))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith('fetch'))).toHaveLength(1);
    expect(Number(/loss (\S+)/.exec(stage('Answered').lines.join())?.[1])).toBeGreaterThan(0);
  });

  it('counts the bytes of the state', () => {
    const { title, lines } = stage('State');
    const bytesOf = (part: string): number =>
      lines
        .filter((line) => line.startsWith(part))
        .reduce((sum, line) => sum + Number(/: (\d+) bytes$/.exec(line)?.[1]), 0);
    const network = 4 * (64 * 100 + 100 + 100 * 10 + 10);
    expect(bytesOf('models/network/')).toBe(network);
    expect(bytesOf('optimiser/')).toBe(2 * network + 2 * 4);
    expect(Number(/^State: (\d+) bytes/.exec(title)?.[1])).toBe(bytesOf(''));
  });
});

describe('a recorded step', () => {
  it('is told with what every rule made of it; the last is what was run', async () => {
    const lives: StepLife[] = [];
    const engine = await openEngine('tensorflow-cpu', {
      threads: 1,
      libraryOnly: true,
      onRecorded: (life) => void lives.push(life()),
    });
    const weights = engine.variable('weights', { shape: [3, 2], dtype: 'float32' }, Float32Array.of(1, 2, 3, 4, 5, 6));
    const step = engine.compileStep({
      name: 'tiny',
      inputs: { x: { shape: [1, 3], dtype: 'float32' } },
      body: ({ x }, scope) => ({
        y: tf.add(tf.reshape(tf.matMul(x, scope.read(weights)), [1, 2]), tf.tensor1d([0.5, 0.25])),
      }),
    });
    const [answer] = await step.run([{ x: Float32Array.of(1, 0, 1) }]);
    await step.run([{ x: Float32Array.of(1, 0, 1) }]);
    expect([...answer.y]).toEqual([6.5, 8.25]);
    // Once recorded, told once.
    expect(lives).toHaveLength(1);
    const [{ recorded, after, flops }] = lives;
    expect(programLines(recorded).some((line) => line.includes('= BatchMatMul'))).toBe(true);
    const last = after[after.length - 1].program;
    expect(programLines(last)).toEqual(programLines(rewritten(recorded)));
    expect(programLines(last).map((line) => line.replace(/%\d+/g, '%'))).toEqual([
      'input x float32[1, 3]',
      '% = ReadVariableOp(weights) float32[3, 2]',
      '% = MatMul(x, %) float32[1, 2]',
      '% = BiasAdd(%, const float32[2]) float32[1, 2]',
      'output y = %',
    ]);
    expect(flops).toBe(programFlops(last));
    expect(flops).toBe(2 * 3 * 2 + 2);
    engine.dispose();
  }, 60_000);
});

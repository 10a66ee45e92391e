import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { CheckpointError } from '../../../src-main/checkpoints/error.ts';
import { runMerge } from '../../../src-main/merge/job.ts';
import { outlineOf } from '../../../src-main/merge/outline.ts';
import { planMerge } from '../../../src-main/merge/plan.ts';
import type { MergePlan } from '../../../src-main/merge/planned.ts';
import { mergeRequest } from '../../../src-main/merge/request.ts';
import { temporaryFolder } from '../../fixtures/fake-workbench.ts';
import { f32, writeTensors } from '../checkpoints/files.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const at = (name: string): string => join(folder.path, name);
const write = (name: string, metadata: Readonly<Record<string, string>> = {}): string =>
  writeTensors(at(name), { w: f32([2, 2], [1, 2, 3, 4]), v: f32([2], [5, 6]) }, metadata);

type Request = z.input<typeof mergeRequest>;

async function planned<T>(request: Request, use: (plan: MergePlan) => T | Promise<T>): Promise<T> {
  const plan = await planMerge(mergeRequest.parse(request), null);
  try {
    return await use(plan);
  } finally {
    plan.close();
  }
}

async function refusal(request: Request): Promise<string> {
  const error: unknown = await planned(request, () => null).catch((thrown: unknown) => thrown);
  if (error instanceof CheckpointError) return error.message.replaceAll(`${folder.path}/`, '');
  throw error ?? new Error('it was planned');
}

const [a, b] = [write('a.safetensors'), write('b.safetensors')];
const average = { method: 'weight-average', models: [a, b] };

describe('the files of a result', () => {
  it('are told by the check as they are written, in one piece or in several', async () => {
    const output = at('few.safetensors');
    const request = { steps: [average], output, force: true };
    for (const [shardBytes, names] of [
      [1e9, ['few.safetensors']],
      [1e9, ['few.safetensors']],
    ] as const) {
      const [told, written] = await planned({ ...request, shardBytes }, async (plan) => [
        outlineOf(plan).files,
        (await runMerge(plan, { version: '1' })).files,
      ]);
      expect(told).toEqual(names.map(at));
      expect(written).toEqual(told);
    }
    expect(await refusal({ ...request, shardBytes: 8 })).toContain('few.safetensors is there, and programs would read');
    const several = ['cut-00001-of-00002.safetensors', 'cut-00002-of-00002.safetensors'].map(at);
    const cut = { steps: [average], output: at('cut.safetensors'), shardBytes: 16 };
    expect((await planned(cut, outlineOf)).files).toEqual([...several, at('cut.safetensors.index.json')]);
    writeFileSync(several[1], '');
    expect(await refusal(cut)).toContain('cut-00002-of-00002.safetensors is there already');
    writeFileSync(at('one.safetensors.index.json'), '{}');
    expect(await refusal({ steps: [average], output: at('one.safetensors'), shardBytes: 1e9, force: true })).toContain(
      'one.safetensors.index.json is there, and programs would read',
    );
  });

  it('have names of their own where a method makes one a model', async () => {
    for (const name of ['x', 'y']) mkdirSync(at(name));
    const models = [write('x/m.safetensors'), write('y/m.safetensors'), write('m-2.safetensors')];
    const step = { method: 'emr-merging', base: a, models };
    const { files } = await planned({ steps: [step], output: at('out.safetensors') }, outlineOf);
    expect(files).toEqual(['m', 'm-2', 'm-2-2'].map((name) => at(`out.${name}.safetensors`)));
  });

  it('take with them what a merge left behind that was killed, also between its steps', async () => {
    const [gone, other, living] = [
      at('.late.step-1.safetensors.4194305-0badcafe.tmp'),
      at('.other.safetensors.4194305-0badcafe.tmp'),
      at(`.late.safetensors.${process.pid}-0badcafe.tmp`),
    ];
    for (const file of [gone, other, living]) writeFileSync(file, '');
    await planned({ steps: [average], output: at('late.safetensors') }, (plan) => runMerge(plan, { version: '1' }));
    expect([gone, other, living].map((file) => existsSync(file))).toEqual([false, true, true]);
  });
});

describe('a step that uses an earlier one', () => {
  const steps = (first: string, second: string) => [
    { ...average, models: [write('io.safetensors', { 'touchstone.layout': 'in-out' }), b], name: first },
    { method: 'weight-average', models: [second, b] },
  ];
  const output = at('steps.safetensors');

  it('goes on with the layout of the files that the earlier one read', async () => {
    const axes = await planned({ steps: steps('mean', 'mean'), output }, (plan) =>
      plan.steps.map(({ outputAxis }) => outputAxis),
    );
    expect(axes).toEqual(['last', 'last']);
  });

  it('is told where it names none', async () => {
    expect(await refusal({ steps: steps('mean', 'maen'), output })).toBe(
      'maen is not there, and no step before has this name. Did you mean "mean"?',
    );
    const [first, second] = steps('mean', 'mean');
    expect(await refusal({ steps: [{ ...second, name: 'late' }, first], output })).toBe(
      'Step 1 uses "mean", which step 2 makes.',
    );
    expect(await refusal({ steps: [{ ...average, models: ['self', b], name: 'self' }], output })).toBe(
      'Step 1 uses "self", which is that step itself.',
    );
  });
});

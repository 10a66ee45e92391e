import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openEngine } from '../../../../src-main/engine/engine.ts';
import type { Engine, Variable } from '../../../../src-main/engine/types.ts';
import { adaptationStep } from '../../../../src-main/methods/merging/shared/adapted-coefficients.ts';
import { residentVectors } from '../../../../src-main/methods/merging/shared/merged-weights.ts';
import { expectClose, flat, knownMerge, matrixSchema, numbersSchema } from '../../../fixtures/merging/merges.ts';
import {
  ALL_ROWS,
  NAMES,
  base,
  heads,
  models,
  network,
  sourceOn,
  tasksOn,
} from '../../../fixtures/merging/two-tasks.ts';

let engine: Engine;
afterEach(() => engine.dispose());

/** Steps from these coefficients: the losses, and the coefficients after the last. */
async function adapted(
  start: readonly number[],
  rows: number,
  steps: number,
): Promise<{ losses: number[]; after: Float32Array }> {
  engine = await openEngine('tensorflow-cpu');
  const lambda: Variable = engine.variable('lambda', { shape: [rows, 2], dtype: 'float32' }, Float32Array.from(start));
  const step = adaptationStep(
    engine,
    sourceOn(engine),
    network,
    residentVectors(engine, network, base, models, heads),
    lambda,
    tasksOn(engine),
    { rate: 0.001, batches: 1 },
  );
  const outputs = await step.run(Array.from({ length: steps }, () => ({ rows0: ALL_ROWS, rows1: ALL_ROWS })));
  return { losses: outputs.map(({ loss }) => loss[0]), after: Float32Array.from(await engine.read(lambda)) };
}

const steps = z.array(z.object({ loss: z.number() })).transform((all) => all.map(({ loss }) => loss));

describe('AdaMerging', () => {
  it.each([
    ['task_wise', [0.3, 0.3], 1],
    ['layer_wise (one row per tensor W1,b1,W2,b2; one column per task)', new Array<number>(8).fill(0.3), 4],
    ['task_wise from lambda=(-.2,1.3): gradients are zero outside the clamp', [-0.2, 1.3], 1],
  ])('three steps of Adam on the entropy move the coefficients as known: %s', async (name, start, rows) => {
    const losses = knownMerge(steps, 'adamerging', name, 'steps');
    const after = knownMerge(z.union([matrixSchema, numbersSchema]), 'adamerging', name, 'after');
    const found = await adapted(start, rows, losses.length);
    expectClose(found.losses, losses);
    expectClose(found.after, flat(after));
  });

  it('merges the trunk and leaves heads alone', async () => {
    engine = await openEngine('tensorflow-cpu');
    const { merged, fixed } = residentVectors(engine, network, base, models, heads);
    expect(merged.map(({ name }) => name)).toEqual(Object.values(NAMES));
    expect(fixed.map(({ name }) => name)).toEqual(Object.keys(heads));
  });
});

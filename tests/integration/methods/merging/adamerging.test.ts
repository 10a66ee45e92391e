import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openEngine } from '../../../../src-main/engine/engine.ts';
import { buildNetwork } from '../../../../src-main/engine/networks/networks.ts';
import type { Engine, NamedArrays, Variable } from '../../../../src-main/engine/types.ts';
import { adaptationStep } from '../../../../src-main/methods/merging/adamerging.ts';
import { residentVectors } from '../../../../src-main/methods/merging/shared/merged-weights.ts';
import {
  expectClose,
  flat,
  knownMerge,
  matrixSchema,
  netSchema,
  numbersSchema,
  tensorsOf,
} from '../../../fixtures/merging/merges.ts';
import type { KnownNet } from '../../../fixtures/merging/merges.ts';

const network = buildNetwork({
  architecture: { kind: 'by hand' },
  input: [4],
  layers: [
    { kind: 'dense', name: 'dense0', units: 5 },
    { kind: 'relu' },
    { kind: 'dense', name: 'dense1', units: 3 },
    { kind: 'relu' },
  ],
  heads: [
    { name: 'first', outputs: 3 },
    { name: 'second', outputs: 3 },
  ],
  init: 'torch-default',
});

const PART = 'net of two tasks';
const NAMES = { W1: 'dense0/kernel', b1: 'dense0/bias', W2: 'dense1/kernel', b2: 'dense1/bias' };
const trunk = (net: KnownNet): NamedArrays => {
  const tensors = tensorsOf(net);
  return Object.fromEntries(Object.entries(NAMES).map(([known, name]) => [name, tensors[known]]));
};
const heads = knownMerge(z.array(netSchema), PART, 'heads').flatMap((head, task): [string, Float32Array][] => {
  const { W, b } = tensorsOf(head);
  const name = ['first', 'second'][task];
  return [
    [`${name}/kernel`, W],
    [`${name}/bias`, b],
  ];
});
const base = trunk(knownMerge(netSchema, PART, 'theta0'));
const models = knownMerge(z.array(netSchema), PART, 'tau').map((tau): NamedArrays => {
  const change = trunk(tau);
  return {
    ...base,
    ...Object.fromEntries(Object.entries(change).map(([name, by]) => [name, by.map((v, at) => v + base[name][at])])),
  };
});
const x = knownMerge(z.array(matrixSchema), PART, 'x');

let engine: Engine;
afterEach(() => engine.dispose());

/** Steps from these coefficients: the losses, and the coefficients after the last. */
async function adapted(
  start: readonly number[],
  rows: number,
  steps: number,
): Promise<{ losses: number[]; after: Float32Array }> {
  engine = await openEngine('tensorflow-cpu');
  const tasks = x.map((values, task) => ({
    inputs: engine.variable(`x${task}`, { shape: [values.length, 4], dtype: 'float32' }, flat(values)),
    head: ['first', 'second'][task],
  }));
  const lambda: Variable = engine.variable('lambda', { shape: [rows, 2], dtype: 'float32' }, Float32Array.from(start));
  const step = adaptationStep(
    engine,
    { variable: (name, spec, initial) => engine.variable(name, spec, initial()) },
    network,
    residentVectors(engine, network, base, models, Object.fromEntries(heads)),
    lambda,
    tasks,
    { rate: 0.001, batches: 1 },
  );
  const all = Int32Array.from({ length: x[0].length }, (_, row) => row);
  const outputs = await step.run(Array.from({ length: steps }, () => ({ rows0: all, rows1: all })));
  return { losses: outputs.map(({ entropy }) => entropy[0]), after: Float32Array.from(await engine.read(lambda)) };
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
    const { merged, fixed } = residentVectors(engine, network, base, models, Object.fromEntries(heads));
    expect(merged.map(({ name }) => name)).toEqual(Object.values(NAMES));
    expect(fixed.map(({ name }) => name)).toEqual(heads.map(([name]) => name));
  });
});

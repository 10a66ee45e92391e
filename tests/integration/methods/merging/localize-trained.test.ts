import { expect, it } from 'vitest';
import { z } from 'zod';
import { openEngine } from '../../../../src-main/engine/engine.ts';
import { mlp } from '../../../../src-main/engine/networks/architectures/mlp.ts';
import { buildNetwork } from '../../../../src-main/engine/networks/networks.ts';
import { trainedMask } from '../../../../src-main/methods/merging/localize-and-stitch-trained.ts';
import { knownIn, flat, matrixSchema, numbersSchema } from '../../../fixtures/merging/merges.ts';

const known = knownIn('per-task.json');
const matrix = (name: string): Float32Array => flat(known(matrixSchema, 'localize_trained', name));
const vector = (name: string): Float32Array => flat(known(numbersSchema, 'localize_trained', name));

it('opens and closes the known entries, step by step', async () => {
  const engine = await openEngine('tensorflow-cpu');
  const network = buildNetwork(mlp({ input: 4, hidden: [5], outputs: 3, init: 'torch-default' }));
  const head = network.spec.heads[0].name;
  const labels = Int32Array.from(known(numbersSchema, 'localize_trained', 'y'));
  const rows = {
    x: engine.variable('x', { shape: [12, 4], dtype: 'float32' }, matrix('x')),
    y: engine.variable('y', { shape: [12], dtype: 'int32' }, labels),
    ids: Int32Array.from(labels.keys()),
    head,
  };
  const nets = {
    base: { 'dense0/kernel': matrix('W'), 'dense0/bias': vector('b') },
    vector: { 'dense0/kernel': matrix('tau W'), 'dense0/bias': vector('tau b') },
    fixed: { [`${head}/kernel`]: matrix('head'), [`${head}/bias`]: vector('head b') },
  };
  const after = known(z.array(numbersSchema), 'localize_trained', 'masks (W row-major, then b)');
  for (const [index, mask] of after.entries()) {
    const options = { start: 0.3, steps: index + 1, rate: 4000, strength: 1 };
    const found = await trainedMask(engine, network, nets, rows, options);
    expect([...found['dense0/kernel'], ...found['dense0/bias']]).toEqual(mask);
  }
  engine.dispose();
});

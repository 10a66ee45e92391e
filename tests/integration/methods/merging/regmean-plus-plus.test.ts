import { afterEach, beforeEach, it } from 'vitest';
import { z } from 'zod';
import { openEngine } from '../../../../src-main/engine/engine.ts';
import { mlp } from '../../../../src-main/engine/networks/architectures/mlp.ts';
import { buildNetwork } from '../../../../src-main/engine/networks/networks.ts';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import type { Engine, NamedArrays } from '../../../../src-main/engine/types.ts';
import { regMeanPlusPlus } from '../../../../src-main/methods/merging/regmean-plus-plus.ts';
import { regMean } from '../../../../src-main/methods/merging/regmean.ts';
import { gramMeter } from '../../../../src-main/methods/merging/shared/layer-statistics.ts';
import { knownIn, expectClose, flat, matrixSchema, numbersSchema } from '../../../fixtures/merging/merges.ts';

const known = knownIn('layer-wise.json');
const netSchema = z.object({ W1: matrixSchema, b1: numbersSchema, W2: matrixSchema, b2: numbersSchema });
const models = known(z.array(netSchema), 'regmean_pp', 'nets [in, out]').map(({ W1, b1, W2, b2 }): NamedArrays => ({
  'dense0/kernel': flat(W1),
  'dense0/bias': flat(b1),
  'dense1/kernel': flat(W2),
  'dense1/bias': flat(b2),
}));
const inputs = known(z.array(matrixSchema), 'regmean_pp', 'inputs');
const network = buildNetwork(mlp({ input: 4, hidden: [5, 3], outputs: 2, init: 'torch-default' }));
const heads = network.init(stream(1, 'init')).params;
const KERNELS = ['dense0/kernel', 'dense1/kernel'];
const options = { offDiagonal: 0.95, ridge: 1e-6 };

let engine: Engine;
beforeEach(async () => {
  engine = await openEngine('tensorflow-cpu');
});
afterEach(() => engine.dispose());

const meters = (): ReturnType<typeof gramMeter>[] =>
  inputs.map((x, task) =>
    gramMeter(engine, network, {
      inputs: engine.variable(`x${task}`, { shape: [x.length, 4], dtype: 'float32' }, flat(x)),
      ids: Int32Array.from(x.keys()),
    }),
  );

async function merged(of: readonly NamedArrays[]): Promise<NamedArrays> {
  const measured = meters().slice(0, of.length);
  const work = regMeanPlusPlus(
    of,
    KERNELS,
    async (kernel, values) => {
      const grams: Float32Array[] = [];
      for (const meter of measured) grams.push((await meter.measure({ ...heads, ...values }))[kernel]);
      return grams;
    },
    options,
  );
  for (;;) {
    const step = await work.next();
    if (step.done === true) return step.value;
  }
}

it('merges two nets as known: the second layer sees inputs through the merged first', async () => {
  const net = await merged(models);
  expectClose(net['dense0/kernel'], known(matrixSchema, 'regmean_pp', 'W1 (same as RegMean)').flat());
  expectClose(net['dense0/bias'], known(numbersSchema, 'regmean_pp', 'b1 (mean)'));
  const second = known(matrixSchema, 'regmean_pp', 'W2 RegMean++ (inputs through the merged first layer)');
  expectClose(net['dense1/kernel'], second.flat());
});

it('has the first layer of RegMean, whose second layer sees inputs through each own net', async () => {
  const grams: NamedArrays[] = [];
  for (const [task, meter] of meters().entries()) grams.push(await meter.measure({ ...heads, ...models[task] }));
  const plain = regMean(models, grams, options);
  const net = await merged(models);
  expectClose(net['dense0/kernel'], plain['dense0/kernel']);
  const second = known(matrixSchema, 'regmean_pp', 'W2 RegMean (inputs from each own net)');
  expectClose(plain['dense1/kernel'], second.flat(), 2e-5);
});

it('is the expert for one task', async () => {
  const net = await merged([models[0]]);
  for (const name of Object.keys(net)) expectClose(net[name], models[0][name], 1e-4);
});

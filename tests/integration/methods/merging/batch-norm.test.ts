import { afterEach, beforeEach, expect, it } from 'vitest';
import { openEngine } from '../../../../src-main/engine/engine.ts';
import { mlp } from '../../../../src-main/engine/networks/architectures/mlp.ts';
import { buildNetwork } from '../../../../src-main/engine/networks/networks.ts';
import type { Network } from '../../../../src-main/engine/networks/specification.ts';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import type { Engine, NamedArrays } from '../../../../src-main/engine/types.ts';
import { foldBatchNorms, withBatchNorm } from '../../../../src-main/methods/merging/shared/batch-norm.ts';
import { networkPredictor } from '../../../../src-main/methods/shared/network-predictor.ts';
import { networkVariables } from '../../../../src-main/methods/shared/network-variables.ts';
import { expectClose } from '../../../fixtures/merging/merges.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await openEngine('tensorflow-cpu');
});
afterEach(() => engine.dispose());

async function answers(network: Network, values: NamedArrays, x: Float32Array): Promise<ArrayLike<number>> {
  const variables = networkVariables(engine, network, 'asked');
  variables.load(values);
  const inputs = engine.variable('x', { shape: [x.length / 4, 4], dtype: 'float32' }, x);
  const predictor = networkPredictor(engine, network, variables);
  return (await predictor.answer({ inputs, rows: x.length / 4, stream: (name) => stream(0, name) })).values;
}

it('a net whose batch norms are folded into its weights is the plain net and answers alike', async () => {
  const plain = buildNetwork(mlp({ input: 4, hidden: [6, 5], outputs: 3, init: 'torch-default' }));
  const normed = buildNetwork(withBatchNorm(plain.spec));
  const { params, state } = normed.init(stream(1, 'init'));
  const draw = stream(2, 'statistics');
  const moved = Object.entries({ ...params, ...state }).map(([name, values]) => [
    name,
    values.map((value) => value + (name.endsWith('variance') ? 1 + draw.normal() ** 2 : 0.3 * draw.normal())),
  ]);
  const values: NamedArrays = Object.fromEntries(moved);
  const folded = foldBatchNorms(values);
  expect(Object.keys(folded).sort()).toEqual(plain.params.map(({ name }) => name).sort());
  const x = Float32Array.from({ length: 7 * 4 }, () => draw.normal());
  expectClose(await answers(plain, folded, x), await answers(normed, values, x));
});

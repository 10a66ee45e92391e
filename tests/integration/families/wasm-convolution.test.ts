import { cnn } from '../../../src-main/engine/networks/architectures/cnn.ts';
import { expect, it } from 'vitest';
import { openEngine } from '../../../src-main/engine/engine.ts';
import { softmaxCrossEntropy, valueAndGradients } from '../../../src-main/engine/losses.ts';
import { buildNetwork } from '../../../src-main/engine/networks/networks.ts';
import { registerFilterGradient } from '../../../src-main/engine/networks/wasm-convolution.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';
import type { BackendName } from '../../../src-main/engine/types.ts';

const network = buildNetwork(
  cnn({ input: [8, 8, 3], conv: [4, 4], dense: 6, outputs: 3, init: 'torch-default', batchNorm: true }),
);

async function gradientsOn(backend: BackendName): Promise<Record<string, Float32Array | Int32Array>> {
  const engine = await openEngine(backend);
  registerFilterGradient('wasm');
  const start = network.init(stream(1, 'init'));
  const x = new Float32Array(5 * 192);
  stream(1, 'x').fillNormal(x, 0, 1);
  const step = engine.compileStep({
    name: 'test/gradients',
    inputs: { x: { shape: [5, 192], dtype: 'float32' }, y: { shape: [5], dtype: 'int32' } },
    body(inputs, scope) {
      const tensors = (variables: typeof parameters) =>
        Object.fromEntries(Object.entries(variables).map(([name, variable]) => [name, scope.read(variable)]));
      return valueAndGradients(
        (params) =>
          softmaxCrossEntropy(
            network.apply({ params, state: tensors(statistics) }, inputs.x, { mode: 'train' }).logits,
            inputs.y,
          ),
        tensors(parameters),
      ).gradients;
    },
  });
  const make = (specs: typeof network.params, values: Record<string, Float32Array>) =>
    Object.fromEntries(
      specs.map(({ name, shape }) => [name, engine.variable(name, { shape, dtype: 'float32' }, values[name])]),
    );
  const parameters = make(network.params, start.params);
  const statistics = make(network.state, start.state);
  const [gradients] = await step.run([{ x, y: Int32Array.of(0, 1, 2, 0, 1) }]);
  engine.dispose();
  return gradients;
}

it('convolutions have the same gradients on WebAssembly as on TensorFlow', async () => {
  const tensorflow = await gradientsOn('tensorflow-cpu');
  const wasm = await gradientsOn('wasm');
  expect(Object.keys(wasm)).toEqual(network.params.map(({ name }) => name));
  for (const [name, expected] of Object.entries(tensorflow)) {
    const scale = Math.max(...expected.map(Math.abs), 1e-3);
    expected.forEach((value, at) => expect(Math.abs(wasm[name][at] - value) / scale, name).toBeLessThan(1e-3));
  }
}, 60_000);

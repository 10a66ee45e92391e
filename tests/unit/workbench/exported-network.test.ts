import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../src-main/checkpoints/checkpoint.ts';
import { buildNetwork } from '../../../src-main/engine/networks/networks.ts';
import type { NetworkSpec } from '../../../src-main/engine/networks/specification.ts';
import { exportedNetwork } from '../../../src-main/workbench/exported-network.ts';
import type { ExportLayout } from '../../../src-main/workbench/exported-network.ts';
import { temporaryFolder } from '../../fixtures/fake-workbench.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const spec: NetworkSpec = {
  architecture: { kind: 'small' },
  input: [4, 4, 2],
  layers: [
    { kind: 'convolution', name: 'conv', filters: 3, size: 3 },
    { kind: 'batch-norm', name: 'norm' },
    { kind: 'flatten' },
  ],
  heads: [{ name: 'head', outputs: 5 }],
  init: 'torch-default',
};

describe('a network as a safetensors file', () => {
  const { params, state } = buildNetwork(spec);
  const arrays = Object.fromEntries(
    [...params, ...state].map(({ name, shape }) => [
      name,
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, at) => at),
    ]),
  );
  const read = async (layout: ExportLayout) => {
    const path = join(folder.path, `${layout}.safetensors`);
    writeFileSync(path, await exportedNetwork({ kind: 'model', spec, arrays, note: '' }, layout, { from: 'a test' }));
    const checkpoint = openCheckpoint(path);
    const numbers = (name: string): Float32Array => {
      const tensor = checkpoint.tensors.get(name);
      const bytes = new Uint8Array(tensor?.bytes ?? 0);
      tensor?.file.read(tensor.begin, bytes);
      return new Float32Array(bytes.buffer);
    };
    return { checkpoint, numbers };
  };

  it('has the tensors as they are, and says what they are of', async () => {
    const { checkpoint, numbers } = await read('in-out');
    expect([...checkpoint.tensors.keys()].sort()).toEqual(Object.keys(arrays).sort());
    expect(numbers('conv/kernel')).toEqual(arrays['conv/kernel']);
    expect(checkpoint.metadata).toMatchObject({ 'touchstone.layout': 'in-out', from: 'a test' });
    expect(JSON.parse(checkpoint.metadata['touchstone.network'])).toEqual(spec);
    checkpoint.close();
  });

  it("has the names and axes of PyTorch's where that is asked for", async () => {
    const { checkpoint, numbers } = await read('out-in');
    const shapes = Object.fromEntries([...checkpoint.tensors.values()].map(({ name, shape }) => [name, shape]));
    expect(shapes).toEqual({
      'conv.weight': [3, 2, 3, 3],
      'conv.bias': [3],
      'norm.weight': [3],
      'norm.bias': [3],
      'norm.running_mean': [3],
      'norm.running_var': [3],
      'head.weight': [5, 48],
      'head.bias': [5],
    });
    // Filter 2, channel 1, row 0, column 2: here at [0, 2, 1, 2] of [3, 3, 2, 3].
    expect(numbers('conv.weight')[((2 * 2 + 1) * 3 + 0) * 3 + 2]).toBe(((0 * 3 + 2) * 2 + 1) * 3 + 2);
    expect(numbers('head.weight')[4 * 48 + 7]).toBe(7 * 5 + 4);
    checkpoint.close();
  });
});

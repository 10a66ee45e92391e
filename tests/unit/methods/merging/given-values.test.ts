import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../../src-main/checkpoints/checkpoint.ts';
import { mlp } from '../../../../src-main/engine/networks/architectures/mlp.ts';
import { buildNetwork } from '../../../../src-main/engine/networks/networks.ts';
import { givenValues } from '../../../../src-main/methods/merging/shared/given-values.ts';
import { temporaryFolder } from '../../../fixtures/fake-workbench.ts';
import { f32, writeTensors } from '../../checkpoints/files.ts';
import type { WrittenTensor } from '../../checkpoints/files.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const { params } = buildNetwork(mlp({ input: 2, hidden: [3], outputs: 2, init: 'torch-default' }));

function read(tensors: Record<string, WrittenTensor>, metadata?: Record<string, string>): Record<string, number[]> {
  const checkpoint = openCheckpoint(writeTensors(join(folder.path, 'net.safetensors'), tensors, metadata));
  try {
    const values = givenValues(checkpoint, params);
    return Object.fromEntries(Object.entries(values).map(([name, array]) => [name, [...array]]));
  } finally {
    checkpoint.close();
  }
}

describe('a network that was trained elsewhere', () => {
  it("has kernels the other way round, in the order of nn.Sequential's names", () => {
    expect(
      read({
        '10.weight': f32([2, 3], [7, 8, 9, 10, 11, 12]),
        '10.bias': f32([2], [5, 6]),
        '2.weight': f32([3, 2], [1, 2, 3, 4, 5, 6]),
        '2.bias': f32([3], [1, 2, 3]),
      }),
    ).toEqual({
      'dense0/kernel': [1, 3, 5, 2, 4, 6],
      'dense0/bias': [1, 2, 3],
      'output/kernel': [7, 10, 8, 11, 9, 12],
      'output/bias': [5, 6],
    });
  });

  it('is read as it is where this program wrote it', () => {
    const ours = {
      'output/kernel': f32([3, 2], [7, 8, 9, 10, 11, 12]),
      'output/bias': f32([2], [5, 6]),
      'dense0/kernel': f32([2, 3], [1, 2, 3, 4, 5, 6]),
      'dense0/bias': f32([3], [1, 2, 3]),
    };
    expect(read(ours, { 'touchstone.layout': 'in-out' })).toMatchObject({
      'dense0/kernel': [1, 2, 3, 4, 5, 6],
      'output/kernel': [7, 8, 9, 10, 11, 12],
    });
  });

  it('is refused in a sentence where it is of another architecture', () => {
    const [weight, bias] = [f32([3, 2], [1, 2, 3, 4, 5, 6]), f32([3], [1, 2, 3])];
    expect(() => read({ '0.weight': weight, '0.bias': bias })).toThrow(
      /net.safetensors has 2 tensors of numbers, and the architecture has 4: dense0\/kernel \[2, 3\]/,
    );
    const wide = { '2.weight': f32([2, 4], [1, 2, 3, 4, 5, 6, 7, 8]), '2.bias': f32([2], [1, 2]) };
    expect(() => read({ '0.weight': weight, '0.bias': bias, ...wide })).toThrow(
      /"2.weight" has the shape \[2, 4\]; for output\/kernel the architecture takes \[2, 3\]/,
    );
  });
});

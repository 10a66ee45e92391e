import { describe, expect, it } from 'vitest';
import type { Program } from '../../../src-main/engine/recording/program.ts';
import { stepFailure } from '../../../src-main/engine/recording/step-failure.ts';

const table = { id: 3, name: 'train/x', shape: [2, 1], dtype: 'float32' as const };
const program: Program = {
  inputs: [{ name: 'rows', value: 0, spec: { shape: [1], dtype: 'int32' } }],
  constants: [],
  outputs: {},
  types: new Map(),
  instructions: [
    {
      op: 'ResourceGather',
      attributes: {},
      inputs: [{ handle: table }, { value: 0 }],
      outputs: [1],
      reads: [table],
      writes: [],
    },
    { op: 'Neg', attributes: {}, inputs: [{ value: 1 }], outputs: [2], reads: [], writes: [] },
  ],
};

describe('what TensorFlow says about a failed step', () => {
  it('names the step, the operation, its variables and the place in the call, and no node of the graph', () => {
    expect(stepFailure('er/train', program, 'indices[0] = 5 is not in [0, 2)\n\t [[{{node s4/r2/n0}}]]')).toBe(
      'Step er/train failed: indices[0] = 5 is not in [0, 2) (operation ResourceGather on train/x, step 3 of the call)',
    );
    expect(stepFailure('er/train', program, 'bad\n\t [[{{node s0/r0/n1}}]]')).toBe(
      'Step er/train failed: bad (operation Neg, step 1 of the call)',
    );
  });

  it.each(['OOM when allocating tensor with shape[2,3]', 'bad [[{{node s0/out/loss}}]]', 'bad [[{{node s0/r0/n9}}]]'])(
    'stays with the message where it names no operation of the step: %s',
    (message) => {
      expect(stepFailure('er/train', program, message)).toBe(`Step er/train failed: ${message.replace(/ \[\[.*/, '')}`);
    },
  );
});

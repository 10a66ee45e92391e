import { describe, expect, it } from 'vitest';
import { FILTER_GRADIENT, withFilterGradients } from '../../../src-main/engine/kernels/filter-gradients.ts';
import { DATA_TYPES, type Attribute } from '../../../src-main/engine/recording/graphdef.ts';
import type { Instruction } from '../../../src-main/engine/recording/program.ts';
import { Recorder } from './recorder.ts';

const ints = (...value: number[]): Attribute => ({ kind: 'ints', value });
const text = (value: string): Attribute => ({ kind: 'string', value });
const USUAL = {
  T: { kind: 'type', value: DATA_TYPES.float32 },
  strides: ints(1, 1, 1, 1),
  dilations: ints(1, 1, 1, 1),
  padding: text('SAME'),
  data_format: text('NHWC'),
} as const;

function after(attributes: Record<string, Attribute>, outSide = 8, filter = [3, 4, 5, 6]): Instruction {
  const r = new Recorder();
  const g = r.op(
    'Conv2DBackpropFilter',
    [r.input('x', [2, 8, 9, 5]), r.constant([4], ...filter), r.input('d', [2, outSide, 9, 6])],
    filter,
    { ...USUAL, ...attributes },
  );
  const { instructions } = withFilterGradients(r.program({ g }));
  return instructions[instructions.length - 1];
}

describe('our own gradients of filters', () => {
  it("take the place of TensorFlow's at stride 1, with the smaller half of the padding before the image", () => {
    const { op, inputs, attributes } = after({});
    expect([op, inputs.length]).toEqual([FILTER_GRADIENT, 2]);
    expect(attributes).toEqual({
      height: { kind: 'int', value: 3 },
      width: { kind: 'int', value: 4 },
      top: { kind: 'int', value: 1 },
      left: { kind: 'int', value: 1 },
    });
    expect(after({ padding: text('VALID') }, 6).attributes).toMatchObject({ top: { value: 0 }, left: { value: 0 } });
  });

  it.each<[string, Record<string, Attribute>]>([
    ['strides', { strides: ints(1, 2, 2, 1) }],
    ['dilations', { dilations: ints(1, 2, 2, 1) }],
    ['explicit padding', { padding: text('EXPLICIT') }],
    ['channels first', { data_format: text('NCHW') }],
    ['half precision', { T: { kind: 'type', value: 19 } }],
    ['a size that the padding does not give', { padding: text('VALID') }],
  ])('leave %s to TensorFlow', (_, attributes) => {
    expect(after(attributes).op).toBe('Conv2DBackpropFilter');
  });
});

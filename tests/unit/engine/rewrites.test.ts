import { describe, expect, it } from 'vitest';
import type { Attribute } from '../../../src-main/engine/recording/graphdef.ts';
import { programFlops } from '../../../src-main/engine/recording/flops.ts';
import { rewritten } from '../../../src-main/engine/recording/rewrites.ts';
import { opsOf, Recorder } from './recorder.ts';

const flag = (value: boolean): Attribute => ({ kind: 'bool', value });

describe('rewriting of recorded steps', () => {
  it('drops what nothing uses, but no effects', () => {
    const r = new Recorder();
    const x = r.input('x', [3]);
    r.op('Exp', [r.constant([3], 1, 2, 3)], [3]);
    const y = r.op('Square', [x], [3]);
    r.assign({ id: 0, name: 'v', shape: [3], dtype: 'float32' }, y);
    const program = rewritten(r.program({ out: r.op('Neg', [x], [3]) }));
    expect(opsOf(program)).toEqual(['Square', 'AssignVariableOp', 'Neg']);
    expect(program.constants).toEqual([]);
  });

  it('skips casts and reshapes that change nothing, also where they are outputs', () => {
    const r = new Recorder();
    const x = r.input('x', [2, 3]);
    const cast = r.op('Cast', [x], [2, 3]),
      flat = r.op('Reshape', [cast], [6]),
      same = r.op('Reshape', [flat], [6]);
    const program = rewritten(r.program({ out: same, through: cast }));
    expect(opsOf(program)).toEqual(['Reshape']);
    expect(program.instructions[0].inputs).toEqual([{ value: x }]);
    expect(program.outputs).toMatchObject({ out: { value: flat }, through: { value: x } });
  });

  it('makes plain products of batched ones of two matrices, and a bias addition of what follows', () => {
    const r = new Recorder();
    const x = r.input('x', [4, 2]),
      w = r.input('w', [3, 2]),
      b = r.input('b', [3]);
    const product = r.op('BatchMatMulV2', [x, w], [4, 3], { adj_x: flag(false), adj_y: flag(true) });
    const program = rewritten(
      r.program({
        out: r.op('Add', [b, product], [4, 3]),
        stacked: r.op('BatchMatMulV2', [r.input('s', [5, 4, 2]), r.input('t', [5, 2, 3])], [5, 4, 3]),
      }),
    );
    expect(opsOf(program)).toEqual(['MatMul', 'BiasAdd', 'BatchMatMulV2']);
    expect(program.instructions[0].attributes).toMatchObject({ transpose_a: flag(false), transpose_b: flag(true) });
    expect(program.instructions[1].inputs).toEqual([{ value: product }, { value: b }]);
    expect(programFlops(program)).toBe(2 * 4 * 3 * 2 + 4 * 3 + 2 * 5 * 4 * 3 * 2);
  });

  it('leaves additions alone that are no biases', () => {
    const r = new Recorder();
    const x = r.input('x', [3, 3]),
      product = r.op('MatMul', [x, x], [3, 3]);
    expect(
      opsOf(
        rewritten(
          r.program({
            whole: r.op('Add', [product, x], [3, 3]),
            column: r.op('Add', [product, r.input('c', [3, 1])], [3, 3]),
            plain: r.op('Add', [x, r.input('b', [3])], [3, 3]),
          }),
        ),
      ),
    ).toEqual(['MatMul', 'Add', 'Add', 'Add']);
  });

  it("puts TensorFlow's gradient of a rectifier for tfjs's seven operations, from the rectified value", () => {
    const r = new Recorder();
    const x = r.input('x', [2, 2]),
      dy = r.input('dy', [2, 2]);
    const y = r.op('Relu', [x], [2, 2]);
    const program = rewritten(r.program({ y, dx: r.rectifierGradient(dy, x, [2, 2]) }));
    expect(opsOf(program)).toEqual(['Relu', 'ReluGrad']);
    expect(program.instructions[1].inputs).toEqual([{ value: dy }, { value: y }]);
  });

  it('does not take a leaky step for a rectifier', () => {
    const r = new Recorder();
    const program = rewritten(r.program({ dx: r.rectifierGradient(r.input('dy', [2]), r.input('x', [2]), [2], 0.1) }));
    expect(opsOf(program)).not.toContain('ReluGrad');
  });
});

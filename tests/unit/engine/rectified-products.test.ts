import { describe, expect, it } from 'vitest';
import { DATA_TYPES, type Attribute } from '../../../src-main/engine/recording/graphdef.ts';
import type { Program, ValueId } from '../../../src-main/engine/recording/program.ts';
import {
  IF_DENSE,
  RECTIFIED_GRADIENT,
  withRectifiedProducts,
} from '../../../src-main/engine/kernels/rectified-products.ts';
import { SPARSE_PRODUCT } from '../../../src-main/engine/kernels/sparse-products.ts';
import { opsOf, Recorder } from './recorder.ts';

const flag = (value: boolean): Attribute => ({ kind: 'bool', value });
const product = (a: boolean, b: boolean): Record<string, Attribute> => ({
  T: { kind: 'type', value: DATA_TYPES.float32 },
  transpose_a: flag(a),
  transpose_b: flag(b),
});

/** h = relu(x), y = h · w, and with d for the gradient of y: that of w, and that of x. */
function layer(
  batch: number,
  units: number,
  outputs: number,
  made = 'Relu',
): Record<'d' | 'w' | 'h' | 'y' | 'back' | 'ofWeights' | 'ofInputs', ValueId> & { r: Recorder } {
  const r = new Recorder();
  const x = r.input('x', [batch, units]),
    w = r.input('w', [units, outputs]),
    d = r.input('d', [batch, outputs]);
  const h = r.op(made, [x], [batch, units]);
  const y = r.op('MatMul', [h, w], [batch, outputs], product(false, false));
  const ofWeights = r.op('MatMul', [h, d], [units, outputs], product(true, false));
  const back = r.op('MatMul', [d, w], [batch, units], product(false, true));
  return { r, d, w, h, y, back, ofWeights, ofInputs: r.op('ReluGrad', [back, h], [batch, units]) };
}

const after = ({ r, y, ofWeights, ofInputs }: ReturnType<typeof layer>): Program =>
  withRectifiedProducts(r.program({ y, ofWeights, ofInputs }));

describe('products of rectified units', () => {
  it("are the library's of what it is given, and ours where that is nothing", () => {
    const recorded = layer(100, 80, 70);
    const program = after(recorded);
    expect(opsOf(program)).toEqual([
      'Relu',
      IF_DENSE,
      'MatMul',
      SPARSE_PRODUCT,
      IF_DENSE,
      'MatMul',
      SPARSE_PRODUCT,
      IF_DENSE,
      'MatMul',
      RECTIFIED_GRADIENT,
    ]);
    const [, , , forward, gate, weights, , , , rectified] = program.instructions;
    expect([forward.outputs, program.instructions[6].outputs, rectified.outputs]).toEqual([
      [recorded.y],
      [recorded.ofWeights],
      [recorded.ofInputs],
    ]);
    // (h without columns)ᵀ · d has no elements, as d without rows would leave some
    expect(gate.attributes['axis']).toEqual({ kind: 'int', value: 1 });
    expect(weights.inputs[0]).toEqual({ value: gate.outputs[0] });
    const { d, w, h } = recorded;
    expect(rectified.inputs).toEqual([d, w, h, ...program.instructions[8].outputs].map((value) => ({ value })));
  });

  it('have values of their own, whose types are known', () => {
    const program = after(layer(100, 80, 70));
    const made = program.instructions.flatMap(({ outputs }) => outputs);
    expect(new Set(made).size).toBe(made.length);
    for (const value of made) expect(program.types.has(value)).toBe(true);
  });

  it.each([
    [63, 80, 70],
    [100, 63, 70],
    [100, 80, 63],
  ])('are left as they are where a matrix is small: %d rows, %d units, %d outputs', (batch, units, outputs) => {
    expect(opsOf(after(layer(batch, units, outputs)))).not.toContain(IF_DENSE);
  });

  it('are those of units squared, for the Fisher information, and of no other functions', () => {
    const r = new Recorder();
    const squared = r.op('Square', [r.op('Relu', [r.input('x', [100, 80])], [100, 80])], [100, 80]);
    expect(
      opsOf(
        withRectifiedProducts(
          r.program({ y: r.op('MatMul', [squared, r.input('d', [100, 70])], [80, 70], product(true, false)) }),
        ),
      ),
    ).toContain(SPARSE_PRODUCT);
    expect(opsOf(after(layer(100, 80, 70, 'Tanh'))).filter((op) => op !== 'ReluGrad')).toEqual([
      'Tanh',
      'MatMul',
      'MatMul',
      'MatMul',
    ]);
  });

  it('keep a gradient before the rectifier that something else needs too', () => {
    const { r, back, ofInputs } = layer(100, 80, 70);
    expect(opsOf(withRectifiedProducts(r.program({ back, ofInputs })))).toEqual(['Relu', 'MatMul', 'ReluGrad']);
  });
});

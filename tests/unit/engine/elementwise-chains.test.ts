import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ELEMENTWISE, withFusedChains } from '../../../src-main/engine/kernels/elementwise-chains.ts';
import { DATA_TYPES, type Attribute } from '../../../src-main/engine/recording/graphdef.ts';
import type { Instruction, Program, ValueId } from '../../../src-main/engine/recording/program.ts';
import { opsOf, Recorder } from './recorder.ts';

const SHAPE = [2, 3];

function fusedIn(program: Program): Instruction[] {
  return withFusedChains(program).instructions.filter(({ op }) => op === ELEMENTWISE);
}

const listOf = (attribute: Attribute | undefined): readonly number[] =>
  attribute?.kind === 'ints' ? attribute.value : [];
const countOf = (attribute: Attribute | undefined): number => (attribute?.kind === 'int' ? attribute.value : NaN);

describe('element-wise chains', () => {
  it('make a penalty on the gradient one operation: g + 2c · Ω (θ − θ*)', () => {
    const r = new Recorder();
    const [g, importance, value, anchor] = ['g', 'importance', 'value', 'anchor'].map((name) => r.input(name, SHAPE));
    const strength = r.constant([], 600);
    const penalty = r.op(
      'Mul',
      [r.op('Mul', [importance, r.op('Sub', [value, anchor], SHAPE)], SHAPE), strength],
      SHAPE,
    );
    const [chain, ...others] = fusedIn(r.program({ added: r.op('AddV2', [g, penalty], SHAPE) }));
    expect(others).toEqual([]);
    // arrays in the order of their use, then the number; a step names what the steps before made by the numbers after
    // those
    expect(chain.inputs).toEqual([value, anchor, importance, g, strength].map((operand) => ({ value: operand })));
    expect(listOf(chain.attributes['steps'])).toEqual([1, 0, 1, 2, 2, 5, 2, 6, 4, 0, 3, 7]);
    expect([
      countOf(chain.attributes['arrays']),
      countOf(chain.attributes['numbers']),
      countOf(chain.attributes['results']),
      listOf(chain.attributes['kept']),
    ]).toEqual([4, 1, 1, [3]]);
  });

  it('answer also what is needed elsewhere, and end before what needs it', () => {
    const r = new Recorder();
    const [a, b] = ['a', 'b'].map((name) => r.input(name, SHAPE));
    const sum = r.op('Add', [a, b], SHAPE);
    const square = r.op('Square', [sum], SHAPE);
    const rectified = r.op('Relu', [square], SHAPE);
    const share = r.op('RealDiv', [sum, rectified], SHAPE);
    const program = withFusedChains(r.program({ share: r.op('Mul', [share, share], SHAPE) }));
    // the rectifier lies between: what comes after it is a chain of its own
    expect(opsOf(program)).toEqual([ELEMENTWISE, 'Relu', ELEMENTWISE]);
    expect(program.instructions.map(({ outputs }) => outputs.length)).toEqual([2, 1, 1]);
  });

  it('leave a single operation, other shapes, other types and single numbers as they are', () => {
    const r = new Recorder();
    const x = r.input('x', SHAPE),
      row = r.input('row', [3]),
      one = r.constant([], 1);
    const broadcast = r.op('Mul', [r.op('Add', [x, row], SHAPE), row], SHAPE);
    const numbers = r.op('Mul', [r.op('Add', [one, one], []), one], []);
    const whole = r.op('Square', [x], SHAPE);
    const program = r.program({ broadcast, numbers, whole });
    expect(withFusedChains(program)).toBe(program);
    const integers = new Recorder();
    const i = integers.input('i', SHAPE);
    const product = integers.op('Mul', [integers.op('Add', [i, i], SHAPE), i], SHAPE);
    for (const value of integers.types.keys()) integers.types.set(value, { shape: SHAPE, dtype: DATA_TYPES.int32 });
    expect(fusedIn(integers.program({ product }))).toEqual([]);
  });

  it('compute the same bits as the operations one by one, whatever hangs on what', () => {
    const operation = fc.record({
      op: fc.constantFrom('Add', 'AddV2', 'Sub', 'Mul', 'Div', 'RealDiv', 'Square', 'Sqrt', 'Relu'),
      left: fc.nat(),
      right: fc.nat(),
    });
    fc.assert(
      fc.property(
        fc.array(operation, { minLength: 1, maxLength: 30 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
        (operations, wanted) => {
          const r = new Recorder();
          const values = [r.input('a', SHAPE), r.input('b', SHAPE), r.constant([], 0.3), r.constant([], -1.7)];
          for (const { op, left, right } of operations) {
            const arrays = values.filter((value) => r.types.get(value)?.shape.length !== 0);
            const first = arrays[left % arrays.length],
              second = values[right % values.length];
            values.push(
              r.op(
                op,
                ['Square', 'Sqrt', 'Relu'].includes(op) ? [first] : left % 2 === 0 ? [first, second] : [second, first],
                SHAPE,
              ),
            );
          }
          const program = r.program(
            Object.fromEntries(wanted.map((place, i) => [`out${i}`, values[place % values.length]])),
          );
          const given = new Map<ValueId, Float32Array>([
            [values[0], Float32Array.of(1.1, -2.3, 0, 5e-3, 7, -0.4)],
            [values[1], Float32Array.of(0.7, 0.1, -3, 2, -9, 1e-3)],
            [values[2], Float32Array.of(0.3)],
            [values[3], Float32Array.of(-1.7)],
          ]);
          const fused = withFusedChains(program);
          expect(answers(fused, given)).toEqual(answers(program, given));
          for (const { op, attributes } of fused.instructions)
            if (op === ELEMENTWISE) {
              expect(listOf(attributes['steps']).length).toBeGreaterThan(3);
              expect(countOf(attributes['results'])).toBeGreaterThan(0);
            }
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** What the program answers, in single precision; throws where an instruction uses what is not there yet. */
function answers(program: Program, given: ReadonlyMap<ValueId, Float32Array>): Record<string, number[]> {
  const known = new Map(given);
  const get = (value: ValueId): Float32Array => {
    const found = known.get(value);
    if (found === undefined) throw new Error(`value ${value} is used before it is made`);
    return found;
  };
  for (const { op, inputs, outputs, attributes } of program.instructions) {
    const operands = inputs.map((input) => get('value' in input ? input.value : NaN));
    if (op !== ELEMENTWISE) {
      known.set(
        outputs[0],
        op === 'Relu'
          ? operands[0].map((x) => Math.max(x, 0))
          : arithmetic(op, operands[0], operands[1] ?? operands[0]),
      );
      continue;
    }
    const steps = listOf(attributes['steps']),
      made: Float32Array[] = [];
    for (let i = 0; i < steps.length; i += 3) {
      const all = [...operands, ...made];
      made.push(arithmetic(['Add', 'Sub', 'Mul', 'Div', 'Sqrt'][steps[i]], all[steps[i + 1]], all[steps[i + 2]]));
    }
    listOf(attributes['kept']).forEach((step, i) => known.set(outputs[i], made[step]));
  }
  return Object.fromEntries(Object.entries(program.outputs).map(([name, { value }]) => [name, [...get(value)]]));
}

function arithmetic(op: string, left: Float32Array, right: Float32Array): Float32Array {
  return Float32Array.from({ length: Math.max(left.length, right.length) }, (_, i) => {
    const a = left[left.length === 1 ? 0 : i],
      b = right[right.length === 1 ? 0 : i];
    switch (op) {
      case 'Add':
      case 'AddV2':
        return a + b;
      case 'Sub':
        return a - b;
      case 'Mul':
      case 'Square':
        return a * b;
      case 'Sqrt':
        return Math.sqrt(a);
      default:
        return a / b;
    }
  });
}

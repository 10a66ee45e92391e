import { DATA_TYPES, type Attribute } from '../recording/graphdef.ts';
import {
  newValue,
  valuesOf,
  type Instruction,
  type Operand,
  type Program,
  type ValueId,
  type ValueType,
} from '../recording/program.ts';
import { sizeOf } from '../recording/signatures.ts';
import type { Variable } from '../types.ts';

/**
 * Parameters with fewer elements keep TensorFlow's operation. They stay in the caches, and one operation costs less
 * than one with three results.
 */
const LEAST_ELEMENTS = 2 ** 12;

const FLOAT: Attribute = { kind: 'type', value: DATA_TYPES.float32 };

/**
 * The same step with TensorFlow's Adam of large parameters written out as arithmetic. TensorFlow's own goes over
 * memory three times. The arithmetic becomes one pass, together with what is done to the gradient before and to the
 * parameter after (`elementwise-chains.ts`).
 *
 * The formulas are those of TensorFlow's kernel: α = η √(1 − β₂ᵗ) / (1 − β₁ᵗ), m += (g − m)(1 − β₁), s += (g² − s)(1 −
 * β₂), θ −= m α / (√s + ε).
 */
export function withAdamWrittenOut<O extends string>(program: Program<O>): Program<O> {
  const isLarge = ({ op, writes }: Instruction): boolean =>
    op === 'ResourceApplyAdam' && sizeOf(writes[0].shape) >= LEAST_ELEMENTS;
  if (!program.instructions.some(isLarge)) return program;
  const writing = new Writing(program);
  for (const instruction of program.instructions) {
    if (isLarge(instruction)) writing.adam(instruction);
    else writing.instructions.push(instruction);
  }
  return { ...program, ...writing.written() };
}

class Writing {
  readonly instructions: Instruction[] = [];
  private readonly types: Map<ValueId, ValueType>;
  private readonly constants: Program['constants'][number][];
  private readonly numbers = new Map<string, ValueId>();

  constructor(program: Program) {
    this.types = new Map(program.types);
    this.constants = [...program.constants];
  }

  adam({ inputs, writes: [value, m, s] }: Instruction): void {
    const [power1, power2, rate, beta1, beta2, epsilon, g] = valuesOf({ inputs });
    const less = (number: ValueId): ValueId => this.number('Sub', this.one(), number);
    const alpha = this.number('RealDiv', this.number('Mul', rate, this.number('Sqrt', less(power2))), less(power1));
    const { shape } = value;
    const op = (name: string, ...operands: ValueId[]): ValueId => this.op(name, operands, shape);
    const before = { value: this.read(value), m: this.read(m), s: this.read(s) };
    const nextM = op('AddV2', before.m, op('Mul', op('Sub', g, before.m), less(beta1)));
    const nextS = op('AddV2', before.s, op('Mul', op('Sub', op('Square', g), before.s), less(beta2)));
    this.assign(m, nextM);
    this.assign(s, nextS);
    this.assign(
      value,
      op('Sub', before.value, op('RealDiv', op('Mul', nextM, alpha), op('AddV2', op('Sqrt', nextS), epsilon))),
    );
  }

  written(): Pick<Program, 'instructions' | 'types' | 'constants'> {
    return { instructions: this.instructions, types: this.types, constants: this.constants };
  }

  /** An operation on single numbers, once for all parameters that need it. */
  private number(op: string, ...operands: ValueId[]): ValueId {
    return this.once(`${op} ${operands.join()}`, () => this.op(op, operands, []));
  }

  private one(): ValueId {
    return this.once('1', () => {
      const value = this.value([]);
      this.constants.push({
        value,
        dtype: DATA_TYPES.float32,
        shape: [],
        content: new Uint8Array(Float32Array.of(1).buffer),
      });
      return value;
    });
  }

  private once(key: string, make: () => ValueId): ValueId {
    const value = this.numbers.get(key) ?? make();
    this.numbers.set(key, value);
    return value;
  }

  private op(op: string, operands: readonly ValueId[], shape: readonly number[]): ValueId {
    const value = this.value(shape);
    this.instructions.push({
      op,
      attributes: { T: FLOAT },
      inputs: operands.map((operand): Operand => ({ value: operand })),
      outputs: [value],
      reads: [],
      writes: [],
    });
    return value;
  }

  private read(variable: Variable): ValueId {
    const value = this.value(variable.shape);
    this.instructions.push({
      op: 'ReadVariableOp',
      attributes: { dtype: FLOAT },
      inputs: [{ handle: variable }],
      outputs: [value],
      reads: [variable],
      writes: [],
    });
    return value;
  }

  private assign(variable: Variable, value: ValueId): void {
    this.instructions.push({
      op: 'AssignVariableOp',
      attributes: { dtype: FLOAT },
      inputs: [{ handle: variable }, { value }],
      outputs: [],
      reads: [],
      writes: [variable],
    });
  }

  private value(shape: readonly number[]): ValueId {
    return newValue(this.types, { shape, dtype: DATA_TYPES.float32 });
  }
}

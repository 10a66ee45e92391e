import { DATA_TYPES, type Attribute } from '../../../src-main/engine/recording/graphdef.ts';
import type { Constant, Instruction, Program, ValueId, ValueType } from '../../../src-main/engine/recording/program.ts';
import type { Variable } from '../../../src-main/engine/types.ts';

/** Writes a program down, one operation after the other. */
export class Recorder {
  readonly types = new Map<ValueId, ValueType>();
  readonly instructions: Instruction[] = [];
  readonly constants: Constant[] = [];
  readonly inputs: Program['inputs'][number][] = [];

  input(name: string, shape: readonly number[]): ValueId {
    const value = this.value(shape);
    this.inputs.push({ name, value, spec: { shape, dtype: 'float32' } });
    return value;
  }

  constant(shape: readonly number[], ...elements: number[]): ValueId {
    const value = this.value(shape);
    this.constants.push({
      value,
      dtype: DATA_TYPES.float32,
      shape,
      content: new Uint8Array(Float32Array.from(elements).buffer),
    });
    return value;
  }

  op(
    op: string,
    inputs: readonly ValueId[],
    shape: readonly number[],
    attributes: Record<string, Attribute> = {},
  ): ValueId {
    const value = this.value(shape);
    this.instructions.push({
      op,
      attributes,
      inputs: inputs.map((input) => ({ value: input })),
      outputs: [value],
      reads: [],
      writes: [],
    });
    return value;
  }

  gather(variable: Variable, shape: readonly number[]): ValueId {
    const value = this.value(shape);
    this.instructions.push({
      op: 'ResourceGather',
      attributes: {},
      inputs: [{ handle: variable }, { value: this.constant([shape[0]], 0) }],
      outputs: [value],
      reads: [variable],
      writes: [],
    });
    return value;
  }

  read(variable: Variable): ValueId {
    const value = this.value(variable.shape);
    this.instructions.push({
      op: 'ReadVariableOp',
      attributes: {},
      inputs: [{ handle: variable }],
      outputs: [value],
      reads: [variable],
      writes: [],
    });
    return value;
  }

  assign(variable: Variable, value: ValueId): void {
    this.instructions.push({
      op: 'AssignVariableOp',
      attributes: {},
      inputs: [{ handle: variable }, { value }],
      outputs: [],
      reads: [],
      writes: [variable],
    });
  }

  /** What tfjs records for the gradient of a rectifier: dy · step(x). */
  rectifierGradient(dy: ValueId, x: ValueId, shape: readonly number[], slope = 0): ValueId {
    const isNan = this.op('IsNan', [x], shape),
      positive = this.op('Greater', [x, this.constant([], 0)], shape);
    const ones = this.constant(shape, ...Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 1));
    const inner = this.op(
      'Select',
      [positive, ones, this.op('Fill', [this.constant([shape.length], ...shape), this.constant([], slope)], shape)],
      shape,
    );
    return this.op('Mul', [dy, this.op('Cast', [this.op('Select', [isNan, x, inner], shape)], shape)], shape);
  }

  program(outputs: Record<string, ValueId>): Program {
    return {
      inputs: this.inputs,
      constants: this.constants,
      instructions: this.instructions,
      types: this.types,
      outputs: Object.fromEntries(
        Object.entries(outputs).map(([name, value]) => [name, { value, shape: this.types.get(value)?.shape ?? [] }]),
      ),
    };
  }

  private value(shape: readonly number[]): ValueId {
    this.types.set(this.types.size, { shape, dtype: DATA_TYPES.float32 });
    return this.types.size - 1;
  }
}

export const opsOf = (program: Program): string[] => program.instructions.map((instruction) => instruction.op);

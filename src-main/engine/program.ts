import type { Attribute } from './graphdef.ts';
import type { TensorSpec, Variable } from './types.ts';

/** A tensor inside a recorded step, by number. */
export type ValueId = number;

export type Operand = { readonly value: ValueId } | { readonly handle: Variable };

/** One recorded operation with its effects on variables, in program order. */
export interface Instruction {
  readonly op: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly inputs: readonly Operand[];
  readonly outputs: readonly ValueId[];
  readonly reads: readonly Variable[];
  readonly writes: readonly Variable[];
}

export interface Constant {
  readonly value: ValueId;
  readonly dtype: number;
  readonly shape: readonly number[];
  readonly content: Uint8Array;
}

export interface ValueType {
  readonly shape: readonly number[];
  readonly dtype: number;
}

export interface ProgramOutput {
  readonly value: ValueId;
  readonly shape: readonly number[];
}

/** A recorded step: a value that can be rewritten, repeated, measured and turned into a graph. */
export interface Program<O extends string = string> {
  readonly inputs: readonly { readonly name: string; readonly value: ValueId; readonly spec: TensorSpec }[];
  readonly constants: readonly Constant[];
  readonly instructions: readonly Instruction[];
  readonly outputs: Readonly<Record<O, ProgramOutput>>;
  /** What every value of the step is. */
  readonly types: ReadonlyMap<ValueId, ValueType>;
}

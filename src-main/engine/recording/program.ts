import { DATA_TYPES, type Attribute } from './graphdef.ts';
import type { TensorSpec, Variable } from '../types.ts';

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

/** The tensors that an instruction is given, without variables' handles. */
export const valuesOf = ({ inputs }: Pick<Instruction, 'inputs'>): ValueId[] =>
  inputs.flatMap((input) => ('value' in input ? [input.value] : []));

/** Throws where nothing is known of the value. */
export function typeOf(program: Pick<Program, 'types'>, value: ValueId): ValueType {
  const type = program.types.get(value);
  if (type === undefined) throw new Error(`A recorded step uses value ${value}, which has no type.`);
  return type;
}

/** A value that a rule adds: takes the next number, of which there are as many as types. */
export function newValue(types: Map<ValueId, ValueType>, type: ValueType): ValueId {
  const value = types.size;
  types.set(value, type);
  return value;
}

/** Where each value is used: places in `instructions`, and Infinity for what the step answers. */
export function usesOf(program: Program): ReadonlyMap<ValueId, readonly number[]> {
  const uses = new Map<ValueId, number[]>();
  const note = (value: ValueId, place: number): void => {
    const known = uses.get(value);
    if (known === undefined) uses.set(value, [place]);
    else known.push(place);
  };
  program.instructions.forEach((instruction, place) => {
    for (const value of valuesOf(instruction)) note(value, place);
  });
  for (const { value } of Object.values<ProgramOutput>(program.outputs)) note(value, Infinity);
  return uses;
}

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);
export const isTrue = (attribute: Attribute | undefined): boolean => attribute?.kind === 'bool' && attribute.value;
export const isFloat = (attribute: Attribute | undefined): boolean =>
  attribute?.kind === 'type' && attribute.value === DATA_TYPES.float32;

import { DATA_TYPES, type Attribute } from './graphdef.ts';
import { mapValues } from './records.ts';
import type { RuleResult } from './step-life.ts';
import {
  sameShape,
  typeOf,
  valuesOf,
  type Constant,
  type Instruction,
  type Operand,
  type Program,
  type ProgramOutput,
  type ValueId,
  type ValueType,
} from './program.ts';

/** What a rule may look at besides the instruction: everything before it, already rewritten. */
interface Earlier {
  madeBy(value: ValueId): Instruction | undefined;
  typeOf(value: ValueId): ValueType;
  /** True when the value is a constant, or a Fill of one, whose elements all equal `number`. */
  isAll(value: ValueId, number: number): boolean;
  /** The rectified value of `x`, where the program has one. */
  rectified(x: ValueId): ValueId | undefined;
}

/**
 * Answers a better instruction with the same outputs, an earlier value that its only output equals, or null to leave
 * it.
 */
type Rule = (instruction: Instruction, earlier: Earlier) => Instruction | ValueId | null;

/**
 * The same step from fewer and cheaper operations. What tfjs writes out for every backend becomes TensorFlow's own
 * operation, in the form that its graph optimiser fuses (product, bias and rectifier as one kernel). What nothing uses
 * is dropped. Finite values stay exactly the same but for the order of sums inside a matrix product.
 */
export function rewritten<O extends string>(program: Program<O>): Program<O> {
  return withoutUnused(
    withRules(
      program,
      namedRules().map(([, rule]) => rule),
    ),
  );
}

/**
 * The same, rule by rule, for looking at it. The rules run together in one pass: each is shown with those before it.
 */
export function rewrittenByRules(program: Program): RuleResult[] {
  const rules = namedRules();
  const steps = rules.map(([rule], last) => ({
    rule,
    program: withRules(
      program,
      rules.slice(0, last + 1).map(([, each]) => each),
    ),
  }));
  return [...steps, { rule: 'what nothing uses is dropped', program: rewritten(program) }];
}

const namedRules = (): readonly (readonly [name: string, rule: Rule])[] => [
  ['a reshape or cast to what is there already is left out', unchangedValue],
  ['a batched product of two matrices is a product', matrixProduct],
  ['adding a vector to a product or convolution is a bias', biasAddition],
  ['the gradient of a rectifier is one operation', rectifierGradient],
];

function withRules<O extends string>(program: Program<O>, rules: readonly Rule[]): Program<O> {
  const same = new Map<ValueId, ValueId>();
  const resolved = (value: ValueId): ValueId => same.get(value) ?? value;
  const makers = new Map<ValueId, Instruction>();
  const rectifiers = new Map<ValueId, ValueId>();
  const constants = new Map(program.constants.map((constant) => [constant.value, constant]));
  const earlier: Earlier = {
    madeBy: (value) => makers.get(value),
    typeOf: (value) => typeOf(program, value),
    isAll(value, number) {
      const maker = makers.get(value);
      const [, filling] = maker?.op === 'Fill' ? valuesOf(maker) : [];
      const constant = constants.get(filling ?? value);
      return constant !== undefined && elements(constant).every((element) => element === number);
    },
    rectified: (x) => rectifiers.get(x),
  };
  const instructions: Instruction[] = [];
  for (const recorded of program.instructions) {
    let instruction: Instruction = {
      ...recorded,
      inputs: recorded.inputs.map((operand) => ('value' in operand ? { value: resolved(operand.value) } : operand)),
    };
    let alias: ValueId | null = null;
    for (const rule of rules) {
      const better = rule(instruction, earlier);
      if (typeof better === 'number') alias = better;
      else if (better !== null) instruction = better;
      if (alias !== null) break;
    }
    if (alias !== null) {
      same.set(instruction.outputs[0], alias);
      continue;
    }
    instructions.push(instruction);
    for (const output of instruction.outputs) makers.set(output, instruction);
    if (instruction.op === 'Relu') rectifiers.set(valuesOf(instruction)[0], instruction.outputs[0]);
  }
  return {
    ...program,
    instructions,
    outputs: mapValues(program.outputs, (output) => ({ ...output, value: resolved(output.value) })),
  };
}

/** A reshape to the shape that is there already, a cast to the same type. */
const unchangedValue: Rule = ({ op, inputs: [from], outputs }, { typeOf: type }) => {
  if ((op !== 'Reshape' && op !== 'Cast' && op !== 'Identity') || !('value' in from)) return null;
  const before = type(from.value),
    after = type(outputs[0]);
  return before.dtype === after.dtype && sameShape(before.shape, after.shape) ? from.value : null;
};

/** tfjs asks for batched products even of two matrices, which TensorFlow neither fuses nor runs as fast. */
const matrixProduct: Rule = (instruction, { typeOf: type }) => {
  if (instruction.op !== 'BatchMatMul' && instruction.op !== 'BatchMatMulV2') return null;
  if (valuesOf(instruction).some((value) => type(value).shape.length !== 2)) return null;
  const { T, adj_x: left, adj_y: right } = instruction.attributes;
  return { ...instruction, op: 'MatMul', attributes: { T, transpose_a: left, transpose_b: right } };
};

/** Adding a vector to the last axis of a product or convolution. */
const biasAddition: Rule = (instruction, { madeBy, typeOf: type }) => {
  if (instruction.op !== 'Add' && instruction.op !== 'AddV2') return null;
  const [a, b] = valuesOf(instruction);
  const isAffine = (x: ValueId, bias: ValueId): boolean => {
    const { shape } = type(x),
      offset = type(bias).shape;
    return (
      ['MatMul', 'Conv2D'].includes(madeBy(x)?.op ?? '') && offset.length === 1 && offset[0] === shape[shape.length - 1]
    );
  };
  const inputs = isAffine(a, b) ? [a, b] : isAffine(b, a) ? [b, a] : null;
  if (inputs === null || type(a).dtype !== DATA_TYPES.float32) return null;
  return {
    ...instruction,
    op: 'BiasAdd',
    inputs: inputs.map(operand),
    attributes: { T: FLOAT, data_format: { kind: 'string', value: 'NHWC' } },
  };
};

/**
 * dy · step(x), where tfjs writes step(x) as Select(IsNan(x), x, Select(x > 0, 1, 0)). As in TensorFlow's own
 * gradient, the step is taken from the rectified value, so that x itself need not be kept. It differs where x is NaN
 * (0 in place of NaN), and there the loss is NaN too.
 */
const rectifierGradient: Rule = (instruction, earlier) => {
  if (instruction.op !== 'Mul') return null;
  const [a, b] = valuesOf(instruction);
  for (const [dy, step] of [
    [a, b],
    [b, a],
  ]) {
    const x = argumentOfStep(step, earlier);
    if (x === null || !sameShape(earlier.typeOf(dy).shape, earlier.typeOf(x).shape)) continue;
    return {
      ...instruction,
      op: 'ReluGrad',
      inputs: [operand(dy), operand(earlier.rectified(x) ?? x)],
      attributes: { T: FLOAT },
    };
  }
  return null;
};

function argumentOfStep(value: ValueId, { madeBy, isAll }: Earlier): ValueId | null {
  const outer = madeBy(value);
  if (outer?.op !== 'Select') return null;
  const [undefinedAt, x, otherwise] = valuesOf(outer);
  const isNan = madeBy(undefinedAt),
    inner = madeBy(otherwise);
  if (isNan?.op !== 'IsNan' || valuesOf(isNan)[0] !== x || inner?.op !== 'Select') return null;
  const [positiveAt, one, zero] = valuesOf(inner);
  const greater = madeBy(positiveAt);
  if (greater?.op !== 'Greater' || valuesOf(greater)[0] !== x) return null;
  return isAll(valuesOf(greater)[1], 0) && isAll(one, 1) && isAll(zero, 0) ? x : null;
}

/** Drops instructions without effect whose values nothing uses, and constants that are left over. */
export function withoutUnused<O extends string>(program: Program<O>): Program<O> {
  const used = new Set(Object.values<ProgramOutput>(program.outputs).map((output) => output.value));
  const kept: Instruction[] = [];
  for (const instruction of [...program.instructions].reverse()) {
    if (instruction.writes.length === 0 && !instruction.outputs.some((value) => used.has(value))) continue;
    kept.push(instruction);
    for (const value of valuesOf(instruction)) used.add(value);
  }
  return {
    ...program,
    instructions: kept.reverse(),
    constants: program.constants.filter(({ value }) => used.has(value)),
  };
}

const FLOAT: Attribute = { kind: 'type', value: DATA_TYPES.float32 };
const operand = (value: ValueId): Operand => ({ value });

function elements(constant: Constant): Float32Array | Int32Array | Uint8Array {
  const bytes = constant.content.slice();
  if (constant.dtype === DATA_TYPES.float32) return new Float32Array(bytes.buffer);
  return constant.dtype === DATA_TYPES.int32 ? new Int32Array(bytes.buffer) : bytes;
}

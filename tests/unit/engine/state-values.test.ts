import { describe, expect, it } from 'vitest';
import { withAdamWrittenOut } from '../../../src-main/engine/kernels/adam-arithmetic.ts';
import { ELEMENTWISE, withFusedChains } from '../../../src-main/engine/kernels/elementwise-chains.ts';
import type { Instruction, Program, ValueId } from '../../../src-main/engine/recording/program.ts';
import { wholeVariables, withStateAsValues } from '../../../src-main/engine/recording/state-values.ts';
import type { Variable } from '../../../src-main/engine/types.ts';
import { opsOf, Recorder } from './recorder.ts';

const variable = (id: number, name: string, shape: readonly number[] = [64, 64]): Variable => ({
  id,
  name,
  shape,
  dtype: 'float32',
});
const WEIGHT = variable(1, 'weight'),
  M = variable(2, 'm'),
  S = variable(3, 's'),
  IMPORTANCE = variable(4, 'importance');
const SHAPE = [64, 64];

function adam(r: Recorder, gradient: ValueId, of: readonly [Variable, Variable, Variable]): Instruction {
  const numbers = [0.9, 0.999, 0.01, 0.9, 0.999, 1e-8].map((number) => r.constant([], number));
  return {
    op: 'ResourceApplyAdam',
    attributes: {},
    inputs: [...of.map((handle) => ({ handle })), ...numbers.map((value) => ({ value })), { value: gradient }],
    outputs: [],
    reads: [],
    writes: of,
  };
}

const effectsOf = (program: Program): string[] =>
  program.instructions.flatMap(({ op, reads, writes }) =>
    reads.length + writes.length === 0 ? [] : [`${op} ${[...reads, ...writes].map(({ name }) => name).join()}`],
  );

describe('variables that a step only reads and assigns', () => {
  it('have one read, and one assignment at the end, of what was assigned last; reads in between are that value', () => {
    const r = new Recorder();
    const first = r.read(WEIGHT);
    const doubled = r.op('Add', [first, first], SHAPE);
    r.assign(WEIGHT, doubled);
    const second = r.read(WEIGHT);
    r.assign(WEIGHT, r.op('Mul', [second, first], SHAPE));
    const program = withStateAsValues(r.program({ second, third: r.read(WEIGHT) }));
    expect(opsOf(program)).toEqual(['ReadVariableOp', 'Add', 'Mul', 'AssignVariableOp']);
    const product = program.instructions[2];
    expect(product.inputs).toEqual([{ value: doubled }, { value: first }]);
    expect(program.instructions[3].inputs).toEqual([{ handle: WEIGHT }, { value: product.outputs[0] }]);
    expect([program.outputs['second'].value, program.outputs['third'].value]).toEqual([doubled, product.outputs[0]]);
  });

  it('are those that nothing gathers, scatters or updates in place', () => {
    const r = new Recorder();
    r.gather(WEIGHT, [2, 64]);
    const before = r.read(WEIGHT);
    r.assign(WEIGHT, r.op('Neg', [before], SHAPE));
    r.assign(M, r.read(WEIGHT));
    const program = r.program({});
    expect([...wholeVariables(program)]).toEqual([M.id]);
    expect(effectsOf(withStateAsValues(program))).toEqual(effectsOf(program));
  });
});

describe('Adam written out', () => {
  it('becomes one chain with the penalty before it and the path after it', () => {
    const r = new Recorder();
    const before = r.read(WEIGHT);
    const penalised = r.op('AddV2', [r.input('g', SHAPE), r.op('Mul', [r.read(IMPORTANCE), before], SHAPE)], SHAPE);
    r.instructions.push(adam(r, penalised, [WEIGHT, M, S]));
    r.assign(IMPORTANCE, r.op('Sub', [r.read(WEIGHT), before], SHAPE));
    const program = withFusedChains(withStateAsValues(withAdamWrittenOut(r.program({}))));
    expect(program.instructions.filter(({ op }) => op === ELEMENTWISE).map(({ outputs }) => outputs.length)).toEqual([
      4,
    ]);
    expect(effectsOf(program)).toEqual([
      'ReadVariableOp weight',
      'ReadVariableOp importance',
      'ReadVariableOp m',
      'ReadVariableOp s',
      'AssignVariableOp m',
      'AssignVariableOp s',
      'AssignVariableOp weight',
      'AssignVariableOp importance',
    ]);
  });

  it('computes what depends on the step alone once for all parameters', () => {
    const r = new Recorder();
    const update = adam(r, r.input('g', SHAPE), [WEIGHT, M, S]);
    r.instructions.push(update, {
      ...update,
      inputs: [...[4, 5, 6].map((id) => ({ handle: variable(id, `other${id}`) })), ...update.inputs.slice(3)],
      writes: [4, 5, 6].map((id) => variable(id, `other${id}`)),
    });
    const { instructions, types } = withAdamWrittenOut(r.program({}));
    expect(
      instructions
        .filter(({ outputs: [value] }) => value !== undefined && types.get(value)?.shape.length === 0)
        .map(({ op }) => op),
    ).toEqual(['Sub', 'Sqrt', 'Mul', 'Sub', 'RealDiv', 'Sub', 'Sub']);
  });

  it('leaves small parameters to TensorFlow', () => {
    const r = new Recorder();
    const small = [5, 6, 7].map((id) => variable(id, `bias${id}`, [400]));
    r.instructions.push(adam(r, r.input('g', [400]), [small[0], small[1], small[2]]));
    const program = r.program({});
    expect(withAdamWrittenOut(program)).toBe(program);
  });
});

import { mapValues } from './records.ts';
import { valuesOf, type Instruction, type Program, type ValueId } from './program.ts';

/**
 * The variables that a step only reads and assigns as a whole. Between the first read and the last assignment of a
 * call their values are like any others, and need not be looked up.
 */
export function wholeVariables(program: Program): ReadonlySet<number> {
  const whole = new Set<number>(),
    otherwise = new Set<number>();
  for (const { op, reads, writes } of program.instructions) {
    const found = op === 'ReadVariableOp' || op === 'AssignVariableOp' ? whole : otherwise;
    for (const { id } of [...reads, ...writes]) found.add(id);
  }
  for (const id of otherwise) whole.delete(id);
  return whole;
}

/**
 * The same step with one read of each such variable, and one assignment at its end. A later read gets the value that
 * was assigned.
 */
export function withStateAsValues<O extends string>(program: Program<O>): Program<O> {
  const whole = wholeVariables(program);
  const present = new Map<number, ValueId>();
  const same = new Map<ValueId, ValueId>();
  const assignments = new Map<number, Instruction>();
  const instructions: Instruction[] = [];
  for (const recorded of program.instructions) {
    const instruction = {
      ...recorded,
      inputs: recorded.inputs.map((operand) =>
        'value' in operand ? { value: same.get(operand.value) ?? operand.value } : operand,
      ),
    };
    const [variable] = [...instruction.reads, ...instruction.writes];
    if (variable === undefined || !whole.has(variable.id)) {
      instructions.push(instruction);
    } else if (instruction.op === 'AssignVariableOp') {
      present.set(variable.id, valuesOf(instruction)[0]);
      assignments.set(variable.id, instruction);
    } else {
      const [value] = instruction.outputs;
      const known = present.get(variable.id);
      if (known !== undefined) same.set(value, known);
      else instructions.push(instruction);
      present.set(variable.id, known ?? value);
    }
  }
  return {
    ...program,
    instructions: [...instructions, ...assignments.values()],
    outputs: mapValues(program.outputs, (output) => ({ ...output, value: same.get(output.value) ?? output.value })),
  };
}

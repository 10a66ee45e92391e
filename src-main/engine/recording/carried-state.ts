import { usesOf, valuesOf, type Instruction, type Program, type ValueId } from './program.ts';
import { wholeVariables } from './state-values.ts';
import type { Variable } from '../types.ts';

/**
 * The values of variables that a step only reads and assigns. From the first read to the end of the call, these values
 * go from operation to operation. An operation may then write its result over its operand, which it may not while a
 * variable holds on to that.
 */
export class CarriedState {
  readonly whole: ReadonlySet<number>;
  private readonly values = new Map<number, string>();
  private readonly changed = new Map<number, Variable>();

  constructor(program: Program) {
    this.whole = wholeVariables(program);
  }

  /** The variable that the instruction reads or assigns, where it is carried. */
  carried(instruction: Instruction): Variable | undefined {
    return variableAmong(this.whole, instruction);
  }

  value(variable: Variable): string | undefined {
    return this.values.get(variable.id);
  }

  isRead(variable: Variable, value: string): void {
    this.values.set(variable.id, value);
  }

  isAssigned(variable: Variable, value: string): void {
    this.values.set(variable.id, value);
    this.changed.set(variable.id, variable);
  }

  /** What variables are to hold when the call ends, by variable. */
  assignments(): { readonly variable: Variable; readonly value: string }[] {
    return [...this.changed.values()].map((variable) => ({ variable, value: this.values.get(variable.id) ?? '' }));
  }
}

/**
 * For each instruction that changes what a carried variable held: the earlier users of the old value that it would not
 * wait for anyway. They have to run first. The others are left out, because TensorFlow does not fuse operations where
 * something else waits for one of them.
 */
export function lastReadersOf(program: Program, { whole }: CarriedState): ReadonlyMap<number, readonly number[]> {
  const uses = usesOf(program);
  const makers = new Map(
    program.instructions.flatMap(({ outputs }, place) => outputs.map((value): [ValueId, number] => [value, place])),
  );
  const held = new Map<number, ValueId>();
  const readers = new Map<number, readonly number[]>();
  for (const instruction of program.instructions) {
    const variable = variableAmong(whole, instruction);
    if (variable === undefined) continue;
    if (instruction.op === 'ReadVariableOp') held.set(variable.id, instruction.outputs[0]);
    else {
      const before = held.get(variable.id),
        maker = makers.get(valuesOf(instruction)[0]);
      if (before === undefined || maker === undefined || !valuesOf(program.instructions[maker]).includes(before))
        continue;
      // an assignment of another such variable has no node of its own
      const others = (uses.get(before) ?? []).filter(
        (place) => place < maker && variableAmong(whole, program.instructions[place]) === undefined,
      );
      const awaited = ancestors(program, maker, makers);
      readers.set(maker, [...(readers.get(maker) ?? []), ...others.filter((place) => !awaited.has(place))]);
    }
  }
  return readers;
}

const variableAmong = (whole: ReadonlySet<number>, { reads, writes }: Instruction): Variable | undefined =>
  [...reads, ...writes].find(({ id }) => whole.has(id));

/** The places of all instructions whose values go into one. */
function ancestors({ instructions }: Program, of: number, makers: ReadonlyMap<ValueId, number>): ReadonlySet<number> {
  const found = new Set<number>();
  const ahead = [of];
  for (let place = ahead.pop(); place !== undefined; place = ahead.pop()) {
    for (const value of valuesOf(instructions[place])) {
      const maker = makers.get(value);
      if (maker === undefined || found.has(maker)) continue;
      found.add(maker);
      ahead.push(maker);
    }
  }
  return found;
}

import { CarriedState, lastReadersOf } from './carried-state.ts';
import { DATA_TYPES, int, type Attribute, type GraphNode } from './graphdef.ts';
import type { Instruction, Program, ProgramOutput, ValueId } from './program.ts';
import type { Variable } from '../types.ts';

/** Nodes of a program repeated several times, and the names to feed, fetch and run. */
export interface EmittedProgram {
  readonly nodes: readonly GraphNode[];
  readonly feeds: readonly string[];
  readonly fetches: readonly string[];
  readonly targets: readonly string[];
}

const type = (value: number): Attribute => ({ kind: 'type', value });

/** The name under which every part of the graph finds the variable. */
export const handleName = (variable: Variable): string => `v${variable.id}`;

/** A node that looks a variable up; imported graphs can't refer to nodes of earlier ones, so each has its own. */
export function handleNode(name: string, variable: Variable): GraphNode {
  return {
    name,
    op: 'VarHandleOp',
    inputs: [],
    attributes: {
      dtype: type(DATA_TYPES[variable.dtype]),
      shape: { kind: 'shape', value: variable.shape },
      shared_name: { kind: 'string', value: handleName(variable) },
    },
  };
}

/** Where the nodes of a repetition go, and what they share with the others. */
interface Emission {
  readonly nodes: GraphNode[];
  readonly prefix: string;
  readonly constants: ReadonlyMap<ValueId, string>;
  readonly order: EffectOrder;
  readonly state: CarriedState;
  /**
   * For an instruction, by its place in the program: the places of those that have to run before it, so that it may
   * write over what it changes.
   */
  readonly lastReaders: ReadonlyMap<number, readonly number[]>;
}

/** Which node last wrote a variable and which have read it since: what orders effects as in the program. */
class EffectOrder {
  private readonly lastWrite = new Map<number, string>();
  private readonly readers = new Map<number, string[]>();

  /** Control inputs for a node with these effects; records the effects. */
  control(node: string, reads: readonly Variable[], writes: readonly Variable[]): string[] {
    const after = new Set<string>();
    for (const variable of [...reads, ...writes]) {
      const write = this.lastWrite.get(variable.id);
      if (write !== undefined) after.add(`^${write}`);
    }
    for (const variable of writes) {
      for (const reader of this.readers.get(variable.id) ?? []) after.add(`^${reader}`);
    }
    for (const variable of writes) {
      this.lastWrite.set(variable.id, node);
      this.readers.set(variable.id, []);
    }
    for (const variable of reads) this.readers.set(variable.id, [...(this.readers.get(variable.id) ?? []), node]);
    after.delete(`^${node}`);
    return [...after];
  }

  finalWrites(): string[] {
    return [...new Set(this.lastWrite.values())];
  }
}

/**
 * `after`: the node where the repetition before ends; null in the first. Gathering the batch and drawing random
 * numbers need nothing of that repetition, and wait for it all the same. Otherwise TensorFlow would gather the batches
 * of all repetitions first, and each would have left the caches when its turn comes.
 */
function emitRepetition(
  program: Program,
  repetition: number,
  after: string | null,
  feeds: ReadonlyMap<string, string>,
  emission: Emission,
): ReadonlyMap<ValueId, string> {
  const fed = new Set(program.inputs.map(({ value }) => value));
  const names = new Map(emission.constants);
  for (const input of program.inputs) names.set(input.value, `${feeds.get(input.name)}:${repetition}`);
  const { order, state, lastReaders } = emission;
  const repetitionName = `${emission.prefix}/r${repetition}`;
  program.instructions.forEach((instruction, index) => {
    const name = `${repetitionName}/n${index}`;
    const inputs = instruction.inputs.map((operand) => {
      if ('handle' in operand) return `${emission.prefix}/${handleName(operand.handle)}`;
      const source = names.get(operand.value);
      if (source === undefined) throw new Error(`${name} uses value ${operand.value} before it is made`);
      return source;
    });
    const carried = state.carried(instruction);
    if (carried !== undefined && instruction.op === 'AssignVariableOp') return state.isAssigned(carried, inputs[1]);
    const known = carried && state.value(carried);
    if (known !== undefined) return void names.set(instruction.outputs[0], known);
    if (carried !== undefined) state.isRead(carried, `${name}:0`);
    const effects = [
      ...order.control(name, instruction.reads, instruction.writes),
      ...(lastReaders.get(index) ?? []).map((place) => `^${repetitionName}/n${place}`),
    ];
    const control = effects.length === 0 && after !== null && begins(instruction, fed) ? [`^${after}`] : effects;
    emission.nodes.push({
      name,
      op: instruction.op,
      inputs: [...inputs, ...control],
      attributes: instruction.attributes,
    });
    instruction.outputs.forEach((value, output) => names.set(value, `${name}:${output}`));
  });
  return names;
}

/** Gives the variables what they are to hold when the call ends. */
function emitAssignments({ nodes, prefix, order, state }: Emission): void {
  for (const { variable, value } of state.assignments()) {
    const name = `${prefix}/set/${handleName(variable)}`;
    nodes.push({
      name,
      op: 'AssignVariableOp',
      inputs: [`${prefix}/${handleName(variable)}`, value, ...order.control(name, [], [variable])],
      attributes: { dtype: type(DATA_TYPES[variable.dtype]) },
    });
  }
}

/**
 * Whether it could run before anything else of its repetition: it uses what is fed, or a variable. What uses constants
 * alone is computed once, by the graph's optimiser.
 */
function begins({ inputs }: Instruction, fed: ReadonlySet<ValueId>): boolean {
  return inputs.some((operand) => 'handle' in operand || fed.has(operand.value));
}

/**
 * Turns a program into graph nodes that run it `repetitions` times in order. Every input is fed with a leading axis of
 * that length; every output is fetched with one, in the order of `program.outputs`.
 */
export function emitProgram(program: Program, prefix: string, repetitions: number): EmittedProgram {
  const nodes: GraphNode[] = [];
  const constants = new Map<ValueId, string>();
  for (const constant of program.constants) {
    const name = `${prefix}/c${constant.value}`;
    constants.set(constant.value, `${name}:0`);
    nodes.push({
      name,
      op: 'Const',
      inputs: [],
      attributes: {
        dtype: type(constant.dtype),
        value: { kind: 'tensor', dtype: constant.dtype, shape: constant.shape, content: constant.content },
      },
    });
  }
  const variables = new Map(
    program.instructions.flatMap((i) => [...i.reads, ...i.writes]).map((variable) => [variable.id, variable]),
  );
  for (const variable of variables.values()) nodes.push(handleNode(`${prefix}/${handleName(variable)}`, variable));
  const feeds = new Map<string, string>();
  for (const input of program.inputs) {
    const dtype = DATA_TYPES[input.spec.dtype];
    const fed = `${prefix}/in/${input.name}`;
    nodes.push({
      name: fed,
      op: 'Placeholder',
      inputs: [],
      attributes: { dtype: type(dtype), shape: { kind: 'shape', value: [repetitions, ...input.spec.shape] } },
    });
    nodes.push({
      name: `${fed}/each`,
      op: 'Unpack',
      inputs: [`${fed}:0`],
      attributes: { T: type(dtype), num: int(repetitions), axis: int(0) },
    });
    feeds.set(input.name, `${fed}/each`);
  }
  const order = new EffectOrder(),
    state = new CarriedState(program);
  const emission: Emission = { nodes, prefix, constants, order, state, lastReaders: lastReadersOf(program, state) };
  const perRepetition: ReadonlyMap<ValueId, string>[] = [];
  let done: string | null = null;
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const names = emitRepetition(program, repetition, done, feeds, emission);
    perRepetition.push(names);
    if (repetition === repetitions - 1) emitAssignments(emission);
    done = `${prefix}/r${repetition}/done`;
    const results = [
      ...Object.values<ProgramOutput>(program.outputs).flatMap(({ value }) => names.get(value) ?? []),
      ...state.assignments().map(({ value }) => value),
    ].map((output) => output.replace(/:\d+$/, ''));
    nodes.push({
      name: done,
      op: 'NoOp',
      inputs: [...new Set([...order.finalWrites(), ...results])].map((name) => `^${name}`),
      attributes: {},
    });
  }
  const fetches = Object.entries(program.outputs).map(([output, { value }]) => {
    const name = `${prefix}/out/${output}`;
    const inputs = perRepetition.map((names) => names.get(value) ?? '');
    nodes.push({
      name,
      op: 'Pack',
      inputs,
      attributes: { N: int(repetitions), T: type(program.types.get(value)?.dtype ?? DATA_TYPES.float32), axis: int(0) },
    });
    return `${name}:0`;
  });
  return {
    nodes,
    feeds: program.inputs.map((input) => `${prefix}/in/${input.name}:0`),
    fetches,
    targets: done === null ? [] : [done],
  };
}

import { DATA_TYPES, int } from '../recording/graphdef.ts';
import {
  sameShape,
  typeOf,
  usesOf,
  valuesOf,
  type Instruction,
  type Program,
  type ValueId,
} from '../recording/program.ts';
import { withoutUnused } from '../recording/rewrites.ts';

/** The operation of `native/operations.cc`. */
export const ELEMENTWISE = 'TouchstoneElementwise';

/** `Arithmetic` of `native/chain.h`. */
const SUM = 0,
  DIFFERENCE = 1,
  PRODUCT = 2,
  QUOTIENT = 3,
  ROOT = 4;
const ARITHMETIC: ReadonlyMap<string, number> = new Map([
  ['Add', SUM],
  ['AddV2', SUM],
  ['Sub', DIFFERENCE],
  ['Mul', PRODUCT],
  ['Square', PRODUCT],
  ['Div', QUOTIENT],
  ['RealDiv', QUOTIENT],
  ['Sqrt', ROOT],
]);

/** A chain has at most so many operations: what is computed of a block has to stay in a first-level cache. */
const LONGEST = 48;

/** Instructions, by their place in the program, that become one. */
type Chain = ReadonlySet<number>;

/**
 * The same step, where chains of element-wise arithmetic on float32 arrays of one shape are one operation each.
 * Penalties and path integrals work on arrays as large as the network. By itself, each operation would write its
 * values to memory, and the next would read them again. Every operation still rounds by itself, in the recorded order.
 */
export function withFusedChains<O extends string>(program: Program<O>): Program<O> {
  const chains = new Set([...chainsOf(program).values()].filter((chain) => chain.size > 1));
  if (chains.size === 0) return program;
  const last = new Map([...chains].map((chain) => [Math.max(...chain), chain]));
  const within = new Set([...chains].flatMap((chain) => [...chain]));
  const uses = usesOf(program);
  return withoutUnused({
    ...program,
    instructions: program.instructions.flatMap((instruction, place) => {
      const chain = last.get(place);
      if (chain !== undefined) return [fused(program, chain, uses)];
      return within.has(place) ? [] : [instruction];
    }),
  });
}

/**
 * The chain that each element-wise instruction belongs to. A chain stands in the place of its last instruction. So an
 * instruction joins the chains of its operands only if every user of their values comes later or is in the chain too.
 */
function chainsOf(program: Program): ReadonlyMap<number, Chain> {
  const uses = usesOf(program);
  const chains = new Map<number, Chain>();
  const makers = new Map<ValueId, number>();
  program.instructions.forEach((instruction, place) => {
    if (!isElementwise(program, instruction)) return;
    makers.set(instruction.outputs[0], place);
    const before = new Set(valuesOf(instruction).flatMap((value) => chains.get(makers.get(value) ?? -1) ?? []));
    let joined = new Set([place]);
    for (let settled = false; !settled;) {
      joined = new Set([place, ...[...before].flatMap((chain) => [...chain])]);
      const apart = [...before].find((chain) =>
        [...chain].some((member) =>
          (uses.get(program.instructions[member].outputs[0]) ?? []).some((use) => use < place && !joined.has(use)),
        ),
      );
      settled = apart === undefined;
      if (apart !== undefined) before.delete(apart);
    }
    if (joined.size > LONGEST) joined = new Set([place]);
    for (const member of joined) chains.set(member, joined);
  });
  return chains;
}

/** Arithmetic on arrays of one shape, or on such an array and a number. */
function isElementwise(program: Program, instruction: Instruction): boolean {
  if (!ARITHMETIC.has(instruction.op)) return false;
  const { shape } = typeOf(program, instruction.outputs[0]);
  return (
    shape.length > 0 &&
    valuesOf(instruction).every((value) => {
      const operand = typeOf(program, value);
      return operand.dtype === DATA_TYPES.float32 && (operand.shape.length === 0 || sameShape(operand.shape, shape));
    })
  );
}

function fused(program: Program, chain: Chain, uses: ReturnType<typeof usesOf>): Instruction {
  const members = [...chain].sort((a, b) => a - b).map((place) => program.instructions[place]);
  const made = new Map(members.map(({ outputs }, step) => [outputs[0], step]));
  const given = [...new Set(members.flatMap(valuesOf))].filter((value) => !made.has(value));
  const isNumber = (value: ValueId): boolean => typeOf(program, value).shape.length === 0;
  const operands = [...given.filter((value) => !isNumber(value)), ...given.filter(isNumber)];
  const places = new Map([...operands, ...made.keys()].map((value, place) => [value, place]));
  const kept = [...made.keys()].filter((value) => (uses.get(value) ?? []).some((use) => !chain.has(use)));
  const numbers = given.filter(isNumber).length;
  return {
    op: ELEMENTWISE,
    inputs: operands.map((value) => ({ value })),
    outputs: kept,
    reads: [],
    writes: [],
    attributes: {
      arrays: int(operands.length - numbers),
      numbers: int(numbers),
      results: int(kept.length),
      steps: {
        kind: 'ints',
        value: members.flatMap((member) => {
          const [left, right = left] = valuesOf(member);
          return [ARITHMETIC.get(member.op) ?? NaN, places.get(left) ?? NaN, places.get(right) ?? NaN];
        }),
      },
      kept: { kind: 'ints', value: kept.map((value) => made.get(value) ?? NaN) },
    },
  };
}

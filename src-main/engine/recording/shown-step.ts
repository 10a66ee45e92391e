import { emitProgram, handleName } from './emission.ts';
import { DATA_TYPES, type GraphNode } from './graphdef.ts';
import {
  isTrue,
  typeOf,
  type Constant,
  type Instruction,
  type Operand,
  type Program,
  type ProgramOutput,
  type ValueId,
} from './program.ts';
import { sizeOf } from './signatures.ts';
import type { RuleResult, StepLife } from './step-life.ts';
import type { TensorSpec, Variable } from '../types.ts';

/** The life of one step as text, stage by stage: what `touchstone step` prints and docs/engine.md explains. */

/** Lines of a stage, under its heading. */
export interface Stage {
  readonly title: string;
  readonly lines: readonly string[];
}

const BYTES = { float32: 4, int32: 4, bool: 1 } as const;
const TYPE_NAMES = new Map<number, string>(Object.entries(DATA_TYPES).map(([name, number]) => [number, name]));

/** Everything up to the call: the answer is what running it gives. */
export function stagesOf(life: StepLife): Stage[] {
  const last = life.after.at(-1)?.program ?? life.recorded;
  const emitted = emitProgram(last, 'step', life.stepsPerCall);
  const befores = [life.recorded, ...life.after.map(({ program }) => program)];
  const state = variablesOf(last);
  return [
    { title: `Recorded: ${counted(life.recorded)}`, lines: programLines(life.recorded) },
    ...life.after.map((stage, i) => ruleStage(stage, befores[i])),
    {
      title: `Emitted: ${emitted.nodes.length} nodes for ${life.stepsPerCall} steps in one call; of the first step`,
      lines: nodeLines(emitted.nodes, state),
    },
    {
      title: 'Fed and fetched by one call',
      lines: [
        ...emitted.feeds.map((feed, i) => `feed   ${feed} ${specText(fedSpec(last, i, life.stepsPerCall))}`),
        ...emitted.fetches.map((fetch, i) => `fetch  ${fetch} ${outputText(last, i, life.stepsPerCall)}`),
        ...emitted.targets.map((target) => `run    ${target}`),
      ],
    },
    {
      title: `State: ${state.reduce((sum, variable) => sum + bytesOf(variable), 0)} bytes in ${state.length} variables`,
      lines: state.map((variable) => `${variable.name} ${specText(variable)}: ${bytesOf(variable)} bytes`),
    },
    { title: `Cost: ${life.flops} floating-point operations a step`, lines: [] },
  ];
}

const counted = ({ instructions, constants }: Program): string =>
  `${instructions.length} operations, ${constants.length} constants`;

function ruleStage({ rule, program }: RuleResult, before: Program): Stage {
  const old = new Set(programLines(before)),
    now = new Set(programLines(program));
  const lines = [
    ...[...old].filter((line) => !now.has(line)).map((line) => `- ${line}`),
    ...[...now].filter((line) => !old.has(line)).map((line) => `+ ${line}`),
  ];
  return { title: `Rule "${rule}": ${lines.length === 0 ? 'changes nothing' : counted(program)}`, lines };
}

/** One line for each input, operation and output. Constants stand where they are used. */
export function programLines(program: Program): string[] {
  const inputs = new Map(program.inputs.map(({ name, value }) => [value, name]));
  const constants = new Map(program.constants.map((constant) => [constant.value, constant]));
  const valueText = (value: ValueId): string => {
    const constant = constants.get(value);
    return inputs.get(value) ?? (constant === undefined ? `%${value}` : constantText(constant));
  };
  const operandText = (operand: Operand): string =>
    'handle' in operand ? operand.handle.name : valueText(operand.value);
  return [
    ...program.inputs.map(({ name, spec }) => `input ${name} ${specText(spec)}`),
    ...program.instructions.map((instruction) => {
      const made = instruction.outputs.map((value) => `%${value}`).join(', ');
      const types = instruction.outputs.map((value) => ` ${valueType(program, value)}`).join('');
      const call = `${instruction.op}${flags(instruction)}(${instruction.inputs.map(operandText).join(', ')})`;
      return `${made === '' ? '' : `${made} = `}${call}${types}`;
    }),
    ...Object.entries<ProgramOutput>(program.outputs).map(
      ([name, { value }]) => `output ${name} = ${valueText(value)}`,
    ),
  ];
}

/** Transposed operands of a product: what shapes alone may not tell. */
function flags({ attributes }: Instruction): string {
  const set = Object.entries(attributes)
    .filter(([, attribute]) => isTrue(attribute))
    .map(([name]) => name);
  return set.length === 0 ? '' : `[${set.join(', ')}]`;
}

function valueType(program: Program, value: ValueId): string {
  const { shape, dtype } = typeOf(program, value);
  return `${TYPE_NAMES.get(dtype) ?? `type ${dtype}`}[${shape.join(', ')}]`;
}

/** A number as it is, an array by its type alone. */
function constantText({ dtype, shape, content }: Constant): string {
  const type = TYPE_NAMES.get(dtype) ?? `type ${dtype}`;
  if (sizeOf(shape) !== 1) return `const ${type}[${shape.join(', ')}]`;
  const bytes = content.slice().buffer;
  // The shortest number that is this one in float32: 0.9 in place of 0.8999999761581421.
  if (dtype === DATA_TYPES.float32) return String(Number(new Float32Array(bytes)[0].toPrecision(7)));
  return String(dtype === DATA_TYPES.int32 ? new Int32Array(bytes)[0] : content[0]);
}

const specText = ({ dtype, shape }: TensorSpec): string => `${dtype}[${shape.join(', ')}]`;

function fedSpec({ inputs }: Program, input: number, steps: number): TensorSpec {
  const { spec } = inputs[input];
  return { ...spec, shape: [steps, ...spec.shape] };
}

function outputText(program: Program, output: number, steps: number): string {
  const { value } = Object.values<ProgramOutput>(program.outputs)[output];
  return valueType(program, value).replace(
    '[',
    program.types.get(value)?.shape.length === 0 ? `[${steps}` : `[${steps}, `,
  );
}

/**
 * What every step shares, then the nodes of the first, then of each other step how many; names without the call's own.
 */
function nodeLines(nodes: readonly GraphNode[], state: readonly Variable[]): string[] {
  const others = new Map<string, number>();
  const names = new Map(state.map((variable) => [`step/${handleName(variable)}`, variable.name]));
  const constants = nodes.filter(({ op }) => op === 'Const').length;
  const lines = nodes.flatMap(({ name, op, inputs }) => {
    const repetition = /^step\/r(\d+)\//.exec(name)?.[1] ?? '0';
    if (repetition !== '0') {
      others.set(repetition, (others.get(repetition) ?? 0) + 1);
      return [];
    }
    if (op === 'Const') return [];
    const short = (text: string): string => text.replace(/^(\^?)step\//, '$1');
    if (op === 'VarHandleOp') return [`${short(name)} = ${op} ${names.get(name) ?? ''}`];
    return [`${short(name)} = ${op}(${inputs.map(short).join(', ')})`];
  });
  const each = [...new Set(others.values())].sort((a, b) => a - b).join(' or ');
  const more = others.size === 0 ? [] : [`and ${each} nodes for each of the ${others.size} other steps`];
  return [`${constants} nodes Const, c…`, ...lines, ...more];
}

function variablesOf({ instructions }: Program): Variable[] {
  return [
    ...new Map(
      instructions.flatMap(({ reads, writes }) => [...reads, ...writes]).map((variable) => [variable.id, variable]),
    ).values(),
  ];
}

const bytesOf = ({ dtype, shape }: Variable): number => BYTES[dtype] * sizeOf(shape);

import { describe, expect, it } from 'vitest';
import { DATA_TYPES, type GraphNode } from '../../../src-main/engine/recording/graphdef.ts';
import { emitProgram } from '../../../src-main/engine/recording/emission.ts';
import type { Instruction, Program } from '../../../src-main/engine/recording/program.ts';
import type { Variable } from '../../../src-main/engine/types.ts';

const DATA: Variable = { id: 1, name: 'data', shape: [6, 2], dtype: 'float32' };
const STATE: Variable = { id: 2, name: 'state', shape: [3, 2], dtype: 'float32' };
const FLOAT = { dtype: DATA_TYPES.float32 };

function instruction(
  op: string,
  inputs: Instruction['inputs'],
  outputs: readonly number[],
  effects: Partial<Pick<Instruction, 'reads' | 'writes'>> = {},
): Instruction {
  return { op, attributes: {}, inputs, outputs, reads: [], writes: [], ...effects };
}

/** Gathers a fed batch of `data`, doubles it, and either keeps it in `state` or only answers it. */
function program(keeps: boolean): Program {
  return {
    inputs: [{ name: 'ids', value: 0, spec: { shape: [3], dtype: 'int32' } }],
    constants: [{ value: 1, shape: [], ...FLOAT, content: new Uint8Array(Float32Array.of(2).buffer) }],
    instructions: [
      instruction('ResourceGather', [{ handle: DATA }, { value: 0 }], [2], { reads: [DATA] }),
      instruction('Sqrt', [{ value: 1 }], [3]),
      instruction('Mul', [{ value: 2 }, { value: 3 }], [4]),
      ...(keeps ? [instruction('AssignVariableOp', [{ handle: STATE }, { value: 4 }], [], { writes: [STATE] })] : []),
    ],
    outputs: keeps ? {} : { doubled: { value: 4, shape: [3, 2] } },
    types: new Map([
      [0, { shape: [3], dtype: DATA_TYPES.int32 }],
      [1, { shape: [], ...FLOAT }],
      [2, { shape: [3, 2], ...FLOAT }],
      [3, { shape: [], ...FLOAT }],
      [4, { shape: [3, 2], ...FLOAT }],
    ]),
  };
}

/** Multiplies `state` by itself, answers what it was, and looks at what it was once more before it is replaced. */
function squaring(): Program {
  const shape = [3, 2];
  return {
    inputs: [],
    constants: [],
    instructions: [
      instruction('ReadVariableOp', [{ handle: STATE }], [0], { reads: [STATE] }),
      instruction('Relu', [{ value: 0 }], [1]),
      instruction('Sum', [{ value: 0 }], [2]),
      instruction('Mul', [{ value: 0 }, { value: 1 }], [3]),
      instruction('AssignVariableOp', [{ handle: STATE }, { value: 3 }], [], { writes: [STATE] }),
    ],
    outputs: { sum: { value: 2, shape: [] } },
    types: new Map([0, 1, 2, 3].map((value) => [value, { shape: value === 2 ? [] : shape, ...FLOAT }])),
  };
}

const inputsOf = (name: string, nodes: readonly GraphNode[]): readonly string[] =>
  nodes.find((node) => node.name === name)?.inputs ?? [];

/** Everything that has run before the node can. */
function before(name: string, nodes: readonly GraphNode[], known = new Set<string>()): ReadonlySet<string> {
  for (const input of nodes.find((node) => node.name === name)?.inputs ?? []) {
    const source = input.replace(/^\^/, '').replace(/:\d+$/, '');
    if (known.has(source)) continue;
    known.add(source);
    before(source, nodes, known);
  }
  return known;
}

describe('a program repeated within a call', () => {
  it.each([
    ['what it writes', true],
    ['what it answers', false],
  ])('gathers a batch when the repetition before has ended: %s', (_, keeps) => {
    const { nodes } = emitProgram(program(keeps), 's', 3);
    const last = 'n2';
    expect(before('s/r0/n0', nodes)).not.toContain(`s/r0/${last}`);
    expect(before('s/r1/n0', nodes)).toContain(`s/r0/${last}`);
    expect(before('s/r2/n0', nodes)).toContain(`s/r1/${last}`);
  });

  it('leaves what is made of constants alone free, so that it is computed once', () => {
    const { nodes } = emitProgram(program(true), 's', 2);
    expect([...before('s/r1/n1', nodes)]).toEqual(['s/c1']);
  });

  it('has ended when its last repetition has', () => {
    const { nodes, targets } = emitProgram(program(true), 's', 2);
    const all = nodes.map(({ name }) => name).filter((name) => /\/(n\d+|v2)$/.test(name) && name !== 's/v2');
    expect(all).toHaveLength(7);
    for (const name of all) expect(before(targets[0], nodes)).toContain(name);
  });
});

describe('a variable that a step only reads and assigns', () => {
  const { nodes, targets } = emitProgram(squaring(), 's', 3);

  it(
    'is read once a call and assigned once, after the reading; in between its values go from ' +
      'repetition to repetition',
    () => {
      expect(nodes.filter(({ op }) => op === 'ReadVariableOp').map(({ name }) => name)).toEqual(['s/r0/n0']);
      expect(inputsOf('s/r1/n3', nodes).slice(0, 2)).toEqual(['s/r0/n3:0', 's/r1/n1:0']);
      expect(nodes.filter(({ op }) => op === 'AssignVariableOp').map(({ inputs }) => inputs)).toEqual([
        ['s/v2', 's/r2/n3:0', '^s/r0/n0'],
      ]);
      expect(before(targets[0], nodes)).toContain('s/set/v2');
    },
  );

  it(
    'is replaced when the other users of its value have run; those that the replacement waits for ' +
      'anyway need no saying',
    () => {
      for (const repetition of [0, 1, 2])
        expect(inputsOf(`s/r${repetition}/n3`, nodes).slice(2)).toEqual([`^s/r${repetition}/n2`]);
    },
  );

  it('does not wait for the assignment of another such variable, which has no node', () => {
    const before: Variable = { ...STATE, id: 3, name: 'before' };
    const [read, ...others] = squaring().instructions;
    const kept: Program = {
      ...squaring(),
      instructions: [
        read,
        instruction('AssignVariableOp', [{ handle: before }, { value: 0 }], [], { writes: [before] }),
        ...others,
      ],
    };
    const emitted = emitProgram(kept, 's', 2).nodes,
      names = new Set(emitted.map(({ name }) => name));
    for (const { inputs } of emitted)
      for (const input of inputs) expect(names).toContain(input.replace(/^\^/, '').replace(/:\d+$/, ''));
    expect(inputsOf('s/set/v3', emitted)[1]).toBe('s/r0/n4:0');
  });

  it('is looked up each time where something else uses it too', () => {
    const gathered: Program = {
      ...squaring(),
      instructions: [
        instruction('ResourceGather', [{ handle: STATE }, { value: 9 }], [8], { reads: [STATE] }),
        ...squaring().instructions,
      ],
      constants: [{ value: 9, shape: [], ...FLOAT, content: new Uint8Array(4) }],
    };
    const ops = emitProgram(gathered, 's', 2).nodes.map(({ op }) => op);
    expect([
      ops.filter((op) => op === 'ReadVariableOp').length,
      ops.filter((op) => op === 'AssignVariableOp').length,
    ]).toEqual([2, 2]);
  });
});

import { createHash } from 'node:crypto';
import { DATA_TYPES, encodeGraph, type GraphNode, type SessionOptions } from './graphdef.ts';
import { emitProgram, handleName, handleNode } from './emission.ts';
import type { Program } from './program.ts';
import { openGraphSession, type FedValue, type GraphCall, type GraphSession } from './session.ts';
import type { TensorData, Variable } from '../types.ts';

/**
 * Two recorded steps can share their calls if this is the same: it covers operations, constants, and the names of
 * their variables.
 */
export function programKey(program: Program): string {
  return createHash('sha256')
    .update(encodeGraph(emitProgram(program, '', 1).nodes))
    .digest('base64');
}

/**
 * The one native session of an engine, with the variables that were declared and the calls that were prepared. A
 * session's graph only grows. TensorFlow optimises a call when it first runs, which takes longer than a small trial's
 * training. A step that is recorded again, over variables of the same names, finds its calls here.
 */
export class LiveSession {
  readonly #session: GraphSession;
  readonly #declared = new Set<number>();
  readonly #calls = new Map<string, GraphCall>();
  #nodes = 0;
  #failed = false;

  /** Throws what TensorFlow says when the configuration is refused. */
  constructor(addonPath: string, options: SessionOptions) {
    this.#session = openGraphSession(addonPath, options);
  }

  /** Nodes of the graph. */
  get nodes(): number {
    return this.#nodes;
  }

  /** Calls of recorded steps that are ready. */
  get calls(): number {
    return this.#calls.size;
  }

  /** A native call failed: the session may hold what nothing knows of. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Gives variables their values, all in one native call. */
  initialise(fresh: readonly { readonly variable: Variable; readonly data: TensorData }[]): void {
    this.#extend(
      fresh
        .filter(({ variable }) => !this.#declared.has(variable.id))
        .flatMap(({ variable }) => variableNodes(variable)),
    );
    for (const { variable } of fresh) this.#declared.add(variable.id);
    const names = fresh.map(({ variable }) => handleName(variable));
    this.#call(
      names.map((name) => `${name}/in:0`),
      [],
      names.map((name) => `${name}/init`),
    )(fresh.map(({ variable, data }): FedValue => ({ data, shape: variable.shape })));
  }

  read(variable: Variable): TensorData {
    return this.#call([], [`${handleName(variable)}/read:0`], [])([])[0].data;
  }

  /** Frees what the variables hold, all in one native call. */
  drop(variables: readonly Variable[]): void {
    this.#call(
      [],
      [],
      variables.map((variable) => `${handleName(variable)}/drop`),
    )([]);
  }

  /**
   * A call of the program repeated so many times; `key` is the program's. `isNew`: TensorFlow will get its graph ready
   * when it runs.
   */
  call(program: Program, key: string, repetitions: number): { call: GraphCall; isNew: boolean } {
    const name = `${key} x${repetitions}`;
    const known = this.#calls.get(name);
    if (known !== undefined) return { call: known, isNew: false };
    const emitted = emitProgram(program, `s${this.#calls.size}`, repetitions);
    this.#extend(emitted.nodes);
    const call = this.#call(emitted.feeds, emitted.fetches, emitted.targets);
    this.#calls.set(name, call);
    return { call, isNew: true };
  }

  close(): void {
    this.#session.close();
  }

  #extend(nodes: readonly GraphNode[]): void {
    if (nodes.length === 0) return;
    this.#noted(() => this.#session.extend(nodes));
    this.#nodes += nodes.length;
  }

  #call(feeds: readonly string[], fetches: readonly string[], targets: readonly string[]): GraphCall {
    const call = this.#noted(() => this.#session.prepare(feeds, fetches, targets));
    return (values) => this.#noted(() => call(values));
  }

  #noted<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.#failed = true;
      throw error;
    }
  }
}

function variableNodes(variable: Variable): GraphNode[] {
  const name = handleName(variable);
  const dtype = { kind: 'type', value: DATA_TYPES[variable.dtype] } as const;
  const shape = { kind: 'shape', value: variable.shape } as const;
  return [
    handleNode(name, variable),
    { name: `${name}/in`, op: 'Placeholder', inputs: [], attributes: { dtype, shape } },
    { name: `${name}/init`, op: 'AssignVariableOp', inputs: [name, `${name}/in:0`], attributes: { dtype } },
    { name: `${name}/read`, op: 'ReadVariableOp', inputs: [name], attributes: { dtype } },
    { name: `${name}/drop`, op: 'DestroyResourceOp', inputs: [name], attributes: {} },
  ];
}

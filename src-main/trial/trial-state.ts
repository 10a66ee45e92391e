import type { Engine, Variable } from '../engine/types.ts';
import type { JsonValue, StateRole, TrialState } from '../methods/contract.ts';
import type { SavedArray } from './checkpoint.ts';

type HostArray = Float32Array | Int32Array;

/** Of an element of a variable: float32 or int32. */
const BYTES_EACH = 4;

const isInt32 = (data: HostArray): data is Int32Array => data instanceof Int32Array;

/** The explicit state of one trial: what a method registers here is what a checkpoint carries. */
export class RegisteredState implements TrialState {
  readonly restored: JsonValue | undefined;
  readonly #engine: Engine;
  readonly #variables = new Map<string, { readonly variable: Variable; readonly role: StateRole }>();
  readonly #host = new Map<string, HostArray>();
  /** Bytes of one example, by the name of the host array that holds the ids of a memory. */
  readonly #examples = new Map<string, number>();
  /** Saved values that the method has not asked for yet; they stay in later checkpoints until it does. */
  readonly #pending: Map<string, SavedArray>;

  constructor(engine: Engine, saved: { cursor: JsonValue; arrays: readonly SavedArray[] } | null) {
    this.#engine = engine;
    this.restored = saved?.cursor;
    this.#pending = new Map(saved?.arrays.map((array) => [`${array.place}:${array.name}`, array]));
  }

  variable(
    name: string,
    spec: { shape: readonly number[]; dtype: 'float32' | 'int32' },
    initial: () => Float32Array | Int32Array,
    role: StateRole = 'kept',
  ): Variable {
    const known = this.#variables.get(name);
    if (known !== undefined) {
      if (known.variable.shape.join() !== spec.shape.join())
        throw new Error(
          `"${name}" is registered with shape [${known.variable.shape.join(', ')}], now it is asked for as ` +
            `[${spec.shape.join(', ')}]: forget it first.`,
        );
      return known.variable;
    }
    const saved = this.#take('variable', name, spec.dtype, spec.shape);
    const variable = this.#engine.variable(name, spec, saved ?? initial());
    this.#variables.set(name, { variable, role });
    return variable;
  }

  forget(name: string): void {
    const known = this.#variables.get(name);
    if (known !== undefined) this.#engine.release(known.variable);
    this.#variables.delete(name);
    this.#host.delete(name);
    this.#examples.delete(name);
    for (const place of ['variable', 'host'] as const) this.#pending.delete(`${place}:${name}`);
  }

  /** Variables whose names begin so, followed by "/"; those of the checkpoint that nobody has asked for yet as well. */
  under(start: string): Readonly<Record<string, Variable>> {
    for (const { place, name, dtype, shape, data } of [...this.#pending.values()])
      if (place === 'variable' && name.startsWith(`${start}/`))
        this.variable(name, { shape, dtype }, () => data, 'optimiser');
    return Object.fromEntries(
      [...this.#variables].flatMap(([name, { variable }]) => (name.startsWith(`${start}/`) ? [[name, variable]] : [])),
    );
  }

  int32(name: string, length: number): Int32Array {
    return this.#hostArray(name, 'int32', length, isInt32, () => new Int32Array(length));
  }

  examples(name: string, places: number, bytesEach: number): Int32Array {
    this.#examples.set(name, bytesEach);
    return this.#hostArray(name, 'int32', places, isInt32, () => new Int32Array(places).fill(-1));
  }

  /**
   * Bytes that the method keeps now beside network and optimiser: variables, host arrays, and the examples that its
   * memories hold.
   */
  keptBytes(): number {
    let bytes = 0;
    for (const { variable, role } of this.#variables.values())
      if (role === 'kept') bytes += BYTES_EACH * variable.shape.reduce((product, length) => product * length, 1);
    for (const [name, data] of this.#host) {
      const bytesEach = this.#examples.get(name);
      bytes += bytesEach === undefined ? data.byteLength : bytesEach * countHeld(data);
    }
    return bytes;
  }

  float32(name: string, length: number): Float32Array {
    return this.#hostArray(
      name,
      'float32',
      length,
      (data) => data instanceof Float32Array,
      () => new Float32Array(length),
    );
  }

  /** Copies of everything registered, in a fixed order. */
  async save(): Promise<SavedArray[]> {
    const arrays: SavedArray[] = [];
    for (const [name, { variable }] of this.#variables) {
      const data = await this.#engine.read(variable);
      arrays.push({
        place: 'variable',
        name,
        dtype: data instanceof Float32Array ? 'float32' : 'int32',
        shape: variable.shape,
        data,
      });
    }
    for (const [name, data] of this.#host)
      arrays.push({
        place: 'host',
        name,
        dtype: data instanceof Float32Array ? 'float32' : 'int32',
        shape: [data.length],
        data,
      });
    return [...arrays, ...this.#pending.values()];
  }

  #hostArray<A extends HostArray>(
    name: string,
    dtype: 'float32' | 'int32',
    length: number,
    is: (data: HostArray) => data is A,
    make: () => A,
  ): A {
    const known = this.#host.get(name);
    if (known !== undefined) {
      if (!is(known) || known.length !== length)
        throw new Error(
          `The state array "${name}" was registered before with another type or length (${known.length}, ` +
            `now ${dtype}[${length}]).`,
        );
      return known;
    }
    const saved = this.#take('host', name, dtype, [length]);
    const array = saved !== null && is(saved) ? saved : make();
    this.#host.set(name, array);
    return array;
  }

  #take(
    place: SavedArray['place'],
    name: string,
    dtype: 'float32' | 'int32',
    shape: readonly number[],
  ): HostArray | null {
    const saved = this.#pending.get(`${place}:${name}`);
    if (saved === undefined) return null;
    if (saved.dtype !== dtype || saved.shape.join() !== shape.join()) {
      throw new Error(
        `The checkpoint holds "${name}" as ${saved.dtype}[${saved.shape.join(', ')}], the method asks for ` +
          `${dtype}[${shape.join(', ')}]: the method has changed since; raise its version or delete the ` +
          'checkpoint.',
      );
    }
    this.#pending.delete(`${place}:${name}`);
    return saved.data;
  }
}

/** Places of a memory that are not free. */
function countHeld(ids: HostArray): number {
  let held = 0;
  for (const id of ids) if (id >= 0) held += 1;
  return held;
}

import type { Network, NetworkSpec } from '../engine/networks/specification.ts';
import type { Stream } from '../engine/random/streams.ts';
import type { Engine, ParameterSpec, Variable, Variables } from '../engine/types.ts';
import type { Predictor } from '../methods/contract.ts';
import { slotsOf } from '../methods/models.ts';
import type { Model, Models, Start } from '../methods/models.ts';
import type { SavedModel } from './checkpoint.ts';
import type { RegisteredState } from './trial-state.ts';

export interface ModelSurroundings {
  readonly engine: Engine;
  readonly state: RegisteredState;
  /** The suite's network. */
  readonly network: Network;
  buildNetwork(spec: NetworkSpec): Network;
  stream(name: string): Stream;
}

/** See `Models`. Those of a checkpoint are opened at once. */
export class TrialModels implements Models {
  readonly #of: ModelSurroundings;
  readonly #models = new Map<string, Model>();
  #generation = 0;

  constructor(surroundings: ModelSurroundings, saved: readonly SavedModel[]) {
    this.#of = surroundings;
    for (const { name, spec } of saved) this.#register(name, surroundings.buildNetwork(spec), null);
  }

  get generation(): number {
    return this.#generation;
  }

  open(name: string, spec?: NetworkSpec, start?: Start): Model {
    const known = this.#models.get(name);
    if (known !== undefined) {
      if (spec !== undefined && !sameSpecification(known.network.spec, spec))
        throw new Error(`The model "${name}" is open with another specification: reshape it, or release it first.`);
      return known;
    }
    if (name === '' || name.includes('/')) throw new Error(`A model cannot be called "${name}": leave out "/".`);
    const network = spec === undefined ? this.#of.network : this.#of.buildNetwork(spec);
    return this.#register(name, network, start ?? ((made) => made.init(this.#of.stream(`init/${name}`))));
  }

  has(name: string): boolean {
    return this.#models.has(name);
  }

  async copy(model: Model, name: string): Promise<Model> {
    const values = await this.#valuesOf(model);
    const known = this.#models.get(name);
    if (known === undefined || !sameSpecification(known.network.spec, model.network.spec)) {
      if (known !== undefined) this.release(known);
      return this.open(name, model.network.spec, () => values);
    }
    for (const part of ['params', 'state'] as const) {
      const variables = part === 'params' ? known.parameters : known.statistics;
      for (const [tensor, variable] of Object.entries(variables)) this.#of.engine.write(variable, values[part][tensor]);
    }
    return known;
  }

  async reshape(model: Model, next: NetworkSpec, fill: Start, slots: 'kept' | 'new' = 'new'): Promise<Model> {
    const { engine, state, buildNetwork } = this.#of;
    const before = await this.#valuesOf(model);
    const network = buildNetwork(next);
    const fresh = fill(network);
    const shapes = new Map([...model.network.params, ...model.network.state].map(({ name, shape }) => [name, shape]));
    const merged = (specs: readonly ParameterSpec[], part: 'params' | 'state'): Record<string, Float32Array> =>
      Object.fromEntries(
        specs.map(({ name, shape }) => {
          const old = shapes.get(name);
          const values = before[part][name];
          return [
            name,
            old === undefined || values === undefined
              ? fresh[part][name]
              : overlaid(fresh[part][name], shape, values, old),
          ];
        }),
      );
    const values = { params: merged(network.params, 'params'), state: merged(network.state, 'state') };
    const kept =
      slots === 'new' ? [] : await slotValues(engine, state.under(slotsOf(model.name)), Object.fromEntries(shapes));
    this.release(model);
    for (const { name, parameter, shape, data } of kept) {
      const grown = network.params.find((tensor) => tensor.name === parameter)?.shape ?? shape;
      state.variable(
        name,
        { shape: grown, dtype: 'float32' },
        () => overlaid(zeros(grown), grown, data, shape),
        'optimiser',
      );
    }
    return this.#register(model.name, network, () => values);
  }

  release(model: Model): void {
    if (this.#models.get(model.name) !== model)
      throw new Error(`The model "${model.name}" is not open: it was released, or reshaped since.`);
    this.#models.delete(model.name);
    this.#generation += 1;
    const { state } = this.#of;
    for (const tensor of [...model.network.params, ...model.network.state])
      state.forget(nameOf(model.name, tensor.name));
    for (const slot of Object.keys(state.under(slotsOf(model.name)))) state.forget(slot);
  }

  /** What a checkpoint names. */
  save(): SavedModel[] {
    return [...this.#models.values()].map(({ name, network }) => ({ name, spec: network.spec }));
  }

  /** Bytes of the models that this predictor does not answer with: the method keeps them beside it. */
  bytesBeside(answering: Predictor | undefined): number {
    const uses = answering?.uses;
    if (uses === undefined || uses === 'native') return 0;
    const used = new Set(
      uses.flatMap(({ values }) => Object.values<Variable | Float32Array>(values)).filter((value) => 'id' in value),
    );
    let bytes = 0;
    for (const model of this.#models.values()) {
      const variables = Object.values({ ...model.parameters, ...model.statistics });
      if (!variables.some((variable) => used.has(variable)))
        bytes += variables.reduce((sum, { shape }) => sum + Float32Array.BYTES_PER_ELEMENT * size(shape), 0);
    }
    return bytes;
  }

  /** Where `start` is null the values are those of the checkpoint. */
  #register(name: string, network: Network, start: Start | null): Model {
    let values: ReturnType<Start> | null = null;
    const register = (specs: readonly ParameterSpec[], part: 'params' | 'state'): Variables =>
      Object.fromEntries(
        specs.map(({ name: tensor, shape }) => [
          tensor,
          this.#of.state.variable(
            nameOf(name, tensor),
            { shape, dtype: 'float32' },
            () => (start === null ? zeros(shape) : (values ??= start(network))[part][tensor]),
            'model',
          ),
        ]),
      );
    const model: Model = {
      name,
      network,
      parameters: register(network.params, 'params'),
      statistics: register(network.state, 'state'),
    };
    this.#models.set(name, model);
    this.#generation += 1;
    return model;
  }

  async #valuesOf({ parameters, statistics }: Model): Promise<ReturnType<Start>> {
    const read = async (variables: Variables): Promise<Record<string, Float32Array>> =>
      Object.fromEntries(
        await Promise.all(
          Object.entries(variables).map(
            async ([name, variable]) => [name, Float32Array.from(await this.#of.engine.read(variable))] as const,
          ),
        ),
      );
    return { params: await read(parameters), state: await read(statistics) };
  }
}

const nameOf = (model: string, tensor: string): string => `models/${model}/${tensor}`;
const size = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
const zeros = (shape: readonly number[]): Float32Array => new Float32Array(size(shape));

function sameSpecification(a: NetworkSpec, b: NetworkSpec): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

interface SlotValue {
  readonly name: string;
  /** The parameter that it belongs to; of none where it belongs to all. */
  readonly parameter: string | undefined;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

async function slotValues(
  engine: Engine,
  slots: Readonly<Record<string, Variable>>,
  parameters: Readonly<Record<string, readonly number[]>>,
): Promise<SlotValue[]> {
  return Promise.all(
    Object.entries(slots).map(async ([name, variable]) => ({
      name,
      parameter: Object.keys(parameters).find((parameter) => name.endsWith(`/${parameter}`)),
      shape: variable.shape,
      data: Float32Array.from(await engine.read(variable)),
    })),
  );
}

/** `under` with `over` laid upon it: the first so many of every axis. Row-major; both of the same rank. */
export function overlaid(
  under: Float32Array,
  shape: readonly number[],
  over: Float32Array,
  overShape: readonly number[],
): Float32Array {
  if (shape.length !== overShape.length)
    throw new Error(`A tensor of shape [${overShape.join(', ')}] cannot become one of shape [${shape.join(', ')}].`);
  const out = under.slice();
  const common = shape.map((length, axis) => Math.min(length, overShape[axis]));
  const run = common.at(-1) ?? 1;
  const rows = size(common.slice(0, -1));
  for (let row = 0; row < rows; row += 1) {
    let rest = row;
    let [to, from, strideTo, strideFrom] = [0, 0, shape.at(-1) ?? 1, overShape.at(-1) ?? 1];
    for (let axis = common.length - 2; axis >= 0; axis -= 1) {
      const index = rest % common[axis];
      rest = Math.floor(rest / common[axis]);
      to += index * strideTo;
      from += index * strideFrom;
      strideTo *= shape[axis];
      strideFrom *= overShape[axis];
    }
    out.set(over.subarray(from, from + run), to);
  }
  return out;
}

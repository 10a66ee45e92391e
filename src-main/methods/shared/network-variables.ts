import type { Engine, NamedArrays, ParameterSpec, StepScope, Tensors, Variables } from '../../engine/types.ts';
import type { Network } from '../../engine/networks/specification.ts';
import type { ModelArtefact } from './artefacts.ts';

/** Inside a step: the present value of each variable, under the same names. */
export function readAll(scope: StepScope, variables: Variables): Tensors {
  return Object.fromEntries(Object.entries(variables).map(([name, variable]) => [name, scope.read(variable)]));
}

/** Parameters and batch-norm statistics of one network as resident variables. */
export interface NetworkVariables {
  readonly parameters: Variables;
  readonly statistics: Variables;
  /** @throws Error when `values` lacks a tensor of this network. */
  load(values: NamedArrays): void;
}

/**
 * Variables for a network whose values come and go: merged nets, members of an ensemble, points of a path. Zeros until
 * loaded.
 */
export function networkVariables(engine: Engine, network: Network, prefix: string): NetworkVariables {
  const make = (specs: readonly ParameterSpec[]): Variables =>
    Object.fromEntries(
      specs.map(({ name, shape }) => [name, engine.variable(`${prefix}/${name}`, { shape, dtype: 'float32' })]),
    );
  const parameters = make(network.params);
  const statistics = make(network.state);
  return {
    parameters,
    statistics,
    load(values) {
      for (const [name, variable] of Object.entries({ ...parameters, ...statistics })) {
        if (values[name] === undefined)
          throw new Error(`The parameters have no "${name}"; they were made for another network.`);
        engine.write(variable, values[name]);
      }
    },
  };
}

/** The present values of a network's variables as an artefact. */
export async function modelOf(
  engine: Engine,
  { spec }: Network,
  { parameters, statistics }: Pick<NetworkVariables, 'parameters' | 'statistics'>,
  note: string,
): Promise<ModelArtefact> {
  const arrays: NamedArrays = {};
  for (const [name, variable] of Object.entries({ ...parameters, ...statistics }))
    arrays[name] = Float32Array.from(await engine.read(variable));
  return { kind: 'model', spec, arrays, note };
}

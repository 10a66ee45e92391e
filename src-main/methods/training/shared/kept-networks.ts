import type { Artefact, TrialContext } from '../../contract.ts';
import type { TrainedNetwork, TrainingHooks } from '../contract.ts';

/**
 * Hooks that keep the network as it is after certain steps and end with the artefacts `<name>/1` … `<name>/n`. What is
 * kept is registered state, so that it survives a kill.
 *
 * @param steps ascending
 * @param note what is said of number k, from 1
 */
export function keptNetworks(
  { engine, state }: Pick<TrialContext, 'engine' | 'state'>,
  name: string,
  steps: readonly number[],
  note: (k: number) => string,
): Required<Pick<TrainingHooks, 'between'>> & { end(trained: TrainedNetwork): Promise<KeptArtefacts> } {
  const kept = (k: number, tensor: string, length: number): Float32Array =>
    state.float32(`${name}/${k}/${tensor}`, length);
  return {
    between: {
      steps,
      async act(step, { variables: { parameters, statistics } }) {
        for (const [tensor, variable] of Object.entries({ ...parameters, ...statistics })) {
          const values = await engine.read(variable);
          kept(1 + steps.indexOf(step), tensor, values.length).set(values);
        }
      },
    },
    async end({ network }) {
      const tensors = [...network.params, ...network.state];
      const artefact = (k: number): Artefact => ({
        kind: 'model',
        spec: network.spec,
        arrays: Object.fromEntries(
          tensors.map((tensor) => [
            tensor.name,
            kept(
              k,
              tensor.name,
              tensor.shape.reduce((size, length) => size * length, 1),
            ),
          ]),
        ),
        note: note(k),
      });
      return { artefacts: Object.fromEntries(steps.map((_, at) => [`${name}/${at + 1}`, artefact(at + 1)])) };
    },
  };
}

interface KeptArtefacts {
  readonly artefacts: Readonly<Record<string, Artefact>>;
}

import type { NamedArrays } from '../../engine/types.ts';
import { MODEL } from '../contract.ts';
import type { Artefact, Outcome, TrialContext } from '../contract.ts';

export type ModelArtefact = Extract<Artefact, { kind: 'model' }>;
export type SamplesArtefact = Extract<Artefact, { kind: 'samples' }>;

/** Opens what `trials()` asked for as a network's values. @throws Error where it is something else */
export async function openModel(context: Pick<TrialContext, 'artefact'>, name: string): Promise<ModelArtefact> {
  const artefact = await context.artefact(name);
  if (artefact.kind !== 'model') throw otherKind(name, artefact, 'a network');
  return artefact;
}

/** The network that a training ended with. @throws Error where it left none */
export function trainedModel({ artefacts }: Pick<Outcome, 'artefacts'>): ModelArtefact {
  const model = artefacts?.[MODEL];
  if (model?.kind !== 'model') throw new Error('The training left no network.');
  return model;
}

/** Opens what `trials()` asked for as named arrays. @throws Error where it is something else */
export async function openArrays(context: Pick<TrialContext, 'artefact'>, name: string): Promise<NamedArrays> {
  const artefact = await context.artefact(name);
  if (artefact.kind !== 'arrays' && artefact.kind !== 'model') throw otherKind(name, artefact, 'named arrays');
  return artefact.arrays;
}

/** Opens what `trials()` asked for as answers to rows of splits. @throws Error where it is something else */
export async function openSamples(context: Pick<TrialContext, 'artefact'>, name: string): Promise<SamplesArtefact> {
  const artefact = await context.artefact(name);
  if (artefact.kind !== 'samples') throw otherKind(name, artefact, 'answers to rows');
  return artefact;
}

function otherKind(name: string, { kind }: Artefact, wanted: string): Error {
  return new Error(`The artefact "${name}" is of the kind "${kind}", and the method opens it as ${wanted}.`);
}

import type { NamedArrays } from '../../../engine/types.ts';
import type { SuiteFacts, TrialContext, TrialRequest } from '../../contract.ts';
import { withEstimatedNorms } from '../../merging/shared/estimated-norms.ts';
import { openArrays } from '../../shared/artefacts.ts';
import { iidProtocol } from '../../training/contract.ts';
import { MOMENTS } from '../../training/train-averaged.ts';

/** The training whose moments a method of averages opens; all methods with the same values share it. */
export const momentsRequest = (
  { id: suite }: SuiteFacts,
  hyperParameters: TrialRequest['hyperParameters'],
  seed: number,
): TrialRequest[] => [{ name: MOMENTS, artefact: MOMENTS, suite, method: 'train-averaged', hyperParameters, seed }];

/** What `momentsRequest` asked for. */
export interface AveragedTraining {
  readonly mean: NamedArrays;
  readonly square: NamedArrays;
  readonly deviations: readonly NamedArrays[];
}

export async function openMoments(context: TrialContext): Promise<AveragedTraining> {
  const all = await openArrays(context, MOMENTS);
  const under = (prefix: string): NamedArrays =>
    Object.fromEntries(
      Object.entries(all)
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, values]) => [name.slice(prefix.length), values]),
    );
  const deviations: NamedArrays[] = [];
  for (let k = 0; ; k += 1) {
    const deviation = under(`deviation/${k}/`);
    if (Object.keys(deviation).length === 0) break;
    deviations.push(deviation);
  }
  return { mean: under('mean/'), square: under('square/'), deviations };
}

/** The network with its batch-norm statistics estimated anew on the training inputs, as averages of weights need it. */
export async function withTrainingNorms(context: TrialContext, values: NamedArrays): Promise<NamedArrays> {
  const { engine, network, meter } = context;
  if (network.state.length === 0) return values;
  const { x, rows } = iidProtocol(context).train();
  meter.passes({ forward: rows });
  return withEstimatedNorms(engine, network, values, [
    { inputs: x, ids: Int32Array.from({ length: rows }, (_, row) => row) },
  ]);
}

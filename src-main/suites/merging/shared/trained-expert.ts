import type { ExpertFacts, HyperParameters } from '../../../methods/contract.ts';

export interface TrainedExpert extends Pick<ExpertFacts, 'network'> {
  /** The task that it is trained on. */
  readonly task: number;
  /** What its training has beside, or in place of, the suite's budget. */
  readonly run?: HyperParameters;
  /** The member of the trial whose seed it begins with; null where all begin as their start does. */
  readonly member?: number | null;
}

/** An expert of its number, trained by `train-expert`. */
export const trainedExpert = (
  expert: number,
  { task, run = {}, member = null, ...own }: TrainedExpert,
): ExpertFacts => ({
  name: `expert/${expert}`,
  task,
  method: 'train-expert',
  hyperParameters: { expert, ...run },
  member,
  ...own,
});

import { z } from 'zod';
import type { NamedArrays } from '../../../engine/types.ts';
import type { SuiteFacts } from '../../contract.ts';
import type { MergingInput } from '../contract.ts';
import { expertsOf } from './protocol.ts';
import { addedTo } from './task-vectors.ts';
import { validationJudge } from './validation-judge.ts';

/** Scales that are tried, from .05 on, each a tenth above the one before: a weak run's change needs a large one. */
const SCALES: readonly number[] = Array.from({ length: 70 }, (_, step) => Number((0.05 * 1.1 ** step).toPrecision(3)));

/** A setting of both: how much of what is to be kept must stay. */
export const keepField = z
  .number()
  .min(0)
  .max(1)
  .default(0.95)
  .describe("Least accuracy on the control, as a share of the start's, on validation rows");

/** A net from which something was taken away as far as what is to be kept allows. */
export interface Forgotten {
  readonly lambda: number;
  readonly merged: NamedArrays;
  /** Accuracies on validation rows. */
  readonly target: number;
  readonly control: number;
}

/** Why a suite has nothing to forget, or true. */
export const forgetsSomething = ({ id, experts }: SuiteFacts): true | string =>
  experts?.forgets !== undefined || `Nothing is to be forgotten on ${id}.`;

/**
 * θ0 − λ v with the largest λ of the scales up to which validation accuracy on what is to be kept stays at least a
 * share of the start's (Ilharco et al. 2023, section 3.1); θ0 itself where none does.
 */
export async function forgetter(
  input: Pick<MergingInput, 'context' | 'base' | 'tasks' | 'logitsOf'>,
  keep: number,
): Promise<(vector: NamedArrays) => Promise<Forgotten>> {
  const { forgets } = expertsOf(input.context).facts;
  if (forgets === undefined) throw new Error('This suite does not say what is to be forgotten.');
  const judge = await validationJudge(input);
  const accuracies = async (lambda: number, merged: NamedArrays): Promise<Forgotten> => {
    const found = await judge.all(merged);
    return { lambda, merged, target: found[forgets.target].accuracy, control: found[forgets.control].accuracy };
  };
  const start = await accuracies(0, input.base);
  return async (vector) => {
    let best = start;
    for (const lambda of SCALES) {
      const now = await accuracies(lambda, addedTo(input.base, [vector], -lambda));
      if (now.control < keep * start.control) break;
      best = now;
    }
    return best;
  };
}

/** What is noted of the scale that was chosen. */
export const chosenScale = ({ lambda, target, control }: Forgotten): string =>
  `λ = ${lambda}, the largest that keeps the control on validation rows: target ${(100 * target).toFixed(1)} %, ` +
  `control ${(100 * control).toFixed(1)} %.`;

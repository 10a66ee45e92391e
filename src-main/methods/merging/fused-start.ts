import { z } from 'zod';
import type { NamedArrays } from '../../engine/types.ts';
import { openModel } from '../shared/artefacts.ts';
import { defineMergingMethod } from './shared/define.ts';

/** Epochs over the few labelled rows, which are less than a batch. */
const FEW_EPOCHS = 40;

/**
 * Fusing (Choshen et al. 2022): the mean of the bodies of fine-tuned models is a better start than the one they had.
 * For each task in turn the mean leaves out the task's own expert; the network is fine-tuned from there on the task.
 */
export default defineMergingMethod({
  id: 'fused-start',
  version: 1,
  title: 'Fused start',
  summary: 'Fine-tunes each task anew, from the mean of the experts of all other tasks.',
  paper: {
    title: 'Fusing finetuned models for better pretraining',
    authors: 'Choshen, Venezian, Slonim, Katz',
    year: 2022,
    reference: 'arXiv:2204.03044',
    equations: 'Section 3: W_fuse = n⁻¹ Σ W_i, then fine-tuning on the target',
    deviations:
      'Heads are frozen, as in the suite, unless they are made anew as in the paper; on the few rows that they are ' +
      'made of training takes 40 epochs. `start` in place of the mean is the comparison.',
  },
  needsStart: true,
  asks: ['all-tasks', 'extra-passes'],
  fields: {
    from: z
      .enum(['others', 'start'])
      .default('others')
      .describe('The mean of the experts of other tasks, or the start that they had'),
    head: z
      .enum(['start', 'anew'])
      .default('start')
      .describe("The task's head: the start's, frozen; or made anew where training begins, and trained with the rest"),
    few: z.boolean().default(true).describe('On the few labelled rows of the head alone, or on all rows of the task'),
  },
  fits: ({ id, tasks, experts }) =>
    (tasks > 1 &&
      experts?.forgets === undefined &&
      experts?.members.every(({ method }) => method === 'train-expert')) === true ||
    `${id} has no experts of several tasks that another task could start from.`,
  requests: ({ id, experts }, { from, few, head }, seed) =>
    (experts?.members ?? []).map(({ name, method, hyperParameters }) => ({
      name: `tuned/${name}`,
      suite: experts?.suite ?? id,
      method,
      hyperParameters: {
        ...hyperParameters,
        ...(from === 'others' ? { from } : {}),
        ...(head === 'anew' ? { head } : {}),
        ...(few ? { few, epochs: FEW_EPOCHS } : {}),
      },
      seed,
    })),
  async *merge({ context, models }) {
    const nets: NamedArrays[] = [];
    for (const index of models.keys()) {
      nets.push((await openModel(context, `tuned/expert/${index}`)).arrays);
      yield (index + 1) / models.length;
    }
    return { kind: 'a net a model', nets };
  },
});

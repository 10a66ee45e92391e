import { z } from 'zod';
import { baseFields, baseHooks } from './shared/bases.ts';
import { defineContinualMethod } from './shared/driver.ts';

/** A rate that grows from 0 to `most` over the first `warmUp` steps and then falls to `least` along a cosine. */
export function warmedRate(
  step: number,
  steps: number,
  { warmUp, most, least }: { readonly warmUp: number; readonly most: number; readonly least: number },
): number {
  if (step < warmUp) return (most * step) / warmUp;
  const share = steps === warmUp ? 1 : (step - warmUp) / (steps - warmUp);
  return least + ((most - least) * (1 + Math.cos(Math.PI * share))) / 2;
}

/**
 * Re-warming (Gupta et al. 2023): each task trains with a rate that is warmed up and then decays fully. Where it is not
 * warmed again, later tasks train at the rate with which the first one ended.
 */
export default defineContinualMethod({
  id: 're-warming',
  version: 1,
  title: 'Re-warming the learning rate',
  summary: 'Warms the learning rate up again at each task and lets it decay, on top of another method.',
  paper: {
    title: 'Continual Pre-Training of Large Language Models: How to (re)warm your model?',
    authors: 'Gupta, Thérien, Ibrahim, Richter, Anthony, Belilovsky, Rish, Lesort',
    year: 2023,
    reference: 'arXiv:2308.04014',
    equations: 'section 3: linear warm-up, cosine decay to a tenth',
    deviations: 'Published for language models; warm-up is a share of the steps of a task, 1 % in the paper.',
  },
  fields: {
    again: z.boolean().default(true).describe('Warm up at each task; otherwise at the first alone'),
    warmUp: z.number().min(0).max(1).default(0.01).describe('Share of the steps of a task that warm up'),
    least: z.number().min(0).max(1).default(0.1).describe('The last rate, as a share of the highest'),
    ...baseFields,
    base: baseFields.base.default('naive'),
  },
  asks: ['replay-memory', 'extra-passes', 'boundaries'],
  create: (run, { again, warmUp, least, ...base }) => {
    const { lr } = run.optimiserSpec;
    const hooks = baseHooks(run, base);
    return {
      phases: (task) => [
        {
          ...hooks,
          name: '',
          rate: (step, steps) =>
            task === 0 || again
              ? warmedRate(step, steps, { warmUp: Math.round(warmUp * steps), most: lr, least: least * lr })
              : least * lr,
        },
      ],
    };
  },
});

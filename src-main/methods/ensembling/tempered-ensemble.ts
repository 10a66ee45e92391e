import { z } from 'zod';
import { classAnswers } from '../answers.ts';
import { meanProbabilities } from './shared/combine.ts';
import { defineEnsemblingMethod } from './shared/define.ts';
import { fitTemperature } from './temperature-scaling.ts';

/** A deep ensemble with a temperature after its mean, or one for each member before it. */
export default defineEnsemblingMethod({
  id: 'tempered-ensemble',
  version: 1,
  title: 'Tempered ensemble',
  summary: 'A deep ensemble with a temperature fitted on validation data, of its mean or of each member.',
  paper: {
    title: 'Uncertainty Quantification and Deep Ensembles',
    authors: 'Rahaman, Thiery',
    year: 2021,
    reference: 'arXiv:2007.08792',
    equations: 'Section 4: pool then calibrate, calibrate then pool',
    deviations: 'Temperatures by bisection of the derivative; probabilities are averaged, not logits.',
  },
  asks: ['validation'],
  fields: {
    members: z.number().int().min(1).max(50).default(5).describe('Networks in the ensemble'),
    tempered: z
      .enum(['mean', 'members'])
      .default('mean')
      .describe('What has the temperature: the mean distribution (pool, then calibrate), or each member before it'),
  },
  members: ({ members }) => members,
  async fit(ensemble, { tempered }) {
    const { outputs } = ensemble;
    const validation = await ensemble.validation();
    const logits: Float32Array[] = [];
    for (const index of ensemble.members.keys()) logits.push(await ensemble.logits(index, validation));
    const divided = (values: Float32Array, by: number): Float32Array => values.map((value) => value / by);
    if (tempered === 'mean') {
      const temperature = fitTemperature(meanProbabilities(logits, outputs), validation.labels, outputs);
      return {
        combine: (members) => {
          const mean = meanProbabilities(
            members.map((one) => classAnswers(one, one.values.length / outputs, outputs).values),
            outputs,
          );
          return { kind: 'logits', width: outputs, values: divided(mean, temperature) };
        },
        scalars: { temperature },
        notes: [`Temperature ${temperature.toFixed(3)} of the mean, fitted on ${validation.rows} validation rows.`],
      };
    }
    const temperatures = logits.map((own) => fitTemperature(own, validation.labels, outputs));
    return {
      combine: (members) => {
        const own = members.map((one, index) => divided(one.values, temperatures[index]));
        return { kind: 'log-probabilities', width: outputs, values: meanProbabilities(own, outputs), members: own };
      },
      notes: [
        `Temperatures ${temperatures.map((one) => one.toFixed(3)).join(', ')}, fitted on ${validation.rows} ` +
          'validation rows.',
      ],
    };
  },
});

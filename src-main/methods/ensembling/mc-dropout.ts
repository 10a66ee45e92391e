import { z } from 'zod';
import { mapLayers } from '../../engine/networks/map-layers.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import type { Answers, Predictor } from '../answers.ts';
import { networkPredictor } from '../shared/network-predictor.ts';
import type { Asking } from '../shared/network-predictor.ts';
import { readAll } from '../shared/network-variables.ts';
import { iidProtocol } from '../training/contract.ts';
import { defineTrainingMethod } from '../training/shared/driver.ts';
import { inTargetUnits } from '../training/shared/target.ts';
import { meanAnswers } from './shared/combine.ts';

/** The network with dropout after each rectifier, in place of any that it had. */
export function withDropout(spec: NetworkSpec, rate: number): NetworkSpec {
  let draws = 0;
  return mapLayers(spec, { kind: 'dropout', rate }, (layer) => {
    if (layer.kind === 'dropout') return [];
    if (layer.kind !== 'relu' && layer.kind !== 'leaky-relu') return layer;
    return [layer, { kind: 'dropout', rate, draw: draws++ }];
  });
}

/**
 * Monte Carlo dropout (Gal & Ghahramani 2016, section 4): the network is trained with dropout, and an answer is the
 * mean of the distributions of networks with units dropped at random, p(y|x) ≈ S⁻¹ Σ softmax(f(x; ŵ_s)).
 */
export default defineTrainingMethod({
  id: 'mc-dropout',
  version: 1,
  title: 'MC dropout',
  summary: 'One network trained with dropout; its answer is the mean over random drops of its units.',
  family: 'ensembling',
  paper: {
    title: 'Dropout as a Bayesian Approximation: Representing Model Uncertainty in Deep Learning',
    authors: 'Gal, Ghahramani',
    year: 2016,
    reference: 'arXiv:1506.02142',
    equations: 'Section 4, eq. 6, with the softmax of section 5.2',
    deviations:
      'Units are dropped after each rectifier, not before the first layer; weight decay is the suite’s, where the ' +
      'paper derives it from a prior. Batch norm answers with its running statistics.',
  },
  targets: ['classes', 'numbers'],
  fields: {
    rate: z.number().min(0).max(0.9).default(0.2).describe('Share of the units that are dropped'),
    samples: z
      .number()
      .int()
      .min(0)
      .max(500)
      .default(30)
      .describe('Networks drawn for an answer; 0: none is drawn, all units answer at their mean (plain dropout)'),
  },
  hooks: ({ rate, samples }, context) => ({
    network: withDropout(context.network.spec, rate),
    predictor({ network, variables }) {
      const asked = (asking?: Asking): Predictor =>
        inTargetUnits(iidProtocol(context), networkPredictor(context.engine, network, variables, asking));
      if (samples === 0) return asked();
      const drawn = asked({
        kind: 'logits',
        inputs: { key: { shape: [2], dtype: 'int32' } },
        feed: ({ stream }, part) => ({ key: stream(`part${part}`).key() }),
        answer: (scope, x, { key }) =>
          network.apply(
            { params: readAll(scope, variables.parameters), state: readAll(scope, variables.statistics) },
            x,
            { mode: 'eval', random: { scope, key }, sampling: true },
          ).logits,
      });
      return {
        uses: drawn.uses,
        async answer(question) {
          const all: Answers[] = [];
          for (let sample = 0; sample < samples; sample += 1) {
            const stream = (name: string) => question.stream(`dropout/sample${sample}/${name}`);
            all.push(await drawn.answer({ ...question, stream }));
          }
          return meanAnswers(all);
        },
      };
    },
  }),
});

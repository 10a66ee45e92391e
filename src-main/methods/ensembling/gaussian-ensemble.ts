import { z } from 'zod';
import { buildNetwork } from '../../engine/networks/networks.ts';
import type { NamedArrays } from '../../engine/types.ts';
import { defineMethod } from '../define.ts';
import { memberSeed } from '../shared/member-seeds.ts';
import { networkPredictor } from '../shared/network-predictor.ts';
import { networkVariables } from '../shared/network-variables.ts';
import { mixture, withVariances } from '../training/shared/gaussian.ts';
import { targetScaleOf } from '../training/train-gaussian.ts';
import { openMembers } from './shared/members.ts';

/**
 * Deep ensemble for regression (Lakshminarayanan et al. 2017, sections 2.2 and 2.4): networks that tell mean and
 * variance, trained by their likelihood; the normal distribution with mean and variance of their mixture answers.
 */
export default defineMethod(
  {
    id: 'gaussian-ensemble',
    version: 1,
    title: 'Gaussian ensemble',
    summary: 'Networks that tell a number and its variance; the mean and variance of their mixture answer.',
    paper: {
      title: 'Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles',
      authors: 'Lakshminarayanan, Pritzel, Blundell',
      year: 2017,
      reference: 'arXiv:1612.01474',
      equations: 'Eq. 1 and section 2.4: σ*² = M⁻¹ Σ (σ² + μ²) − μ*²',
      deviations: 'Without adversarial training (optional in the paper). Optimiser and budget are the suite’s.',
    },
    targets: ['numbers'],
    fields: {
      members: z.number().int().min(1).max(50).default(5).describe('Networks in the ensemble; 1: one such network'),
    },
  },
  {
    family: 'ensembling',
    protocol: 'rows',
    trials: ({ id: suite }, { members }, seed) =>
      Array.from({ length: members }, (_, member) => ({
        name: `member/${member}`,
        suite,
        method: 'train-gaussian',
        hyperParameters: {},
        seed: memberSeed(seed, member),
      })),
    async *run(context, { members: count }) {
      const members = await openMembers(context, count);
      yield { kind: 'progress', cursor: null, done: 0, total: 1 };
      const { engine } = context;
      const scale = targetScaleOf(context);
      const network = buildNetwork(withVariances(context.network.spec));
      // One network whose values are replaced: one recorded step serves every member.
      const variables = networkVariables(engine, network, 'loaded');
      const one = networkPredictor(engine, network, variables);
      return {
        predictor: {
          uses: members.map((values: NamedArrays) => ({ network, values })),
          async answer(question) {
            const all: Float32Array[] = [];
            for (const values of members) {
              variables.load(values);
              all.push((await one.answer(question)).values);
            }
            return mixture(all, scale);
          },
        },
      };
    },
  },
);

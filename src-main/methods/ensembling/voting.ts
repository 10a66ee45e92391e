import { z } from 'zod';
import type { Answers, ClassAnswers } from '../contract.ts';
import { largestOfRows } from '../shared/judged.ts';
import { meanAnswers } from './shared/combine.ts';
import { defineEnsemblingMethod } from './shared/define.ts';

/** What stands for a share of no votes: log-likelihoods stay finite. */
const NO_VOTES = 1e-12;

/**
 * The share of the members that vote for each class, as log-probabilities. A member votes for its most probable class,
 * of equal ones for the lowest; so does who reads a tie of votes.
 */
export function votes(members: readonly Answers[]): ClassAnswers {
  const { width } = members[0];
  const counts = new Float32Array(members[0].values.length);
  for (const { values } of members)
    largestOfRows(values, width).forEach((chosen, row) => (counts[row * width + chosen] += 1));
  const values = counts.map((count) => Math.log(Math.max(NO_VOTES, count / members.length)));
  return { kind: 'log-probabilities', width, values, members: members.map((member) => member.values) };
}

/** Voting of networks trained from different seeds (Hansen & Salamon 1990): by classes, or by probabilities. */
export default defineEnsemblingMethod({
  id: 'voting',
  version: 1,
  title: 'Voting',
  summary:
    'Networks trained from different seeds vote: each for one class (hard), or for all by its probabilities (soft).',
  paper: {
    title: 'Neural Network Ensembles',
    authors: 'Hansen, Salamon',
    year: 1990,
    reference: '10.1109/34.58871',
    equations: 'Plurality of the members',
    deviations:
      'The shares of the votes are taken as probabilities, none as 1e-12. Soft voting is the mean of the ' +
      'distributions: a deep ensemble.',
  },
  fields: {
    members: z.number().int().min(1).max(50).default(5).describe('Networks that vote'),
    votes: z.enum(['hard', 'soft']).default('hard').describe('One class a network, or its probabilities'),
  },
  members: ({ members }) => members,
  fit: async (_ensemble, { votes: kind }) => ({ combine: kind === 'hard' ? votes : meanAnswers }),
});

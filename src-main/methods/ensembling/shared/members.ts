import type { NamedArrays } from '../../../engine/types.ts';
import { classAnswers } from '../../answers.ts';
import type { Answers, Predictor, Question, TrialContext, TrialRequest } from '../../contract.ts';
import { openModel } from '../../shared/artefacts.ts';
import { networkPredictor } from '../../shared/network-predictor.ts';
import { networkVariables } from '../../shared/network-variables.ts';
import { iidProtocol } from '../../training/contract.ts';
import { inTargetUnits } from '../../training/shared/target.ts';
import type { Combine, Ensemble } from '../contract.ts';

/** Networks of one trial have seeds 100·seed, 100·seed + 1, …, so that no two trials share one unless they should. */
export const MEMBERS_AT_MOST = 100;

/** The seed of network `index` of the trial with this seed. */
export function memberSeed(seed: number, index: number): number {
  return seed * MEMBERS_AT_MOST + index;
}

/**
 * Networks trained from different seeds on the suite's training set; each is made once and shared by all methods and by
 * larger ensembles.
 */
export function memberRequests(suite: string, seed: number, count: number): TrialRequest[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `member/${index}`,
    suite,
    method: 'train-network',
    hyperParameters: {},
    seed: memberSeed(seed, index),
  }));
}

/** Opens what `memberRequests` asked for; all of them are held at once. */
export async function openMembers(context: TrialContext, count: number): Promise<NamedArrays[]> {
  const members: NamedArrays[] = [];
  for (let index = 0; index < count; index += 1) members.push((await openModel(context, `member/${index}`)).arrays);
  return members;
}

/**
 * Members on one engine. Passes that a method asks for are metered; those of the suite's own judgement (`predictor`)
 * are not.
 */
export function openEnsemble(
  context: TrialContext,
  members: readonly NamedArrays[],
): {
  readonly ensemble: Ensemble;
  /** Answers with these members; with all of them unless told. */
  predictor(combine: Combine, used?: readonly number[]): Predictor;
} {
  const { engine, network, meter } = context;
  const protocol = iidProtocol(context);
  // One network whose values are replaced: one recorded step serves every member.
  const variables = networkVariables(engine, network, 'loaded');
  const one = inTargetUnits(protocol, networkPredictor(engine, network, variables));
  const answer = (member: number, question: Question): Promise<Answers> => {
    variables.load(members[member]);
    return one.answer(question);
  };
  return {
    ensemble: {
      members,
      outputs: protocol.outputs,
      async logits(member, { x, rows }) {
        meter.passes({ forward: rows });
        const answers = await answer(member, { inputs: x, rows, stream: context.stream });
        return classAnswers(answers, rows, protocol.outputs).values;
      },
      async validation() {
        const split = protocol.validation();
        return { ...split, labels: Int32Array.from(await engine.read(split.y)) };
      },
    },
    predictor: (combine, used = [...members.keys()]) => ({
      uses: used.map((index) => ({ network, values: members[index] })),
      async answer(question) {
        const all: Answers[] = [];
        for (const index of used) all.push(await answer(index, question));
        return combine(all);
      },
    }),
  };
}

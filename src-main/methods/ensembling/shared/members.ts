import type { NamedArrays } from '../../../engine/types.ts';
import { classAnswers } from '../../answers.ts';
import type { Answers, Predictor, Question, TrialContext, TrialRequest } from '../../contract.ts';
import { openModel } from '../../shared/artefacts.ts';
import { memberSeed } from '../../shared/member-seeds.ts';
import { networkPredictor } from '../../shared/network-predictor.ts';
import { networkVariables } from '../../shared/network-variables.ts';
import { iidProtocol } from '../../training/contract.ts';
import { inTargetUnits } from '../../training/shared/target.ts';
import type { Combine, Ensemble } from '../contract.ts';

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
  /** Answers with one network of these values. */
  merged(values: NamedArrays): Predictor;
} {
  const { engine, network, meter } = context;
  const protocol = iidProtocol(context);
  // One network whose values are replaced: one recorded step serves every member.
  const variables = networkVariables(engine, network, 'loaded');
  const one = inTargetUnits(protocol, networkPredictor(engine, network, variables));
  const answer = (values: NamedArrays, question: Question): Promise<Answers> => {
    variables.load(values);
    return one.answer(question);
  };
  return {
    ensemble: {
      members,
      outputs: protocol.outputs,
      async logits(member, { x, rows }) {
        meter.passes({ forward: rows });
        const answers = await answer(members[member], { inputs: x, rows, stream: context.stream });
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
        for (const index of used) all.push(await answer(members[index], question));
        return combine(all);
      },
    }),
    merged: (values) => ({
      uses: [{ network, values }],
      answer: (question) => answer(values, question),
    }),
  };
}

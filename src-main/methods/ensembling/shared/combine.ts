import type { Answers, NumberAnswers } from '../../contract.ts';
import { logSoftmaxRows } from '../../shared/softmax.ts';

/** ln of the mean of the members' softmax distributions, computed by log-sum-exp. */
export function meanProbabilities(members: readonly Float32Array[], classes: number): Float32Array {
  const logs = members.map((logits) => logSoftmaxRows(logits, classes));
  const out = new Float32Array(members[0].length);
  for (let at = 0; at < out.length; at += 1) {
    const largest = Math.max(...logs.map((values) => values[at]));
    out[at] = largest + Math.log(logs.reduce((sum, values) => sum + Math.exp(values[at] - largest), 0) / logs.length);
  }
  return out;
}

/** The members' mean, and how far they are apart (population standard deviation) as its deviation. */
export function meanNumbers(members: readonly NumberAnswers[]): NumberAnswers {
  const [{ kind, width, values: first }] = members;
  const values = first.map((_, at) => members.reduce((sum, member) => sum + member.values[at], 0) / members.length);
  const deviations = values.map((mean, at) =>
    Math.sqrt(members.reduce((sum, member) => sum + (member.values[at] - mean) ** 2, 0) / members.length),
  );
  return members.length === 1 ? members[0] : { kind, width, values, deviations };
}

/** The mean of what members answer: of their distributions where they tell classes, of their numbers where those. */
export function meanAnswers(members: readonly Answers[]): Answers {
  const numbers = members.filter((member) => member.kind === 'numbers');
  if (numbers.length > 0) return meanNumbers(numbers);
  const { width } = members[0];
  const said = members.map(({ values }) => values);
  return { kind: 'log-probabilities', width, values: meanProbabilities(said, width), members: said };
}

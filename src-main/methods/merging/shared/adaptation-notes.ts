import { buildNetwork } from '../../../engine/networks/networks.ts';
import type { NamedArrays } from '../../../engine/types.ts';
import { largestOfRows } from '../../shared/judged.ts';
import { networkVariables } from '../../shared/network-variables.ts';
import { featuresOf } from '../../theory/shared/features.ts';
import type { MergingInput } from '../contract.ts';
import { representing } from './representation.ts';

/**
 * What to look at where a merge lowered the entropy of its answers to unlabelled inputs: how long the features became
 * beside the start's (entropy also falls by longer features alone), and how often each class is the answer (it is
 * lowest where all answers are one class). The passes are not the method's, and are not counted.
 */
export async function adaptationNotes(
  { context: { engine }, network, base, heads, tasks }: MergingInput,
  merged: NamedArrays,
): Promise<string[]> {
  const notes: string[] = [];
  for (const [task, { head, outputs, unlabelledTest }] of tasks.entries()) {
    const spec = network.spec.heads.find(({ name }) => name === head);
    if (spec === undefined) continue;
    // A head without bias answers the same class whatever the length of the features.
    const net = buildNetwork({ ...representing(network.spec), heads: [spec] });
    const variables = networkVariables(engine, net, `looked-at/${head}`);
    const split = unlabelledTest();
    const ask = featuresOf(engine, net, variables, split);
    const lengths: number[] = [];
    let histogram: readonly number[] = [];
    for (const values of [base, merged]) {
      variables.load({ ...heads, ...values });
      const { features, logits } = await ask();
      lengths.push(meanLength(features, split.rows));
      const answered = largestOfRows(logits, outputs);
      histogram = Array.from({ length: outputs }, (_, label) => answered.filter((found) => found === label).length);
    }
    notes.push(
      `Task ${task + 1}: features ${(lengths[1] / lengths[0]).toFixed(3)} times as long as the start's; ` +
        `answers by class ${histogram.join(' ')}`,
    );
  }
  return notes;
}

function meanLength(features: Float32Array, rows: number): number {
  const width = features.length / rows;
  let sum = 0;
  for (let row = 0; row < rows; row += 1) sum += Math.hypot(...features.subarray(row * width, (row + 1) * width));
  return sum / rows;
}

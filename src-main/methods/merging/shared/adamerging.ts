import { valueAndGradients } from '../../../engine/losses.ts';
import { makeOptimiser } from '../../../engine/optimisers/optimisers.ts';
import type { VariableSource } from '../../../engine/optimisers/optimisers.ts';
import { tf, type Scalar, type Tensor } from '../../../engine/tf.ts';
import type { CompiledStep, Engine, StepInputs, Variable } from '../../../engine/types.ts';
import type { Network } from '../../../engine/networks/specification.ts';
import { mergedTensors } from './merged-weights.ts';
import type { ResidentVectors } from './merged-weights.ts';

/** Unlabelled inputs of one task, and the head that answers for it. */
export interface AdaptationTask {
  readonly inputs: Variable;
  readonly head: string;
}

/**
 * One step of AdaMerging (Yang et al. 2024, equations 5 and 6): Adam on the coefficients λ of the task vectors against
 * the entropy of the merged net's answers to unlabelled inputs, summed over tasks. λ is clamped to [0, 1] in the
 * forward pass, so it has no gradient outside. Inputs of the step: `rows<t>`, the rows of task t; with several batches
 * in them the means of all are added.
 *
 * @param lambda [1, models] or [merged tensors, models].
 */
export function adaptationStep(
  engine: Engine,
  source: VariableSource,
  network: Network,
  vectors: ResidentVectors,
  lambda: Variable,
  tasks: readonly AdaptationTask[],
  { rate, batches }: { readonly rate: number; readonly batches: number },
): CompiledStep<StepInputs, 'entropy'> {
  const optimiser = makeOptimiser(source, { kind: 'adam', lr: rate }, { lambda });
  return engine.compileStep({
    name: 'merging/adaptation',
    inputs: Object.fromEntries(tasks.map((_, task) => [`rows${task}`, { shape: [-1], dtype: 'int32' }])),
    body(given, scope) {
      const entropyOf = (coefficients: Tensor): Scalar => {
        const params = mergedTensors(scope, vectors, tf.clipByValue(coefficients, 0, 1));
        const entropies = tasks.map(({ inputs, head }, task) => {
          const x = scope.gather(inputs, given[`rows${task}`]);
          return meanEntropy(network.apply({ params, state: {} }, x, { mode: 'eval' }, head).logits);
        });
        return tf.mul(tf.addN(entropies), batches).asScalar();
      };
      const { value, gradients } = valueAndGradients((at) => entropyOf(at['lambda']), { lambda: scope.read(lambda) });
      optimiser.update(scope, gradients, tf.scalar(rate));
      return { entropy: value };
    },
  });
}

/** Mean over rows of −Σ p ln p, from logits [rows, classes]. */
export function meanEntropy(logits: Tensor): Scalar {
  const logs = tf.logSoftmax(logits, -1);
  return tf.neg(tf.mean(tf.sum(tf.mul(tf.exp(logs), logs), -1))).asScalar();
}

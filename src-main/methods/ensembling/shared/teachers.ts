import { buildNetwork } from '../../../engine/networks/networks.ts';
import { softmaxCrossEntropy } from '../../../engine/losses.ts';
import { tf } from '../../../engine/tf.ts';
import type { Scalar, Tensor } from '../../../engine/tf.ts';
import type { Variable } from '../../../engine/types.ts';
import type { TrialContext } from '../../contract.ts';
import { openModel } from '../../shared/artefacts.ts';
import { networkPredictor } from '../../shared/network-predictor.ts';
import { networkVariables } from '../../shared/network-variables.ts';
import { softmaxRows } from '../../shared/softmax.ts';
import { iidProtocol } from '../../training/contract.ts';

/** Cross-entropy of distributions against targets [B, classes], both rows adding up to 1; the mean over rows. */
const softCrossEntropy = (logits: Tensor, targets: Tensor): Scalar =>
  tf.neg(tf.mean(tf.sum(tf.mul(targets, tf.logSoftmax(logits)), -1))).asScalar();

/**
 * Hinton, Vinyals & Dean 2015, section 2: (1 − w)·CE(y) + w·T²·CE(q_T, p_T), where q_T are the teachers' distributions
 * at the temperature and p_T the student's.
 */
export const distillationLoss = (
  logits: Tensor,
  y: Tensor,
  targets: Tensor,
  { temperature, weight }: { readonly temperature: number; readonly weight: number },
): Scalar =>
  tf.add(
    tf.mul(softmaxCrossEntropy(logits, y), 1 - weight),
    tf.mul(softCrossEntropy(tf.div(logits, temperature), targets), weight * temperature ** 2),
  );

/** KL(targets ‖ student), the mean over rows. */
export const divergence = (logits: Tensor, targets: Tensor): Scalar =>
  tf
    .sub(
      softCrossEntropy(logits, targets),
      tf.neg(tf.mean(tf.sum(tf.mul(targets, tf.log(tf.maximum(targets, 1e-12))), -1))),
    )
    .asScalar();

/**
 * What teachers answer to the training rows, [rows × classes], resident: the mean of softmax(z/T) over them. Computed
 * once before training; a resumed trial computes it again and does not count it again.
 *
 * @param names of the artefacts with their networks
 */
export async function teacherTargets(
  context: TrialContext,
  names: readonly string[],
  temperature: number,
): Promise<Variable> {
  const { engine, meter, state, stream } = context;
  const { train, outputs } = iidProtocol(context);
  const { x, rows } = train();
  const mean = new Float32Array(rows * outputs);
  for (const name of names) {
    const { spec, arrays } = await openModel(context, name);
    const network = buildNetwork(spec);
    const variables = networkVariables(engine, network, name);
    variables.load(arrays);
    const { values } = await networkPredictor(engine, network, variables).answer({ inputs: x, rows, stream });
    const softened = softmaxRows(
      values.map((logit) => logit / temperature),
      outputs,
    );
    softened.forEach((share, at) => (mean[at] += share / names.length));
  }
  if (state.restored === undefined) meter.passes({ forward: rows * names.length });
  return engine.variable('teachers/targets', { shape: [rows, outputs], dtype: 'float32' }, mean);
}

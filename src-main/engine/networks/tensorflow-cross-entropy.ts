import type { NativeBackend } from '../backends/binding.ts';
import { present, runOperation, tensorsOf } from '../backends/tensorflow-operations.ts';
import { tf, type Tensor } from '../tf.ts';

const CROSS_ENTROPY = 'SparseSoftmaxCrossEntropyWithLogits';

/**
 * Makes TensorFlow's own cross-entropy known to tfjs: one kernel answers both the loss and softmax − target. tfjs
 * writes loss and gradient out in twenty operations. First derivatives only: the second output is taken for a
 * constant. Once per process.
 */
export function registerCrossEntropy(backend: NativeBackend): void {
  const backendName = 'tensorflow';
  if (tf.getKernel(CROSS_ENTROPY, backendName) !== undefined) return;
  const { TF_ATTR_TYPE, TF_FLOAT, TF_INT32 } = backend.binding;
  tf.registerKernel({
    kernelName: CROSS_ENTROPY,
    backendName,
    kernelFunc: ({ inputs: { logits, labels } }) =>
      runOperation(
        backend,
        CROSS_ENTROPY,
        [
          { name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT },
          { name: 'Tlabels', type: TF_ATTR_TYPE, value: TF_INT32 },
        ],
        present([logits, labels]),
        2,
      ),
  });
  tf.registerGradient({
    kernelName: CROSS_ENTROPY,
    outputsToSave: [false, true],
    gradFunc(dys, [difference]) {
      const [dy] = Array.isArray(dys) ? dys : [dys];
      return { logits: () => tf.mul(difference, tf.expandDims(dy, -1)) };
    },
  });
}

/** True where `fusedCrossEntropy` can be used on the backend that is active. */
export function hasFusedCrossEntropy(): boolean {
  return tf.getKernel(CROSS_ENTROPY, tf.getBackend()) !== undefined;
}

/**
 * Softmax cross-entropy in nats of logits [B, C] and labels int32 [B] → [B]. TensorFlow throws at a label outside [0,
 * C).
 */
export function fusedCrossEntropy(logits: Tensor, labels: Tensor): Tensor {
  return tensorsOf(tf.engine().runKernel(CROSS_ENTROPY, { logits, labels }))[0];
}

import type { NativeBackend, TFEOpAttr } from '../backends/binding.ts';
import { present, runOperation, tensorsOf } from '../backends/tensorflow-operations.ts';
import { tf, type Tensor, type Tensor4D } from '../tf.ts';

const TRAIN = 'FusedBatchNormV3',
  GRADIENT = 'FusedBatchNormGradV3';

/**
 * Makes TensorFlow's own batch normalisation known to tfjs: one kernel forward, one backward. tfjs writes it out in
 * twenty operations over the whole batch. Once per process.
 */
export function registerBatchNorm(backend: NativeBackend): void {
  const backendName = 'tensorflow';
  if (tf.getKernel(TRAIN, backendName) !== undefined) return;
  const { binding } = backend;
  const float: TFEOpAttr[] = ['T', 'U'].map((name) => ({ name, type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT }));
  const attributes = (epsilon: number): TFEOpAttr[] => [
    ...float,
    { name: 'epsilon', type: binding.TF_ATTR_FLOAT, value: epsilon },
    { name: 'data_format', type: binding.TF_ATTR_STRING, value: 'NHWC' },
    { name: 'is_training', type: binding.TF_ATTR_BOOL, value: true },
  ];
  tf.registerKernel({
    kernelName: TRAIN,
    backendName,
    kernelFunc({ inputs: { x, scale, offset, mean, variance }, attrs }) {
      const { epsilon, share } = numbersOf(attrs);
      return runOperation(
        backend,
        TRAIN,
        [...attributes(epsilon), { name: 'exponential_avg_factor', type: binding.TF_ATTR_FLOAT, value: share }],
        present([x, scale, offset, mean, variance]),
        6,
      );
    },
  });
  tf.registerKernel({
    kernelName: GRADIENT,
    backendName,
    kernelFunc({ inputs: { dy, x, scale, mean, deviation, reserve }, attrs }) {
      return runOperation(
        backend,
        GRADIENT,
        attributes(numbersOf(attrs).epsilon),
        present([dy, x, scale, mean, deviation, reserve]),
        5,
      );
    },
  });
  tf.registerGradient({
    kernelName: TRAIN,
    inputsToSave: ['x', 'scale'],
    outputsToSave: [false, false, false, true, true, true],
    gradFunc(dys, [x, scale, mean, deviation, reserve], attrs) {
      const [dy] = Array.isArray(dys) ? dys : [dys];
      const gradients = tensorsOf(tf.engine().runKernel(GRADIENT, { dy, x, scale, mean, deviation, reserve }, attrs));
      return { x: () => gradients[0], scale: () => gradients[1], offset: () => gradients[2] };
    },
  });
}

/** True where `fusedBatchNorm` can be used on the backend that is active. */
export function hasFusedBatchNorm(): boolean {
  return tf.getKernel(TRAIN, tf.getBackend()) !== undefined;
}

/**
 * Batch normalisation of x [B, H, W, C] over all axes but the last by the batch's own mean and (biased) variance, and
 * the running statistics moved by `share` towards the batch's mean and unbiased variance.
 */
export function fusedBatchNorm(
  x: Tensor4D,
  scale: Tensor,
  offset: Tensor,
  running: { mean: Tensor; variance: Tensor },
  epsilon: number,
  share: number,
): { y: Tensor; mean: Tensor; variance: Tensor } {
  const [y, mean, variance] = tensorsOf(
    tf
      .engine()
      .runKernel(TRAIN, { x, scale, offset, mean: running.mean, variance: running.variance }, { epsilon, share }),
  );
  return { y, mean, variance };
}

function numbersOf(attrs: Readonly<Record<string, unknown>> | undefined): { epsilon: number; share: number } {
  const { epsilon, share } = attrs ?? {};
  if (typeof epsilon !== 'number' || typeof share !== 'number')
    throw new Error('Batch normalisation was called without ε or its share of the running statistics.');
  return { epsilon, share };
}

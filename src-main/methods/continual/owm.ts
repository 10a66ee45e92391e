import { z } from 'zod';
import { tf, type Tensor } from '../../engine/tf.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { projectorWithout } from './shared/projector.ts';

/**
 * Orthogonal weights modification (Zeng et al. 2019): the gradient of every dense layer is projected away from the
 * inputs that the layer has had, so that what it answers to them changes little.
 */
export default defineContinualMethod({
  id: 'owm',
  version: 1,
  title: 'Orthogonal weights modification (OWM)',
  summary: 'Changes weights only in directions that are orthogonal to the inputs that a layer has already had.',
  paper: {
    title: 'Continual learning of context-dependent processing in neural networks',
    authors: 'Zeng, Chen, Cui, Yu',
    year: 2019,
    reference: 'arXiv:1810.01256',
    equations: 'eqs. 1 to 3, projectors updated with the mean input of every batch as in the published code',
    deviations:
      'Where the network has biases they are weights of a constant input of 1, as in the code for tasks of one class ' +
      'each. α is constant.',
  },
  fields: {
    alpha: z.number().min(1e-6).max(1e6).default(1).describe('α beside rᵀ P r; larger projects more gently'),
    norm: z.number().min(0).max(10).default(0).describe("Weight of the sum of the layers' Euclidean norms in the loss"),
  },
  fits: ({ network }) =>
    network.layers.every(({ kind }) => ['dense', 'relu', 'dropout', 'flatten'].includes(kind)) ||
    'OWM is for networks of dense layers alone.',
  create: (run, { alpha, norm }) => {
    const shapes = Object.fromEntries(run.context.network.params.map(({ name, shape }) => [name, shape]));
    const kernels = Object.keys(shapes).filter((name) => name.endsWith('/kernel'));
    const biasOf = (kernel: string): string | null => {
      const name = kernel.replace('/kernel', '/bias');
      return name in shapes ? name : null;
    };
    const projectors = Object.fromEntries(
      kernels.map((kernel) => {
        const size = shapes[kernel][0] + (biasOf(kernel) === null ? 0 : 1);
        const identity = (): Float32Array =>
          Float32Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
        return [kernel, run.variable(`projector/${kernel}`, { shape: [size, size], dtype: 'float32' }, identity)];
      }),
    );
    return {
      loss: ({ parameters, batch, batchLogits, crossEntropy }) => {
        const loss = crossEntropy(batchLogits, batch);
        if (norm === 0) return loss;
        return tf.add(loss, tf.mul(tf.addN(kernels.map((kernel) => tf.norm(parameters[kernel]))), norm)).asScalar();
      },
      transformGradients: (scope, gradients, taps) => {
        const projected: Record<string, Tensor> = { ...gradients };
        for (const kernel of kernels) {
          const bias = biasOf(kernel);
          const mean = tf.mean(taps[kernel.replace('/kernel', '')].input, 0).as1D();
          const input = bias === null ? mean : tf.concat([mean, tf.ones([1])]);
          const projector = projectorWithout(scope.read(projectors[kernel]), input, alpha);
          scope.assign(projectors[kernel], projector);
          const own = gradients[kernel];
          const rows = bias === null ? own : tf.concat([own, tf.expandDims(gradients[bias], 0)], 0);
          const after = tf.matMul(projector.as2D(rows.shape[0], rows.shape[0]), rows.as2D(rows.shape[0], -1));
          projected[kernel] = bias === null ? after : tf.slice(after, [0, 0], [own.shape[0], -1]);
          if (bias !== null) projected[bias] = tf.slice(after, [own.shape[0], 0], [1, -1]).as1D();
        }
        return projected;
      },
    };
  },
});

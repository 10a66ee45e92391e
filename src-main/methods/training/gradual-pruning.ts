import { z } from 'zod';
import { mapLayers } from '../../engine/networks/map-layers.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import { tf } from '../../engine/tf.ts';
import { stepsOf } from '../shared/phases.ts';
import { iidProtocol, phaseSizes } from './contract.ts';
import type { TrainedNetwork } from './contract.ts';
import { defineTrainingMethod } from './shared/driver.ts';
import { gradualSparsity, magnitudeMask, pruningSteps } from './shared/pruning.ts';

/** The network with a mask on every kernel, heads too. */
export const masked = (spec: NetworkSpec): NetworkSpec =>
  mapLayers(spec, { kind: 'masked' }, (layer) => {
    if (layer.kind === 'dense') return { ...layer, kind: 'masked-dense' };
    if (layer.kind === 'convolution') return { ...layer, kind: 'masked-convolution' };
    return layer;
  });

/** Kernels with their masks. */
const pairs = ({ variables: { parameters, statistics } }: TrainedNetwork) =>
  Object.entries(statistics).flatMap(([name, mask]) => {
    const kernel = parameters[name.replace(/mask$/, 'kernel')];
    return name.endsWith('/mask') ? [{ kernel, mask }] : [];
  });

/**
 * Gradual magnitude pruning (Zhu & Gupta 2017, section 3): while the network is trained, more and more of each layer's
 * weights, those of the smallest magnitude, are set to 0 for good, fast at first and slower towards the end.
 */
export default defineTrainingMethod({
  id: 'gradual-pruning',
  version: 1,
  title: 'Gradual magnitude pruning',
  summary: 'Sets ever more of the smallest weights to 0 while the network is trained.',
  paper: {
    title: 'To prune, or not to prune: exploring the efficacy of pruning for model compression',
    authors: 'Zhu, Gupta',
    year: 2017,
    reference: 'arXiv:1710.01878',
    equations: 'Eq. 1',
    deviations:
      'Begin and end are shares of the training. Pruned weights are set to 0 after every update too, since momentum ' +
      'would move them; biases are not pruned.',
  },
  targets: ['classes', 'numbers'],
  fields: {
    sparsity: z.number().min(0).max(0.999).default(0.9).describe('Share of the weights that are 0 in the end'),
    begin: z.number().min(0).max(0.9).default(0.1).describe('Share of the training before the first pruning'),
    end: z.number().min(0.1).max(1).default(0.7).describe('Share of the training after which none is pruned'),
    times: z.number().int().min(1).max(1000).default(20).describe('How often weights are pruned, at most'),
  },
  hooks(values, context) {
    if (values.end <= values.begin)
      throw new Error(
        `Pruning cannot end (${values.end}) before it begins (${values.begin}): set "end" above "begin".`,
      );
    const total = stepsOf(phaseSizes(iidProtocol(context)));
    const begin = Math.max(1, Math.round(values.begin * total));
    const room = Math.max(1, Math.round(values.end * total) - begin);
    const times = Math.min(values.times, room);
    const schedule = { initial: 0, final: values.sparsity, begin, every: Math.floor(room / times), times };
    const { engine } = context;
    return {
      network: masked(context.network.spec),
      between: {
        steps: pruningSteps(schedule),
        async act(step, trained) {
          const share = gradualSparsity(step, schedule);
          for (const { kernel, mask } of pairs(trained)) {
            const weights = Float32Array.from(await engine.read(kernel));
            const kept = magnitudeMask(weights, share);
            engine.write(mask, kept);
            engine.write(
              kernel,
              weights.map((weight, at) => weight * kept[at]),
            );
          }
        },
      },
      afterUpdate(scope, { trained }) {
        for (const { kernel, mask } of pairs(trained))
          scope.assign(kernel, tf.mul(scope.read(kernel), scope.read(mask)));
      },
      async end({ variables: { parameters } }) {
        const all = await Promise.all(Object.values(parameters).map((variable) => engine.read(variable)));
        const count = all.reduce((sum, numbers) => sum + numbers.length, 0);
        const used = all.reduce((sum, numbers) => sum + numbers.filter((number) => number !== 0).length, 0);
        return { scalars: { 'parameters.non-zero': used }, notes: [`${used} of ${count} parameters are not 0.`] };
      },
    };
  },
});

import { z } from 'zod';
import { layersOf } from '../../engine/networks/specification.ts';
import { tf, type Tensor } from '../../engine/tf.ts';
import type { Tensors } from '../../engine/types.ts';
import { readAll } from '../shared/network-variables.ts';
import { examplesPerPass } from '../shared/work-sizes.ts';
import { fisherFields } from './ewc.ts';
import { tasksFollow } from './shared/anchored-penalty.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { factorSums, nearestKronecker } from './shared/kronecker.ts';

/** The gradient A Δ G of ½ tr(Δᵀ A Δ G), for the change Δ [in + 1, out] of a layer with its bias as the last row. */
export const kroneckerGradient = (inputs: Tensor, change: Tensor, outputs: Tensor): Tensor =>
  tf.matMul(tf.matMul(inputs, change), outputs);

/**
 * EWC whose Fisher information is a Kronecker product for each layer (Ritter et al. 2018, eqs. 6 to 9): weights
 * of a layer are held together, not one by one. Of several tasks the product nearest to their sum is kept.
 */
export default defineContinualMethod({
  id: 'ewc-kfac',
  version: 1,
  title: 'Kronecker-factored EWC',
  summary: 'EWC that knows how the weights of a layer matter together, by a Kronecker-factored Fisher information.',
  paper: {
    title: 'Online Structured Laplace Approximations for Overcoming Catastrophic Forgetting',
    authors: 'Ritter, Botev, Barber',
    year: 2018,
    reference: 'arXiv:1805.07810',
    equations: 'eqs. 6 to 9',
    deviations:
      'One Kronecker product a layer, the nearest to the sum over tasks, and one anchor (van de Ven et al. 2022). ' +
      'No prior is added: the first task is free.',
  },
  fields: {
    lambda: z.number().min(0).max(1e12).default(1).describe('Strength λ of (λ/2) Δᵀ (A ⊗ G) Δ'),
    ...fisherFields,
    labels: fisherFields.labels.default('expected'),
  },
  asks: ['extra-passes', 'boundaries'],
  fits: ({ network }) =>
    layersOf(network).every(({ kind }) => ['dense', 'relu', 'dropout', 'flatten'].includes(kind)) ||
    'Kronecker factors are written for dense layers.',
  create: (run, { lambda, labels }) => {
    const { context, protocol } = run;
    const { engine, network, meter } = context;
    const shapes = Object.fromEntries(network.params.map(({ name, shape }) => [name, shape]));
    const layers = Object.keys(shapes)
      .filter((name) => name.endsWith('/kernel'))
      .map((name) => {
        const layer = name.slice(0, -'/kernel'.length);
        const hasBias = `${layer}/bias` in shapes;
        const [inputs, outputs] = shapes[name];
        return { layer, hasBias, rows: inputs + (hasBias ? 1 : 0), columns: outputs };
      });
    const pair = (of: 'kept' | 'sum') =>
      Object.fromEntries(
        layers.map(({ layer, rows, columns }) => {
          const made = (name: string, size: number) => {
            const spec = { shape: [size, size], dtype: 'float32' } as const;
            // Sums are 0 between passes: no checkpoint falls within one.
            return of === 'kept'
              ? run.variable(`${name}/${layer}`, spec)
              : engine.variable(`sum/${name}/${layer}`, spec);
          };
          return [layer, { inputs: made('inputs', rows), outputs: made('outputs', columns) }];
        }),
      );
    const [kept, sums, anchor] = [pair('kept'), pair('sum'), run.perParameter('anchor')];
    const accumulate = engine.compileStep({
      name: 'ewc-kfac/accumulate',
      inputs: { ids: { shape: [-1], dtype: 'int32' } },
      body: ({ ids }, scope) => {
        const batch = protocol.examples(scope, ids);
        const mask = scope.gather(run.mask, batch.tasks);
        const found = factorSums(network, run.readParameters(scope), batch, (logits) => tf.add(logits, mask), labels);
        for (const { layer } of layers)
          for (const side of ['inputs', 'outputs'] as const)
            scope.assign(sums[layer][side], tf.add(scope.read(sums[layer][side]), found[layer][side]));
        return { done: tf.scalar(1) };
      },
    });
    const together = (tensors: Tensors, layer: string, hasBias: boolean): Tensor => {
      const kernel = tensors[`${layer}/kernel`];
      return hasBias ? tf.concat([kernel, tf.expandDims(tensors[`${layer}/bias`], 0)], 0) : kernel;
    };
    return {
      addedGradients: (scope, parameters) => {
        const anchors = readAll(scope, anchor);
        const added: Tensors = {};
        for (const { layer, hasBias, rows, columns } of layers) {
          const change = tf.sub(together(parameters, layer, hasBias), together(anchors, layer, hasBias));
          const { inputs, outputs } = kept[layer];
          const held = tf.mul(kroneckerGradient(scope.read(inputs), change, scope.read(outputs)), lambda);
          const size = hasBias ? rows - 1 : rows;
          added[`${layer}/kernel`] = tf.slice(held, [0, 0], [size, columns]);
          if (hasBias) added[`${layer}/bias`] = tf.reshape(tf.slice(held, [size, 0], [1, columns]), [columns]);
        }
        return added;
      },
      endTask: async (task) => {
        if (!tasksFollow(run, task)) return;
        const { ids } = protocol.tasks[task];
        const most = examplesPerPass(network);
        await accumulate.run(
          Array.from({ length: Math.ceil(ids.length / most) }, (_, i) => ({
            ids: ids.slice(i * most, (i + 1) * most),
          })),
        );
        meter.passes({ forward: ids.length, backward: ids.length });
        for (const { layer } of layers) {
          const mean = async (side: 'inputs' | 'outputs'): Promise<Float32Array> => {
            const sum = await engine.read(sums[layer][side]);
            engine.write(sums[layer][side], new Float32Array(sum.length));
            return Float32Array.from(sum, (value) => value / ids.length);
          };
          const latest = { inputs: await mean('inputs'), outputs: await mean('outputs') };
          const { inputs, outputs } = kept[layer];
          const next = nearestKronecker(
            { inputs: await engine.read(inputs), outputs: await engine.read(outputs) },
            latest,
          );
          engine.write(inputs, next.inputs);
          engine.write(outputs, next.outputs);
        }
        for (const [name, variable] of Object.entries(run.parameters))
          engine.write(anchor[name], await engine.read(variable));
      },
    };
  },
});

import { tf, type Tensor } from '../../engine/tf.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import type { Model } from '../models.ts';
import { evaluated } from '../shared/network-predictor.ts';
import type { LossScope } from './contract.ts';
import { answersByTask } from './shared/answers-by-task.ts';
import { defineContinualMethod } from './shared/driver.ts';

/** How a model is applied: in a step of training, or in evaluation mode. */
type Apply = LossScope['apply'];

/**
 * Progressive neural networks (Rusu et al. 2016, eqs. 1 and 2): a column for each task, which is frozen when its task
 * ends. Every layer of a new column but the first also hears the layer before it in all earlier columns through an
 * adapter: z = W h + U relu(V (α ⊙ h of the earlier columns)). What a column has learnt is never changed, so nothing is
 * forgotten; at test the task says which column answers.
 */
export default defineContinualMethod({
  id: 'pnn',
  version: 1,
  title: 'Progressive neural networks (PNN)',
  summary: 'Adds a network for each task, which hears the frozen ones before it; the task at test chooses the answer.',
  paper: {
    title: 'Progressive Neural Networks',
    authors: 'Rusu, Rabinowitz, Desjardins, Soyer, Kirkpatrick, Kavukcuoglu, Pascanu, Hadsell',
    year: 2016,
    reference: 'arXiv:1606.04671',
    equations: 'eqs. 1 and 2',
    deviations:
      'α has a factor for each unit, uniform in [0, 1) at the start, and V has as many units as the layer of one ' +
      'column, as in Mammoth. Each column is the network of the suite.',
  },
  fields: {},
  asks: ['task-id-at-test', 'boundaries'],
  fits: ({ network }) =>
    network.layers.every(({ kind }) => kind === 'dense' || kind === 'relu') ||
    'Columns are joined layer by layer, which is written for networks of dense layers.',
  create: (run) => {
    const { models, protocol, context } = run;
    const { spec } = context.network;
    const hidden = spec.layers.flatMap((layer) => (layer.kind === 'dense' ? [layer] : []));
    /** Layers that hear earlier columns, with the widths of the layer before and of their own in column `task`. */
    const joints = (task: number): { layer: string; from: number; to: number }[] =>
      hidden.map(({ units }, i) => ({
        layer: hidden[i + 1]?.name ?? spec.heads[0].name,
        from: units,
        to: hidden[i + 1]?.units ?? protocol.tasks[task].outputs.length,
      }));
    const column = (task: number): Model =>
      models.open(`column-${task}`, {
        ...spec,
        heads: [{ name: spec.heads[0].name, outputs: protocol.tasks[task].outputs.length }],
      });
    /** The adapter of a layer: V after α, a rectifier, and U without a bias. */
    const adapter = (task: number, { layer, from, to }: { layer: string; from: number; to: number }): Model => {
      const name = `adapter-${task}-${layer}`;
      const adapterSpec: NetworkSpec = {
        architecture: { kind: 'adapter', from, to, columns: task },
        input: [task * from],
        layers: [{ kind: 'scale', name: 'alpha' }, { kind: 'dense', name: 'reduce', units: from }, { kind: 'relu' }],
        heads: [{ name: 'lift', outputs: to, layer: { kind: 'dense', name: 'lift', units: to, bias: false } }],
        init: spec.init,
      };
      return models.open(name, adapterSpec, (network) => {
        const start = network.init(run.stream(`init/${name}`));
        run.stream(`alpha/${name}`).fillUniform(start.params['alpha/scale'], 0, 1);
        return start;
      });
    };
    const adapters = (task: number): Model[] => (task === 0 ? [] : joints(task).map((joint) => adapter(task, joint)));
    /** Logits of columns 0 … `last`, each for the outputs of its own task. */
    const columnLogits = (x: Tensor, last: number, apply: Apply): Tensor[] => {
      const heard: Record<string, Tensor[]> = {};
      return Array.from({ length: last + 1 }, (_, task) => {
        const own: Record<string, Tensor> = {};
        const { logits } = apply(column(task), x, {
          tap: (layer, input, output) => {
            own[layer] = input;
            const joint = joints(task).find((candidate) => candidate.layer === layer);
            if (task === 0 || joint === undefined) return output;
            return tf.add(output, apply(adapter(task, joint), tf.concat(heard[layer], 1)).logits);
          },
        });
        for (const [layer, input] of Object.entries(own)) (heard[layer] ??= []).push(input);
        return logits;
      });
    };
    /** Logits of a task among the outputs of all; those of others are 0, and take no part. */
    const placed = (logits: Tensor, task: number): Tensor =>
      tf.matMul(logits, tf.oneHot(tf.tensor1d([...protocol.tasks[task].outputs], 'int32'), protocol.outputs).toFloat());
    return {
      phases: (task) => [
        {
          name: 'column',
          trains: [column(task), ...adapters(task)],
          loss: ({ batch, apply, crossEntropy }) =>
            crossEntropy(placed(columnLogits(batch.x, task, apply)[task], task), batch),
        },
      ],
      predictor: answersByTask(run, {
        known: () => Math.max(1, protocol.tasks.filter((_, task) => models.has(`column-${task}`)).length),
        uses: (tasks) => Array.from({ length: tasks }, (_, task) => [column(task), ...adapters(task)]).flat(),
        logits: (scope, x, tasks) => {
          const apply: Apply = (model, input, details) => evaluated(scope, model.network, model, input, details);
          const logits = columnLogits(x, tasks - 1, apply);
          return (task) => placed(logits[task], task);
        },
      }),
    };
  },
});

import { z } from 'zod';
import { softmaxCrossEntropy, valueAndGradients } from '../../engine/losses.ts';
import { makeOptimiser } from '../../engine/optimisers/optimisers.ts';
import { tf } from '../../engine/tf.ts';
import { MODEL } from '../contract.ts';
import { defineMethod } from '../define.ts';
import { modelOf, readAll } from '../shared/network-variables.ts';
import { runPhase, stepsOf } from '../shared/phases.ts';
import { stepsPerYield } from '../shared/work-sizes.ts';
import { openExperts } from './shared/experts.ts';
import { hasLayer } from './shared/learnable.ts';
import { expertRequests, expertsOf } from './shared/protocol.ts';

const cursorSchema = z.object({ epoch: z.number(), step: z.number() });

/**
 * Joint training, the other upper reference: nothing is merged, one network is trained on all tasks at once, from the
 * start that the experts had. Each step has a batch of every task, as large as an expert's; there are as many steps as
 * the expert with the most rows had, so that all in all it costs what the experts cost.
 */
export default defineMethod(
  {
    id: 'joint-training',
    version: 1,
    title: 'Joint training on all tasks',
    summary: 'One network trained on the labelled rows of all tasks at once: what merging does without.',
    paper: null,
    reference: 'upper',
    fields: {},
    asks: ['all-tasks', 'extra-passes'],
    fits: ({ id, tasks, network }) =>
      tasks === 1
        ? `${id} has one task only.`
        : !hasLayer(network.layers, 'batch-norm', 'dropout') ||
          'Joint training knows networks without batch norm and dropout only.',
  },
  {
    family: 'merging',
    protocol: 'experts',
    trials: (suite, _values, seed) => expertRequests(suite, seed),
    async *run(context) {
      const { engine, network, state, stream, meter } = context;
      const { facts, tasks } = expertsOf(context);
      const experts = await openExperts(context);
      const start = experts.declared['start'];
      const model = context.models.open(MODEL, undefined, (made) =>
        start === undefined ? made.init(stream('init')) : { params: start, state: {} },
      );
      const isHead = (name: string): boolean => facts.heads.some((head) => name.startsWith(`${head}/`));
      const trained = Object.fromEntries(
        Object.entries(model.parameters).filter(([name]) => !(facts.frozenHeads && isHead(name))),
      );
      const [{ batchSize, epochs, optimiser: rule }] = tasks;
      const optimiser = makeOptimiser(
        { variable: (name, spec, initial) => state.variable(name, spec, initial, 'optimiser') },
        rule,
        trained,
      );
      const step = engine.compileStep({
        name: 'merging/joint-training',
        inputs: { rows: { shape: [tasks.length * batchSize], dtype: 'int32' }, lr: { shape: [], dtype: 'float32' } },
        body({ rows, lr }, scope) {
          const frozen = readAll(scope, model.parameters);
          const { value, gradients } = valueAndGradients(
            (values) => {
              const losses = tasks.map(({ train, head }, task) => {
                const own = tf.slice(rows, [task * batchSize], [batchSize]);
                const params = { ...frozen, ...values };
                const x = scope.gather(train().x, own);
                const { logits } = network.apply({ params, state: {} }, x, { mode: 'train' }, head);
                return softmaxCrossEntropy(logits, scope.gather(train().y, own));
              });
              return tf.div(tf.addN(losses), tasks.length);
            },
            readAll(scope, trained),
          );
          optimiser.update(scope, gradients, lr);
          return { loss: value };
        },
      });
      const perEpoch = Math.ceil(Math.max(...tasks.map(({ trainRows }) => trainRows)) / batchSize);
      const sizes = { examples: perEpoch * tasks.length * batchSize, batchSize: tasks.length * batchSize, epochs };
      /** Step after step, a batch of each task; a task with fewer rows begins again. */
      const order = (epoch: number): Int32Array => {
        const own = tasks.map(({ trainRows }, task) =>
          stream(`batches/task${task}/epoch${epoch}`).permutation(trainRows),
        );
        return Int32Array.from({ length: sizes.examples }, (_, at) => {
          const rows = own[Math.floor(at / batchSize) % tasks.length];
          return rows[(Math.floor(at / sizes.batchSize) * batchSize + (at % batchSize)) % rows.length];
        });
      };
      yield* runPhase(
        {
          ...sizes,
          chunk: stepsPerYield(network, sizes.batchSize, engine.backend),
          order,
          async train(_place, batches) {
            const losses = await step.run(batches.map((rows) => ({ rows, lr: Float32Array.of(rule.lr) })));
            return losses.reduce((sum, { loss }) => sum + loss[0], 0) / losses.length;
          },
          spent(examples) {
            meter.examples(examples);
            meter.passes({ forward: examples, backward: examples });
          },
          progress: ({ epoch, step: at }, metrics) => ({
            kind: 'progress',
            cursor: { epoch, step: at },
            done: epoch * perEpoch + at,
            total: stepsOf(sizes),
            epochs: epoch + at / perEpoch,
            metrics,
          }),
        },
        state.restored === undefined ? { epoch: 0, step: 0 } : cursorSchema.parse(state.restored),
      );
      const made = await modelOf(engine, network, model, 'parameters after joint training');
      return {
        predictor: experts.merged(network, made.arrays),
        parameterSets: experts.declared,
        artefacts: { [MODEL]: made },
      };
    },
  },
);

import { z } from 'zod';
import { softmaxCrossEntropy } from '../../engine/losses.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import { tf, type Tensor } from '../../engine/tf.ts';
import type { Predictor } from '../contract.ts';
import type { Model } from '../models.ts';
import { evaluated, steppedPredictor, usedModel } from '../shared/network-predictor.ts';
import { rowsPerEvaluation } from '../shared/work-sizes.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { rehearsedIds, taskMemory } from './shared/memory.ts';
import { alignment } from './shared/weight-alignment.ts';

/**
 * Targets of the auxiliary head (section 3.3): 0 for every earlier class, 1, 2, … for the new ones. labels int32 [B] →
 * int32 [B].
 */
export function auxiliaryTargets(labels: Tensor, fresh: readonly number[]): Tensor {
  return tf.addN(
    fresh.map((output, i) => tf.mul(tf.cast(tf.equal(labels, output), 'int32'), tf.scalar(i + 1, 'int32'))),
  );
}

/**
 * Dynamically expandable representations (Yan, Xie & He 2021, eqs. 2 to 6): every task adds a feature extractor and
 * freezes those before it. One head on all features together learns the new data and the memory; an auxiliary head on
 * the new features alone tells the new classes from each other and from all earlier ones.
 */
export default defineContinualMethod({
  id: 'der-expandable',
  version: 1,
  title: 'Dynamically expandable representations',
  summary:
    'Adds a feature extractor for each task and freezes the earlier ones; one head on all of them, and a memory.',
  paper: {
    title: 'DER: Dynamically Expandable Representation for Class Incremental Learning',
    authors: 'Yan, Xie, He',
    year: 2021,
    reference: 'arXiv:2103.16788',
    equations: 'eqs. 2 to 6',
    deviations:
      'Extractors are not pruned, and the head is not trained again on a balanced set: the memory is repeated in ' +
      'every epoch until it is about as large as the new data, which leaves nothing to align (looked at on ' +
      'development data). `align` scales the weights for the new classes to the length of the others (Zhao et al. ' +
      '2020), as PyCIL does, which does not repeat the memory. Memory holds an equal share for each task seen, ' +
      'drawn at random.',
  },
  fields: {
    memory: z.number().int().min(1).max(100000).default(200).describe('Images stored over all tasks'),
    auxiliary: z.number().min(0).max(100).default(1).describe('Weight λ of the auxiliary loss'),
    align: z.boolean().default(false).describe('Scale the weights of new classes to the length of the others'),
  },
  asks: ['replay-memory', 'boundaries'],
  fits: ({ scenario }) => scenario === 'class-il' || 'The head tells all classes apart; it is for class-IL.',
  create: (run, { memory, auxiliary, align }) => {
    const { models, protocol, context } = run;
    const { spec, params } = context.network;
    const stored = taskMemory(run, memory);
    const [{ name: headName }] = spec.heads;
    const width = params.find(({ name }) => name === `${headName}/kernel`)?.shape[0] ?? 0;
    const extractor = (task: number): Model =>
      models.open(
        `extractor-${task}`,
        { ...spec, heads: [{ name: 'auxiliary', outputs: protocol.tasks[task].outputs.length + 1 }] },
        (network) => network.init(run.stream(task === 0 ? 'init' : `init/extractor-${task}`)),
      );
    const headSpec = (extractors: number): NetworkSpec => ({
      architecture: { kind: 'head', extractors, width, outputs: protocol.outputs },
      input: [extractors * width],
      layers: [],
      heads: [{ name: headName, outputs: protocol.outputs }],
      init: spec.init,
    });
    /** The head on the features of so many extractors. */
    const head = (extractors: number): Model =>
      models.open('head', headSpec(extractors), (network) => network.init(run.stream('init')));
    const predictors = new Map<number, Predictor>();
    const predictorOf = (extractors: number): Predictor => {
      const all = Array.from({ length: extractors }, (_, task) => extractor(task));
      const classifier = head(extractors);
      // Nothing of the auxiliary heads is in the answer.
      const withoutAuxiliary = ({ network, parameters, statistics }: Model) => ({
        network,
        values: Object.fromEntries(
          Object.entries({ ...parameters, ...statistics }).filter(([name]) => !name.startsWith('auxiliary/')),
        ),
      });
      return steppedPredictor(context.engine, {
        width: protocol.outputs,
        rowsAtOnce: rowsPerEvaluation(context.network),
        uses: [...all.map(withoutAuxiliary), usedModel(classifier)],
        kind: 'logits',
        answer: (scope, x) => {
          const features = all.map((model) => evaluated(scope, model.network, model, x).features);
          return evaluated(scope, classifier.network, classifier, tf.concat(features, 1)).logits;
        },
      });
    };
    return {
      beginTask: async (task) => {
        if (task === 0) return;
        const fill = run.stream(`init/head/task${task}`);
        await models.reshape(head(task), headSpec(task + 1), (network) => network.init(fill));
      },
      phases: (task) => [
        {
          name: '',
          ids: () => rehearsedIds(stored, protocol.tasks[task].ids, memory),
          trains: [extractor(task), head(task + 1)],
          loss: ({ batch, apply, crossEntropy }) => {
            const passed = Array.from({ length: task + 1 }, (_, earlier) => apply(extractor(earlier), batch.x));
            const { logits } = apply(
              head(task + 1),
              tf.concat(
                passed.map(({ features }) => features),
                1,
              ),
            );
            const loss = crossEntropy(logits, batch);
            if (task === 0) return loss;
            const targets = auxiliaryTargets(batch.y, protocol.tasks[task].outputs);
            return tf.add(loss, tf.mul(softmaxCrossEntropy(passed[task].logits, targets), auxiliary)).asScalar();
          },
        },
      ],
      endTask: async (task) => {
        stored.admit(task, protocol.tasks[task].ids, run.stream(`memory/task${task}`));
        if (task > 0 && align)
          await alignment(context.engine, head(task + 1).parameters[`${headName}/kernel`], protocol, task);
      },
      predictor: () => {
        const extractors = Math.max(1, protocol.tasks.filter((_, task) => models.has(`extractor-${task}`)).length);
        const known = predictors.get(extractors) ?? predictorOf(extractors);
        predictors.set(extractors, known);
        return known;
      },
    };
  },
});

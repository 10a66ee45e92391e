import { softmaxCrossEntropy } from '../../../engine/losses.ts';
import type { NetworkSpec } from '../../../engine/networks/specification.ts';
import { tf, type Tensor } from '../../../engine/tf.ts';
import type { Predictor } from '../../contract.ts';
import type { Model } from '../../models.ts';
import { evaluated, steppedPredictor, usedModel } from '../../shared/network-predictor.ts';
import { rowsPerEvaluation } from '../../shared/work-sizes.ts';
import type { ContinualHooks, ContinualRun, LossScope } from '../contract.ts';
import { rehearsedIds, taskMemory } from './memory.ts';
import { alignment } from './weight-alignment.ts';

/**
 * Targets of the auxiliary head (Yan et al. 2021, section 3.3): 0 for every earlier class, 1, 2, … for the new ones.
 * labels int32 [B] → int32 [B].
 */
export function auxiliaryTargets(labels: Tensor, fresh: readonly number[]): Tensor {
  return tf.addN(
    fresh.map((output, i) => tf.mul(tf.cast(tf.equal(labels, output), 'int32'), tf.scalar(i + 1, 'int32'))),
  );
}

/** How a model is applied: in a step of training, or in evaluation mode. */
export type Apply = LossScope['apply'];

/** What is added for each task, and what it is given. */
export interface Extractors {
  /** The extractor of a task, whose head is called `auxiliary`. */
  open(task: number): Model;
  /** What all extractors are given for x; x itself unless told. */
  readonly shared?: { readonly model: Model; of(x: Tensor, apply: Apply): Tensor };
}

export interface ExpandingSettings {
  readonly memory: number;
  readonly auxiliary: number;
  readonly align: boolean;
}

/**
 * Hooks of a network that grows: every task adds an extractor and freezes those before it. One head on all features
 * together learns the new data and the memory; an auxiliary head on the new features alone tells the new classes from
 * each other and from all earlier ones. What the extractors share is learned in the first task only.
 */
export function expanding(
  run: ContinualRun,
  { open, shared }: Extractors,
  { memory, auxiliary, align }: ExpandingSettings,
): ContinualHooks {
  const { models, protocol, context } = run;
  const { spec, params } = context.network;
  const stored = taskMemory(run, memory);
  const [{ name: headName }] = spec.heads;
  const width = params.find(({ name }) => name === `${headName}/kernel`)?.shape[0] ?? 0;
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
  const given = (x: Tensor, apply: Apply): Tensor => shared?.of(x, apply) ?? x;
  const predictors = new Map<number, Predictor>();
  const predictorOf = (extractors: number): Predictor => {
    const all = Array.from({ length: extractors }, (_, task) => open(task));
    const classifier = head(extractors);
    // Nothing of the auxiliary heads is in the answer.
    const withoutAuxiliary = ({ network, parameters, statistics }: Model) => ({
      network,
      values: Object.fromEntries(
        Object.entries({ ...parameters, ...statistics }).filter(([name]) => !name.startsWith('auxiliary/')),
      ),
    });
    const before = shared === undefined ? [] : [shared.model];
    return steppedPredictor(context.engine, {
      width: protocol.outputs,
      rowsAtOnce: rowsPerEvaluation(context.network),
      uses: [...[...before, ...all].map(withoutAuxiliary), usedModel(classifier)],
      kind: 'logits',
      answer: (scope, x) => {
        const apply: Apply = (model, input, details) => evaluated(scope, model.network, model, input, details);
        const rows = given(x, apply);
        const features = all.map((model) => apply(model, rows).features);
        return apply(classifier, tf.concat(features, 1)).logits;
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
        trains: [...(task === 0 && shared !== undefined ? [shared.model] : []), open(task), head(task + 1)],
        loss: ({ batch, apply, crossEntropy }) => {
          const rows = given(batch.x, apply);
          const passed = Array.from({ length: task + 1 }, (_, earlier) => apply(open(earlier), rows));
          const features = passed.map((each) => each.features);
          const { logits } = apply(head(task + 1), tf.concat(features, 1));
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
}

import { z } from 'zod';
import type { Tensor } from '../../../engine/tf.ts';
import type { CompiledStep, StepScope } from '../../../engine/types.ts';
import type { ClassAnswers, Predictor } from '../../answers.ts';
import { evaluated, steppedPredictor, usedModel } from '../../shared/network-predictor.ts';
import { rowsPerEvaluation } from '../../shared/work-sizes.ts';
import type { ContinualRun, Phase } from '../contract.ts';

/** The setting of every method that learns no features after the first task. */
export const featureFields = {
  features: z
    .enum(['first-task', 'inputs'])
    .default('first-task')
    .describe(
      "'first-task': the network's, trained on the first task and then frozen; 'inputs': the inputs themselves",
    ),
};

/** Rows of features with the classes that they are of. */
export interface LabelledRows {
  /** [rows × width], row-major. */
  readonly values: Float32Array;
  readonly labels: Int32Array;
}

/** Features that stay as they are from the end of the first task on. */
export interface FrozenFeatures {
  readonly width: number;
  /** Training examples in this order, some at a time. Metered. */
  parts(ids: Int32Array): AsyncGenerator<LabelledRows, void, void>;
  /** The phases of a task: training on the first where the network makes the features, and else none. */
  phases(task: number): readonly Phase[];
  /** A predictor that answers from features [B, width]. */
  predictor(kind: ClassAnswers['kind'], answer: (scope: StepScope, features: Tensor) => Tensor): Predictor;
}

/** Inputs [B, …] as rows [B, width]. */
const asRows = (x: Tensor, width: number): Tensor => x.as2D(-1, width);

export function frozenFeatures(run: ContinualRun, kind: 'first-task' | 'inputs'): FrozenFeatures {
  const { context, protocol } = run;
  const { engine, network, meter } = context;
  const isNetworks = kind === 'first-task';
  const [{ name: head }] = network.spec.heads;
  const width = isNetworks
    ? (network.params.find(({ name }) => name === `${head}/kernel`)?.shape[0] ?? 0)
    : network.spec.input.reduce((product, size) => product * size, 1);
  const most = rowsPerEvaluation(network);
  const inputs: CompiledStep<{ readonly ids: { shape: [-1]; dtype: 'int32' } }, 'rows'> = engine.compileStep({
    name: 'continual/inputs',
    inputs: { ids: { shape: [-1], dtype: 'int32' } },
    body: ({ ids }, scope) => ({ rows: asRows(protocol.examples(scope, ids).x, width) }),
  });
  const rowsOf = async (ids: Int32Array): Promise<Float32Array> => {
    if (isNetworks) return run.features(ids);
    const [{ rows }] = await inputs.run([{ ids }]);
    return Float32Array.from(rows);
  };
  return {
    width,
    async *parts(ids) {
      for (let from = 0; from < ids.length; from += most) {
        const part = ids.slice(from, from + most);
        meter.examples(part.length);
        yield { values: await rowsOf(part), labels: part.map((id) => protocol.labelOf(id)) };
      }
    },
    phases: (task) => (isNetworks && task === 0 ? [{ name: '' }] : []),
    predictor: (answers, answer) =>
      steppedPredictor(engine, {
        width: protocol.outputs,
        rowsAtOnce: most,
        uses: isNetworks ? [usedModel(run.model)] : [],
        kind: answers,
        answer: (scope, x) => answer(scope, isNetworks ? evaluated(scope, network, run, x).features : asRows(x, width)),
      }),
  };
}

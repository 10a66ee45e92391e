import { tf, type Scalar, type Tensor } from '../../../engine/tf.ts';
import type { Predictor } from '../../contract.ts';
import type { Trainable } from '../../models.ts';
import { evaluated, steppedPredictor } from '../../shared/network-predictor.ts';
import { rowsPerEvaluation } from '../../shared/work-sizes.ts';
import type { ContinualRun, LossScope } from '../contract.ts';
import { consolidated } from './consolidated-head.ts';
import { localCrossEntropy } from './local-loss.ts';

/** A head whose weights for a task's classes are trained from 0 and then copied, with re-initialisation (CWR*). */
export interface CopiedWeights {
  /** The temporary weights, which a task trains. */
  readonly head: Trainable;
  /** Sets the temporary weights for the classes of a task: what they have, which is 0 where they are new. */
  begin(task: number): Promise<void>;
  /** Cross-entropy among the classes of the task alone, of features [B, F]. */
  loss(losses: LossScope, features: Tensor, task: number): Scalar;
  /** Consolidates the weights of the classes of a task. */
  end(task: number): Promise<void>;
  /** Answers by the consolidated weights. */
  predictor(): Predictor;
}

export function copiedWeights(run: ContinualRun): CopiedWeights {
  const { context, protocol, model } = run;
  const { engine } = context;
  const { outputs } = protocol;
  const [{ name }] = context.network.spec.heads;
  const width = context.network.params.find((parameter) => parameter.name === `${name}/kernel`)?.shape[0] ?? 0;
  const zeros = (): Float32Array => new Float32Array(width * outputs);
  const head = run.trainable('temporary', { kernel: { shape: [width, outputs], initial: zeros } });
  const kept = run.variable('consolidated', { shape: [width, outputs], dtype: 'float32' });
  const seen = context.state.int32('consolidated/seen', outputs);
  // Of the suite's network only the features are in the answer.
  const body = Object.fromEntries(
    Object.entries({ ...model.parameters, ...model.statistics }).filter(([tensor]) => !tensor.startsWith(`${name}/`)),
  );
  const predictor = steppedPredictor(engine, {
    width: outputs,
    rowsAtOnce: rowsPerEvaluation(model.network),
    uses: [{ network: model.network, values: { ...body, [`${name}/kernel`]: kept } }],
    kind: 'logits',
    answer: (scope, x) =>
      tf.matMul(evaluated(scope, model.network, model, x).features.as2D(-1, width), scope.read(kept)),
  });
  return {
    head,
    begin: async (task) => {
      const before = await engine.read(kept);
      const own = protocol.tasks[task].outputs;
      engine.write(
        head.parameters['kernel'],
        zeros().map((_, at) => (own.includes(at % outputs) ? before[at] : 0)),
      );
      if (task > 0) run.resetOptimiser(head);
    },
    loss: ({ batch, tensors }, features, task) => {
      const logits = tf.matMul(features.as2D(-1, width), tensors(head)['kernel'].as2D(width, outputs));
      return localCrossEntropy(run, task, logits, batch);
    },
    end: async (task) => {
      const now = new Int32Array(outputs);
      for (const id of protocol.tasks[task].ids) now[protocol.labelOf(id)] += 1;
      const [before, trained] = [await engine.read(kept), await engine.read(head.parameters['kernel'])];
      engine.write(kept, consolidated(before, trained, seen, now));
      now.forEach((count, output) => (seen[output] += count));
    },
    predictor: () => predictor,
  };
}

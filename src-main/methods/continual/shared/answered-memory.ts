import { tf, type Tensor } from '../../../engine/tf.ts';
import type { StepScope, Variable } from '../../../engine/types.ts';
import { rowsPerEvaluation } from '../../shared/work-sizes.ts';
import type { ContinualRun, ExampleBatch, LossScope } from '../contract.ts';

/** Examples in slots, each with what the network answered when its task ended. An equal share for each task. */
export interface AnsweredMemory {
  /** [size, outputs], by slot. */
  readonly answers: Variable;
  idAt(slot: number): number;
  /** The slots in use, ascending. */
  filled(): number[];
  /** Stores examples of the task that ends, with their answers; what earlier tasks lose, it gets. */
  admit(task: number): Promise<void>;
}

/** `answersOf`: inside a step, what is stored for a batch [B, outputs]. `name` is that of the method, for its step. */
export function answeredMemory(
  run: ContinualRun,
  size: number,
  name: string,
  answersOf: (losses: LossScope, batch: ExampleBatch) => Tensor,
): AnsweredMemory {
  const { context, protocol } = run;
  const ids = context.state.examples('answered/ids', size, protocol.bytesPerExample);
  const answers = run.variable('answers', { shape: [size, protocol.outputs], dtype: 'float32' });
  const filled = (): number[] => [...ids.keys()].filter((slot) => ids[slot] >= 0);
  const answer = context.engine.compileStep({
    name: `${name}/answers`,
    inputs: { ids: IDS, slots: IDS },
    body: ({ ids: given, slots }, scope: StepScope) => {
      const batch = protocol.examples(scope, given);
      const losses = run.lossScope(scope, run.readParameters(scope), batch, {}, { isTrial: true });
      scope.scatter(answers, slots, answersOf(losses, batch));
      return { done: tf.scalar(1) };
    },
  });
  return {
    answers,
    idAt: (slot) => ids[slot],
    filled,
    admit: async (task) => {
      const own = protocol.tasks[task].ids;
      const quota = Math.min(Math.floor(size / (task + 1)), own.length);
      for (let earlier = 0; earlier < task; earlier++)
        for (const slot of filled()
          .filter((at) => protocol.taskOf(ids[at]) === earlier)
          .slice(quota))
          ids[slot] = -1;
      const slots = Int32Array.from([...ids.keys()].filter((slot) => ids[slot] < 0).slice(0, quota));
      run
        .stream(`memory/task${task}`)
        .sample(own.length, slots.length)
        .forEach((at, i) => {
          ids[slots[i]] = own[at];
        });
      const most = rowsPerEvaluation(context.network);
      const parts = Array.from({ length: Math.ceil(slots.length / most) }, (_, i) =>
        slots.slice(i * most, (i + 1) * most),
      );
      await answer.run(parts.map((part) => ({ ids: part.map((slot) => ids[slot]), slots: part })));
      context.meter.passes({ forward: slots.length });
    },
  };
}

const IDS = { shape: [-1], dtype: 'int32' } as const;

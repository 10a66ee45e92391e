import { z } from 'zod';
import type { Method, Outcome, Predictor, TrialContext, TrialEvent } from '../../contract.ts';
import { methodFrom } from '../../define.ts';
import { networkPredictor } from '../../shared/network-predictor.ts';
import { stepsPerYield } from '../../shared/work-sizes.ts';
import { modelOf } from '../../shared/network-variables.ts';
import {
  steppingFields,
  type ContinualDefinition,
  type ContinualHooks,
  type ContinualRun,
  type SteppingValues,
} from '../contract.ts';
import { prepareRun } from './run.ts';
import { trainStep } from './step.ts';

const cursorSchema = z.object({ task: z.number(), epoch: z.number(), step: z.number(), globalStep: z.number() });
type Cursor = z.infer<typeof cursorSchema>;

/** Raised whenever the same method may give other numbers under this driver. */
const STREAM_DRIVER = 1;

/**
 * A continual method from its hooks: the driver owns order, epochs, batches, optimiser, evaluation points, progress and
 * resuming.
 */
export function defineContinualMethod<const S extends z.ZodRawShape>(definition: ContinualDefinition<S>): Method {
  const form = z.object({ ...definition.fields, ...steppingFields });
  const values = z.intersection(z.object(definition.fields), z.object(steppingFields));
  return methodFrom(definition, form, values, {
    family: 'continual',
    protocol: 'stream',
    driver: STREAM_DRIVER,
    run: (context, given) =>
      runStream(context, given, definition.singleStage ?? false, (run) => definition.create(run, given)),
  });
}

async function* runStream(
  context: TrialContext,
  values: SteppingValues,
  singleStage: boolean,
  create: (run: ContinualRun) => ContinualHooks,
): AsyncGenerator<TrialEvent, Outcome, void> {
  const { engine, network, meter } = context;
  const run = prepareRun(context, values);
  const { protocol } = run;
  const hooks = create(run);
  const train = trainStep(run, hooks);
  const ofNetwork = networkPredictor(engine, network, run);
  const predictorNow = (): Predictor => hooks.predictor?.() ?? ofNetwork;
  const parts = protocol.stages;
  const stages = singleStage ? [parts.length - 1] : [...parts.keys()];
  const isTold = protocol.tasks.length === parts.length;
  /** The task of a stage: where the suite tells no boundaries all stages are parts of one. */
  const taskOf = (stage: number): number => (isTold ? stage : 0);
  if (!isTold && !singleStage && hooks.epochIds !== undefined)
    throw new Error('This suite does not tell where tasks end, and the method orders the examples of each task.');
  if (isTold && (hooks.beginTask !== undefined || hooks.endTask !== undefined))
    context.need('boundaries', 'acts where one task ends and the next begins');
  const epochIds = (stage: number): Int32Array => {
    const chosen = hooks.epochIds?.(taskOf(stage));
    // looked at one by one, so that none is of a task that the method may not see
    chosen?.forEach((id) => protocol.taskOf(id));
    return chosen ?? parts[stage].ids;
  };
  const batchesOf = (examples: number): number =>
    protocol.lastBatch === 'kept'
      ? Math.ceil(examples / protocol.batchSize)
      : Math.max(1, Math.floor(examples / protocol.batchSize));
  const perEpoch = (stage: number): number => batchesOf(epochIds(stage).length);
  const ownPerEpoch = (stage: number): number => batchesOf(parts[stage].size);
  /** Steps of a stage whose epochs have so many; joint training has those of all tasks at once. */
  const stepsOf = (steps: number): number =>
    protocol.steps === null ? protocol.epochs * steps : protocol.steps * (singleStage ? parts.length : 1);
  const restored = context.state.restored === undefined ? null : cursorSchema.parse(context.state.restored);
  let cursor: Cursor = restored ?? { task: stages[0], epoch: 0, step: 0, globalStep: 0 };
  const chunk = stepsPerYield(network, protocol.batchSize, engine.backend);
  /** `steps`: of one epoch of the task. */
  const progress = (total: number, steps: number, metrics: Readonly<Record<string, number>>): TrialEvent => ({
    kind: 'progress',
    cursor: { ...cursor },
    done: cursor.globalStep,
    total,
    task: Math.min(cursor.task, stages[stages.length - 1]),
    epochs: stages.filter((stage) => stage < cursor.task).length * protocol.epochs + cursor.epoch + cursor.step / steps,
    metrics,
  });
  // what later tasks will take is known only when memory has filled; new data alone is a fair guess
  const totalOf = (task: number, steps: number): number =>
    cursor.globalStep -
    cursor.epoch * steps -
    cursor.step +
    stepsOf(steps) +
    stages
      .filter((stage) => stage > task)
      .reduce((sum, stage) => sum + stepsOf(Math.max(ownPerEpoch(stage), steps * 0.9)), 0);

  /** Between tasks. Memory may not be filled for the next one yet: then its own examples say how long it will be. */
  const starting = (task: number): TrialEvent => {
    if (cursor.task > task) return progress(cursor.globalStep, 1, {});
    const steps = Math.max(ownPerEpoch(task), perEpoch(task));
    return progress(totalOf(task, steps), steps, {});
  };

  if (restored === null) {
    yield { kind: 'evaluate', stage: -1, predictor: predictorNow() };
    yield starting(stages[0]);
  }
  for (const task of stages.filter((stage) => stage >= cursor.task)) {
    engine.write(run.mask, protocol.outputMask(taskOf(task)));
    const isFirst = isTold || task === stages[0];
    if (isFirst && cursor.epoch === 0 && cursor.step === 0) await hooks.beginTask?.(taskOf(task));
    const steps = perEpoch(task);
    const total = totalOf(task, steps);
    const whole = stepsOf(steps);
    while (cursor.epoch * steps < whole) {
      const here = Math.min(steps, whole - cursor.epoch * steps);
      const order = shuffled(epochIds(task), run, `batches/task${task}/epoch${cursor.epoch}`);
      while (cursor.step < here) {
        const count = Math.min(chunk, here - cursor.step);
        const batches = Array.from({ length: count }, (_, i) =>
          order.subarray((cursor.step + i) * protocol.batchSize, (cursor.step + i + 1) * protocol.batchSize),
        );
        const loss = await train(
          { task: taskOf(task), epoch: cursor.epoch, step: cursor.step, globalStep: cursor.globalStep },
          batches,
        );
        const examples = batches.reduce((sum, ids) => sum + ids.length, 0);
        meter.examples(examples);
        meter.passes({
          forward: examples * (hooks.passes?.forward ?? 1),
          backward: examples * (hooks.passes?.backward ?? 1),
        });
        cursor = { ...cursor, step: cursor.step + count, globalStep: cursor.globalStep + count };
        yield progress(total, steps, { loss });
      }
      cursor = { ...cursor, epoch: cursor.epoch + 1, step: 0 };
    }
    if (isTold || task === stages.at(-1)) await hooks.endTask?.(taskOf(task));
    yield { kind: 'evaluate', stage: task, predictor: predictorNow() };
    cursor = { task: task + 1, epoch: 0, step: 0, globalStep: cursor.globalStep };
    yield starting(Math.min(task + 1, stages[stages.length - 1]));
  }
  // nothing has changed what the predictor answers since the last stage was evaluated
  return {
    predictor: predictorNow(),
    artefacts: { model: await modelOf(engine, context.network, run, 'parameters after the last task') },
  };
}

function shuffled(ids: Int32Array, run: ContinualRun, name: string): Int32Array {
  return run
    .stream(name)
    .permutation(ids.length)
    .map((index) => ids[index]);
}

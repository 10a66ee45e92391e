import { z } from 'zod';
import type { JsonValue, Method, Outcome, Predictor, TrialEvent } from '../../contract.ts';
import { methodFrom } from '../../define.ts';
import type { Model } from '../../models.ts';
import { evaluated, networkPredictor, withTasks } from '../../shared/network-predictor.ts';
import { modelOf } from '../../shared/network-variables.ts';
import { runPhase, stepsOf, stepsPerEpoch } from '../../shared/phases.ts';
import type { PhasePlace, PhaseSizes } from '../../shared/phases.ts';
import { rowsPerEvaluation, stepsPerYield } from '../../shared/work-sizes.ts';
import {
  steppingFields,
  type ContinualDefinition,
  type ContinualHooks,
  type ContinualRun,
  type Phase,
} from '../contract.ts';
import { costOf, SUITES_NETWORK } from '../../shared/trainables.ts';
import { gateOf } from './loss-scope.ts';
import { prepareRun } from './run.ts';
import type { ChangedBudget, DrivenRun } from './run.ts';
import { trainStep } from './step.ts';
import type { TrainSteps } from './step.ts';

const cursorSchema = z.object({
  task: z.number(),
  /** Of the task's phases: those done. */
  phase: z.number(),
  epoch: z.number(),
  step: z.number(),
  globalStep: z.number(),
  /** Work between phases that was paused, and what it needs to go on. */
  between: z.object({ which: z.enum(['begin', 'end']), at: z.json() }).nullable(),
});
type Cursor = Omit<z.infer<typeof cursorSchema>, 'between'> & {
  readonly between: { readonly which: 'begin' | 'end'; readonly at: JsonValue } | null;
};

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
    run: (context, given) => {
      const changed: ChangedBudget = {
        network: definition.network?.(context.network.spec, given),
        optimiser: (chosen) => definition.optimiser?.(chosen, given) ?? chosen,
      };
      const run = prepareRun(context, given, changed);
      return runStream(run, definition.singleStage ?? false, definition.create(run, given));
    },
  });
}

async function* runStream(
  run: DrivenRun,
  singleStage: boolean,
  hooks: ContinualHooks,
): AsyncGenerator<TrialEvent, Outcome, void> {
  const { context, protocol } = run;
  const { engine, meter } = context;
  run.setGates(hooks.gates);
  const ofNetwork = suitesPredictor(run, hooks);
  const predictorNow = (): Predictor => hooks.predictor?.() ?? ofNetwork();
  const parts = protocol.stages;
  const stages = singleStage ? [parts.length - 1] : [...parts.keys()];
  const last = stages[stages.length - 1];
  const isTold = protocol.tasks.length === parts.length;
  /** The task of a stage: where the suite tells no boundaries all stages are parts of one. */
  const taskOf = (stage: number): number => (isTold ? stage : 0);
  if (!isTold && !singleStage && hooks.epochIds !== undefined)
    throw new Error('This suite does not tell where tasks end, and the method orders the examples of each task.');
  if (isTold && (hooks.beginTask !== undefined || hooks.endTask !== undefined || hooks.phases !== undefined))
    context.need('boundaries', 'acts where one task ends and the next begins');
  const restored = context.state.restored === undefined ? null : cursorSchema.parse(context.state.restored);
  let cursor: Cursor = restored ?? { task: stages[0], phase: 0, epoch: 0, step: 0, globalStep: 0, between: null };

  /** Examples that a method chose, looked at one by one, so that none is of a task that it may not see. */
  const permitted = (chosen: Int32Array | undefined): Int32Array | undefined => {
    chosen?.forEach((id) => protocol.taskOf(id));
    return chosen;
  };
  const idsOf = (stage: number): Int32Array => permitted(hooks.epochIds?.(taskOf(stage))) ?? parts[stage].ids;
  const plain: Phase = { ...hooks, name: '', ids: () => idsOf(cursor.task) };
  const phasesOf = (stage: number): readonly Phase[] => hooks.phases?.(taskOf(stage)) ?? [plain];
  const budget: Budget = {
    epochs: protocol.epochs,
    batchSize: protocol.batchSize,
    lastBatch: protocol.lastBatch,
    // Joint training has the steps of all tasks at once.
    ...(protocol.steps === null ? {} : { steps: protocol.steps * (singleStage ? parts.length : 1) }),
  };
  const lengthOf = (examples: number): number => stepsOf({ ...budget, examples });
  /** What later tasks will take is known only when memory has filled; new data alone is a fair guess. */
  const later = (task: number, own: number): number =>
    stages
      .filter((stage) => stage > task)
      .reduce((sum, stage) => sum + Math.max(lengthOf(parts[stage].size), own * 0.9), 0);
  const progress = (total: number, epochs: number, metrics: Readonly<Record<string, number>>): TrialEvent => ({
    kind: 'progress',
    cursor: { ...cursor },
    done: cursor.globalStep,
    total,
    task: Math.min(cursor.task, last),
    epochs: stages.filter((stage) => stage < cursor.task).length * protocol.epochs + epochs,
    metrics,
  });
  /** Between tasks. Memory may not be filled for the next one yet: then its own examples say how long it will be. */
  const starting = (task: number, metrics: Readonly<Record<string, number>> = {}): TrialEvent => {
    if (cursor.task > task) return progress(cursor.globalStep, 0, metrics);
    const own = lengthOf(Math.max(parts[task].size, idsOf(task).length));
    return progress(cursor.globalStep + own + later(task, own), 0, metrics);
  };
  /** Does work between phases, which is begun again from its last yield where it was interrupted. */
  async function* between(
    which: 'begin' | 'end',
    work: ContinualHooks['beginTask'],
    told: (metrics?: Readonly<Record<string, number>>) => TrialEvent,
  ): AsyncGenerator<TrialEvent, void, void> {
    const doing = work?.(taskOf(cursor.task), cursor.between?.which === which ? cursor.between.at : undefined);
    if (doing !== undefined && 'next' in doing)
      for await (const { at, metrics } of doing) {
        cursor = { ...cursor, between: { which, at } };
        yield told(metrics);
      }
    else await doing;
    cursor = { ...cursor, between: null };
  }

  if (restored === null) {
    yield { kind: 'evaluate', stage: -1, predictor: predictorNow() };
    yield starting(stages[0]);
  }
  const stepsFor = compiledPhases(run);
  for (const task of stages.filter((stage) => stage >= cursor.task)) {
    engine.write(run.mask, protocol.outputMask(taskOf(task)));
    if (isFresh(cursor) && (isTold || task === stages[0]))
      yield* between('begin', hooks.beginTask, (metrics) => starting(task, metrics));
    const phases = phasesOf(task);
    const works = phases.map((phase) => sizesOf(phase, budget, parts[task].size));
    const before = (index: number): number => works.slice(0, index).reduce((sum, work) => sum + stepsOf(work), 0);
    const own = before(works.length);
    const total =
      cursor.globalStep - before(cursor.phase) - doneOf(works[cursor.phase], cursor) + own + later(task, own);
    for (let index = cursor.phase; index < phases.length; index += 1) {
      const [phase, work] = [phases[index], works[index]];
      const { trains, passes, rate, endEpoch, begin } = phase;
      const [whole, perEpoch] = [stepsOf(work), stepsPerEpoch(work)];
      const epochsBefore = works.slice(0, index).reduce((sum, { epochs }) => sum + epochs, 0);
      const start = cursor.globalStep - doneOf(work, cursor);
      const draws = ['batches', `task${task}`, ...(phase.name === '' ? [] : [phase.name])].join('/');
      if (cursor.epoch === 0 && cursor.step === 0) await begin?.();
      yield* runPhase(
        {
          ...work,
          chunk: stepsPerYield(trains === undefined ? context.network : costOf(trains), work.batchSize, engine.backend),
          order: (epoch) => shuffled(permitted(phase.ids?.()) ?? parts[task].ids, run, `${draws}/epoch${epoch}`),
          train: ({ epoch, step }, batches) => {
            const rates = rate && batches.map((_, i) => rate(epoch * perEpoch + step + i, whole));
            return stepsFor(phase).run(
              { task: taskOf(task), epoch, step, globalStep: cursor.globalStep },
              batches,
              rates ?? null,
            );
          },
          spent: (examples) => {
            meter.examples(examples);
            meter.passes({
              forward: examples * (passes?.forward ?? 1),
              backward: examples * (passes?.backward ?? 1),
            });
          },
          progress: (place, metrics) => {
            cursor = { ...cursor, ...place, globalStep: start + doneOf(work, place) };
            return progress(total, epochsBefore + place.epoch + place.step / perEpoch, metrics);
          },
          ...(endEpoch === undefined
            ? {}
            : { endEpoch: ({ epoch }) => quietly(endEpoch(epoch)), yieldsAtEpochs: true }),
        },
        cursor,
      );
      cursor = { ...cursor, phase: index + 1, epoch: 0, step: 0 };
    }
    if (isTold || task === last)
      yield* between('end', hooks.endTask, (metrics) => progress(total, protocol.epochs, metrics ?? {}));
    yield { kind: 'evaluate', stage: task, predictor: predictorNow() };
    cursor = { task: task + 1, phase: 0, epoch: 0, step: 0, globalStep: cursor.globalStep, between: null };
    yield starting(Math.min(task + 1, last));
  }
  // nothing has changed what the predictor answers since the last stage was evaluated
  return {
    predictor: predictorNow(),
    artefacts: run.models.has(SUITES_NETWORK)
      ? { model: await modelOf(engine, run.model.network, run.model, 'parameters after the last task') }
      : {},
  };
}

type Budget = Omit<PhaseSizes, 'examples'>;

/** Whether the task has yet to begin, or is about to. */
const isFresh = ({ phase, epoch, step, between }: Cursor): boolean =>
  phase === 0 && epoch === 0 && step === 0 && between?.which !== 'end';

/** What a phase has of its own, and otherwise the suite's. */
function sizesOf(phase: Phase, budget: Budget, own: number): PhaseSizes {
  const { epochs = budget.epochs, batchSize = budget.batchSize, lastBatch = budget.lastBatch } = phase;
  const steps = phase.steps ?? (phase.epochs === undefined ? budget.steps : undefined);
  return {
    examples: phase.ids?.().length ?? own,
    batchSize,
    lastBatch,
    epochs,
    ...(steps === undefined ? {} : { steps }),
  };
}

/** Steps of a phase up to this place; none of one that is over. */
const doneOf = (sizes: PhaseSizes | undefined, { epoch, step }: PhasePlace): number =>
  sizes === undefined ? 0 : Math.min(epoch * stepsPerEpoch(sizes) + step, stepsOf(sizes));

/** Work at the end of an epoch that tells nothing. */
// eslint-disable-next-line require-yield
async function* quietly(work: Promise<void>): AsyncGenerator<TrialEvent, void, void> {
  await work;
}

/** The compiled step of a phase: compiled again for another phase, and where models or shapes have changed. */
function compiledPhases(run: DrivenRun): (phase: Phase) => TrainSteps {
  let now: { readonly phase: Phase; readonly generation: number; readonly steps: TrainSteps } | null = null;
  return (phase) => {
    if (now?.phase === phase && now.generation === run.models.generation) return now.steps;
    now?.steps.dispose();
    const steps = trainStep(run, phase);
    now = { phase, generation: run.models.generation, steps };
    return steps;
  };
}

/** The suite's network with its values of then, through the method's gates where it has some. */
function suitesPredictor(run: DrivenRun, { gates }: ContinualHooks): () => Predictor {
  const { engine } = run.context;
  let now: { readonly model: Model; readonly predictor: Predictor } | null = null;
  const made = (model: Model): Predictor => {
    const { network } = model;
    if (gates === undefined) return networkPredictor(engine, network, model);
    return networkPredictor(engine, network, model, {
      ...withTasks(rowsPerEvaluation(network)),
      kind: 'logits',
      answer: (scope, x, { tasks }) =>
        evaluated(scope, network, model, x, { gate: gateOf(gates(scope, tasks)) }).logits,
    });
  };
  return () => {
    const { model } = run;
    if (now?.model !== model) now = { model, predictor: made(model) };
    return now.predictor;
  };
}

function shuffled(ids: Int32Array, run: ContinualRun, name: string): Int32Array {
  return run
    .stream(name)
    .permutation(ids.length)
    .map((index) => ids[index]);
}

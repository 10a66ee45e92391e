import type { Dataset } from '../datasets/types.ts';
import type { Engine } from '../engine/types.ts';
import type { Network } from '../engine/networks/specification.ts';
import type { Stream } from '../engine/random/streams.ts';
import type { Outcome, TrialContext, TrialEvent } from '../methods/contract.ts';
import { refuseFormerNames } from '../methods/define.ts';
import type { Cost, Primitives } from '../metrics/primitives.ts';
import type { OpenSuite } from '../suites/contract.ts';
import { chosenData } from '../suites/shared/chosen-rows.ts';
import { variantOf } from '../suites/variant-ids.ts';
import { checkpointTrouble } from './checkpoint.ts';
import type { Checkpoint } from './checkpoint.ts';
import { CurveKeeper, placesOf } from './curve-keeper.ts';
import { checkLoss, checkOutcome, checkPredictor, checkResult, DivergedError } from './divergence.ts';
import type { WorkPlace } from './divergence.ts';
import { scopedEngine } from './engine-scope.ts';
import { Grants } from './grants.ts';
import { lostByPause } from './native.ts';
import { environmentOf, peakMemory, resetPeakMemory } from './environment.ts';
import { MeasureKeeper } from './measure-keeper.ts';
import type { MeasureEvent } from './measure-keeper.ts';
import { TrialModels } from './models.ts';
import { Pace } from './pace.ts';
import type { TrialDependencies, TrialEnd, TrialJob, TrialReport, TrialResult } from './trial.ts';
import { answeringOf, NOT_COUNTED, parametersOf } from './predictor-cost.ts';
import type { PredictorCost } from './predictor-cost.ts';
import { checkKinds } from './kinds.ts';
import { Spending } from './spending.ts';
import { RegisteredState } from './trial-state.ts';
import { WatchedPredictors } from './watched-predictors.ts';

const PROGRESS_MS = 250;
const BREATHE_MS = 40;
const CHECKPOINT_SECONDS = 10;

type Evaluate = Extract<TrialEvent, { kind: 'evaluate' }>;
type Progress = Extract<TrialEvent, { kind: 'progress' }>;

/**
 * Runs one trial to its end, or to the next yield after a wish to pause (a checkpoint is written) or cancel. With a
 * checkpoint present it goes on from there, and the numbers are those of an uninterrupted run. Where the loss,
 * parameters or answers are not finite, it ends as diverged with what had been measured. Throws what the method or the
 * suite throws; everything made on the engine is released in any case.
 */
export async function runTrial(job: TrialJob, dependencies: TrialDependencies): Promise<TrialEnd> {
  const scope = scopedEngine(dependencies.engine);
  try {
    return await new TrialRun(job, dependencies, scope).run();
  } finally {
    scope.release();
  }
}

class TrialRun {
  readonly #job: TrialJob;
  readonly #dependencies: TrialDependencies;
  readonly #scope: ReturnType<typeof scopedEngine>;
  readonly #engine: Engine;
  readonly #network: Network;
  readonly #now: () => number;
  readonly #report: (report: TrialReport) => void;
  readonly #notes: string[] = [];
  /** Of the method; not what the suite spends when it measures. */
  readonly #spending = new Spending();
  #curves = new CurveKeeper();
  #measures = new MeasureKeeper();
  readonly #grants: Grants;
  /** None for a native learner, which starts again. */
  readonly #checkpoints: TrialDependencies['checkpoints'];
  #place: Checkpoint['place'] = { done: 0, total: 0, task: null };
  /** Losses answered since the last yield. */
  #answered = 0;
  readonly #watched: WatchedPredictors;
  #elapsedBefore = 0;
  readonly #startedAt: number;
  readonly #preparedBefore: number;
  #opening = 0;
  #live: Readonly<Record<string, number>> = {};
  #phase = '';
  readonly #pace: Pace;
  readonly #last: { checkpoint: number; report: number; breath: number };

  constructor(job: TrialJob, dependencies: TrialDependencies, scope: ReturnType<typeof scopedEngine>) {
    this.#job = job;
    this.#dependencies = dependencies;
    this.#scope = scope;
    this.#engine = scope.engine;
    this.#grants = new Grants(job.method);
    this.#checkpoints = job.method.native === undefined ? dependencies.checkpoints : undefined;
    this.#watched = new WatchedPredictors(scope.engine, this.#grants, () => this.#at(0));
    this.#network = dependencies.buildNetwork(job.suite.network);
    this.#preparedBefore = scope.engine.meter.preparation;
    this.#now = dependencies.now ?? (() => performance.now());
    this.#report = dependencies.report ?? (() => undefined);
    this.#pace = new Pace(() => this.#now() - 1000 * this.#preparation());
    this.#startedAt = this.#now();
    this.#last = { checkpoint: this.#startedAt, report: Number.NEGATIVE_INFINITY, breath: this.#startedAt };
  }

  async run(): Promise<TrialEnd> {
    const { suite, method, seed, fold, hyperParameters } = this.#job;
    const variant = variantOf(suite.id);
    checkKinds(this.#job);
    resetPeakMemory();
    const complain = (message: string): void => this.#report({ kind: 'log', level: 'warning', message });
    const restored = this.#checkpoints?.load(this.#job.id, complain) ?? null;
    if (restored !== null) this.#restore(restored);

    const stream = (name: string): Stream => this.#dependencies.stream(seed, name);
    this.#tellPhase('opening data');
    const dataset = (id: string): Promise<Dataset> => this.#opened(id);
    const open = await suite.open({
      engine: this.#engine,
      network: this.#network,
      seed,
      fold,
      variant,
      stream,
      dataset,
    });
    if (restored !== null) open.restore(restored.suite);
    const state = new RegisteredState(this.#engine, restored);

    const { buildNetwork } = this.#dependencies;
    const models = new TrialModels(
      { engine: this.#engine, state, network: this.#network, buildNetwork, stream },
      restored?.models ?? [],
    );

    this.#tellPhase('preparing steps');
    const generator = method.run(this.#context(state, models, open, stream), hyperParameters);
    try {
      for (;;) {
        const step = await this.#next(generator);
        // What counts is the most that the method held at once.
        const beside = models.bytesBeside(answeringOf(step));
        this.#spending.stores(state.keptBytes() + beside);
        this.#grants.checkPasses(this.#spending.counts);
        if (step.done === true) return { state: 'done', result: await this.#finish(open, step.value) };
        if (step.value.kind === 'evaluate') await this.#evaluate(open, step.value);
        else if (step.value.kind === 'measure') this.#measure(step.value);
        else {
          const stopped = await this.#progressed(open, { state, models }, step.value);
          if (stopped !== null) return stopped;
        }
      }
    } catch (error) {
      if (!(error instanceof DivergedError)) throw error;
      const { divergence } = error;
      return { state: 'diverged', divergence, result: this.#result(open.soFar(), {}, NOT_COUNTED) };
    } finally {
      // A method may hold things in `finally` blocks of its own.
      await generator.return({});
    }
  }

  /** Lets the method work to its next yield; what it spends is its cost, what it answers as `loss` is looked at. */
  async #next(generator: AsyncGenerator<TrialEvent, Outcome, void>): Promise<IteratorResult<TrialEvent, Outcome>> {
    this.#scope.watchLosses((loss) => {
      this.#answered += 1;
      checkLoss(loss, () => this.#at(this.#answered));
    });
    try {
      return await this.#spending.counting(this.#engine, () => generator.next());
    } finally {
      this.#scope.watchLosses(null);
    }
  }

  async #evaluate(open: OpenSuite, event: Evaluate): Promise<void> {
    this.#tellPhase('evaluating');
    await checkPredictor(this.#engine, event.predictor, this.#at(0));
    this.#grants.stage = event.stage + 1;
    const measured = await open.evaluate({ ...event, predictor: this.#watched.of(event.predictor) });
    this.#live = { ...this.#live, ...measured };
    for (const [name, y] of Object.entries(measured)) this.#report({ kind: 'curve-point', name, x: event.stage, y });
  }

  /** Keeps a point that the method measured, and shows it. */
  #measure(event: MeasureEvent): void {
    const { curve: name, axis, x, y } = event;
    if (!this.#measures.add(event)) return;
    this.#live = { ...this.#live, [name]: y };
    const [step, epochs] = axis === 'step' ? [x, null] : [this.#place.done, x];
    const places = placesOf({ step, examples: this.#spending.counts.examples, epochs, seconds: this.#elapsed() });
    this.#report({ kind: 'curve-point', name, x: step, y, places });
  }

  async #finish(open: OpenSuite, outcome: Outcome): Promise<TrialResult> {
    if (this.#place.total > 0) this.#tell();
    this.#tellPhase('evaluating');
    const here = this.#at(0);
    refuseFormerNames(outcome);
    checkOutcome(outcome, here);
    const { predictor } = outcome;
    if (predictor !== undefined) await checkPredictor(this.#engine, predictor, here);
    const primitives = await open.finish(
      predictor === undefined ? outcome : { ...outcome, predictor: this.#watched.of(predictor) },
    );
    checkResult(primitives, here);
    const counted = {
      parameters: parametersOf(predictor),
      inferenceFlops: predictor === undefined ? null : this.#watched.flopsPerExample(predictor),
    };
    return this.#result(primitives, outcome, counted);
  }

  /** Notes how far the method is, and does what is asked for at a yield; an end where the trial is to stop here. */
  async #progressed(
    open: OpenSuite,
    { state, models }: { readonly state: RegisteredState; readonly models: TrialModels },
    event: Progress,
  ): Promise<TrialEnd | null> {
    const { breathe, wish: asked } = this.#dependencies;
    this.#take(event);
    const meter = this.#spending.at(event.cursor);
    if (breathe !== undefined && this.#now() - this.#last.breath >= BREATHE_MS) {
      await breathe();
      this.#last.breath = this.#now();
    }
    const wish = asked?.() ?? 'go';
    if (wish === 'cancel') return { state: 'cancelled' };
    const every = 1000 * (this.#dependencies.checkpointEvery ?? CHECKPOINT_SECONDS);
    if (this.#checkpoints !== undefined && (wish === 'pause' || this.#now() - this.#last.checkpoint >= every)) {
      const checkpoint: Checkpoint = {
        trial: this.#job.id,
        cursor: event.cursor,
        suite: open.save(),
        meter,
        place: this.#place,
        curves: this.#curves.save(),
        measures: this.#measures.save(),
        elapsed: this.#elapsed(),
        models: models.save(),
        arrays: await state.save(),
      };
      try {
        this.#checkpoints.save(checkpoint);
        this.#report({ kind: 'checkpoint', elapsed: checkpoint.elapsed });
      } catch (error) {
        const trouble = checkpointTrouble(error);
        this.#notes.push(trouble);
        this.#report({ kind: 'log', level: 'warning', message: trouble });
      }
      this.#last.checkpoint = this.#now();
    }
    const lost = wish === 'pause' ? lostByPause(this.#job.method.native, event) : null;
    if (lost !== null) this.#report({ kind: 'log', level: 'warning', message: lost });
    return wish === 'pause' ? { state: 'paused' } : null;
  }

  /** Keeps what was measured, at every yield; shows it a few times a second. */
  #take({ done, total, task, epochs, metrics = {} }: Progress): void {
    this.#place = { done, total, task: task ?? null };
    this.#answered = 0;
    if (Number.isNaN(metrics['loss'])) checkLoss([metrics['loss']], () => this.#at(0));
    const at = {
      step: done,
      examples: this.#spending.counts.examples,
      epochs: epochs ?? null,
      seconds: this.#elapsed(),
    };
    this.#curves.add(metrics, at);
    this.#live = { ...this.#live, ...metrics };
    if (this.#now() - this.#last.report < PROGRESS_MS) return;
    this.#last.report = this.#now();
    this.#tell();
    const places = placesOf(at);
    for (const [name, y] of Object.entries(metrics)) this.#report({ kind: 'curve-point', name, x: done, y, places });
  }

  #tell(): void {
    const { done, total } = this.#place;
    this.#report({ kind: 'progress', done, total, ...this.#pace.at(done, total), metrics: this.#live });
  }

  /** Said as long as no step is done, which is when a person wonders. */
  #tellPhase(phase: string): void {
    if (this.#place.done > 0 || this.#phase === phase) return;
    this.#phase = phase;
    this.#report({ kind: 'phase', phase });
  }

  /** The place of the step that is so many after the last yield. */
  #at(after: number): WorkPlace {
    const { done, total, task } = this.#place;
    return { step: done + after, total, task };
  }

  #context(
    state: RegisteredState,
    models: TrialModels,
    open: OpenSuite,
    stream: (name: string) => Stream,
  ): TrialContext {
    const { artefact, method } = this.#dependencies;
    return {
      engine: this.#engine,
      network: this.#network,
      seed: this.#job.seed,
      fold: this.#job.fold,
      stream,
      ...this.#grants.of(open.protocol, state),
      models,
      meter: {
        examples: (count) => this.#spending.examples(count),
        passes: (count) => this.#spending.passes(count),
      },
      artefact: async (name) => {
        if (artefact === undefined)
          throw new Error(`The trial asks for the artefact "${name}", but none can be opened here.`);
        return artefact(name);
      },
      method: async (id) => {
        if (method === undefined)
          throw new Error(`The trial runs the method "${id}" within it, which cannot be had here.`);
        return method(id);
      },
      log: (message) => this.#report({ kind: 'log', level: 'info', message }),
    };
  }

  #restore(checkpoint: Checkpoint): void {
    this.#spending.restore(checkpoint.cursor, checkpoint.meter);
    this.#elapsedBefore = checkpoint.elapsed;
    this.#place = checkpoint.place;
    this.#grants.stage = checkpoint.place.task ?? 0;
    this.#curves = new CurveKeeper(checkpoint.curves);
    this.#measures = new MeasureKeeper(checkpoint.measures);
    this.#report({
      kind: 'log',
      level: 'info',
      message: `Resumed from a checkpoint at ${checkpoint.elapsed.toFixed(1)} s.`,
    });
  }

  async #opened(id: string): Promise<Dataset> {
    const before = this.#now();
    const { suite, fold } = this.#job;
    const dataset = chosenData(await this.#dependencies.dataset(id), suite, fold);
    this.#opening += (this.#now() - before) / 1000;
    return dataset;
  }

  #preparation(): number {
    return this.#opening + this.#engine.meter.preparation - this.#preparedBefore;
  }

  #elapsed(): number {
    return this.#elapsedBefore + (this.#now() - this.#startedAt) / 1000;
  }

  /** Everything that the trial leaves: what the suite measured, the curves of the work itself, and what it cost. */
  #result(primitives: Primitives, outcome: Outcome, counted: PredictorCost): TrialResult {
    return {
      primitives: {
        ...primitives,
        curves: [...primitives.curves, ...this.#measures.curves(), ...this.#curves.curves()],
        scalars: { ...outcome.scalars, ...primitives.scalars },
        matrices: { ...outcome.matrices, ...primitives.matrices },
      },
      artefacts: outcome.artefacts ?? {},
      cost: this.#cost(counted),
      environment: environmentOf(this.#engine, this.#job.method.native),
      notes: [...this.#notes, ...(outcome.notes ?? [])],
      preparation: this.#preparation(),
    };
  }

  #cost(counted: PredictorCost): Cost {
    const { calls: _, ...spent } = this.#spending.counts;
    return {
      seconds: this.#elapsed(),
      ...spent,
      ...counted,
      peakMemoryBytes: peakMemory(),
      workers: this.#dependencies.workers ?? 1,
    };
  }
}

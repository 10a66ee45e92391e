import { isConvolutional } from '../engine/networks/specification.ts';
import os from 'node:os';
import type { Engines } from '../engine/engines.ts';
import type { Engine } from '../engine/types.ts';
import type { NetworkSpec, Network } from '../engine/networks/specification.ts';
import type { Stream } from '../engine/random/streams.ts';
import type { DatasetParts } from '../datasets/decode.ts';
import type { Dataset } from '../datasets/types.ts';
import type { Method } from '../methods/contract.ts';
import type { CurveAxes, Primitives } from '../metrics/primitives.ts';
import { unpackArtefact } from '../results/artefact-files.ts';
import type { Suite } from '../suites/contract.ts';
import { variantOf } from '../suites/variant-ids.ts';
import { checkedDataset, checkOrder } from '../trial/order.ts';
import { fileCheckpoints } from '../trial/checkpoint.ts';
import { toWorker } from '../trial/messages.ts';
import type { FromWorker, ReceivedResult, TrialOrder } from '../trial/messages.ts';
import { runTrial } from '../trial/run-trial.ts';
import type { TrialEnd, TrialResult, Wish } from '../trial/trial.ts';

/** Where a worker gets things from; the real ones in `main.ts`, small ones in tests. */
export interface WorkerParts {
  openEngines(): Promise<Engines>;
  /** By id, from the person's file where one is given. */
  suite(id: string, own: string | null): Promise<Suite>;
  method(id: string, own: string | null): Promise<Method>;
  /** Without its test rows where a development variant is run. */
  dataset(id: string, parts: DatasetParts): Promise<Dataset>;
  buildNetwork(spec: NetworkSpec): Network;
  stream(seed: number, name: string): Stream;
  /** A stored file by its hash. Throws DamagedBlob when it is not what was stored, an Error when it is gone. */
  blob(hash: string): Uint8Array;
}

/** Trials give way to whatever the person at the machine does. */
const LOW_PRIORITY = 10;

/**
 * Serves trials to the parent process until its channel closes: opens the backend once, then runs one trial at a time.
 * Ends itself when the parent is gone, so that no orphan computes for nobody.
 */
export async function serveTrials(parts: WorkerParts): Promise<void> {
  // Before anything slow: a parent that dies while the backend opens must not leave a process behind.
  process.once('disconnect', () => process.exit(0));
  // A terminal sends Ctrl-C to the whole group; the parent answers it by asking for a pause, with a checkpoint.
  process.on('SIGINT', () => undefined);
  try {
    os.setPriority(Math.max(LOW_PRIORITY, os.getPriority()));
  } catch {
    // Not permitted here; it is only a courtesy.
  }
  const datasets = new Map<string, Promise<Dataset>>();
  let current: { trial: string; wish: Wish } | null = null;

  let isOpen = false;
  const opened = parts.openEngines();
  process.on('message', (raw: unknown) => {
    const message = toWorker.parse(raw);
    if (message.kind === 'wish') {
      if (current?.trial === message.trial) current.wish = message.wish;
    } else {
      const running = { trial: message.order.trial, wish: 'go' as const };
      current = running;
      if (!isOpen) void send({ kind: 'phase', trial: running.trial, phase: 'opening the engine' });
      void opened.then((engines) => perform(engines, message.order, running));
    }
  });

  let engine: Engine;
  try {
    engine = (await opened).first;
    isOpen = true;
  } catch (error) {
    await send({ kind: 'unusable', ...describe(error) });
    process.exit(1);
  }
  await send({ kind: 'ready', backend: engine.backend, numerics: engine.numerics, versions: { ...engine.versions } });

  async function perform(
    engines: Engines,
    order: TrialOrder,
    running: { readonly trial: string; readonly wish: Wish },
  ): Promise<void> {
    const { trial, identity } = order;
    try {
      const checkpoints = fileCheckpoints(order.checkpoint);
      const [suite, method] = await Promise.all([
        parts.suite(identity.suite, order.own.suite),
        parts.method(identity.method, order.own.method),
      ]);
      const engine = await engines.for(
        JSON.stringify([identity.suite, ...stepsOf(identity, method)]),
        isConvolutional(suite.network),
      );
      const hyperParameters = checkOrder(order, { suite, method, engine });
      const end = await runTrial(
        { id: trial, suite, method, hyperParameters, seed: identity.seed, fold: identity.fold },
        {
          engine,
          buildNetwork: parts.buildNetwork,
          stream: parts.stream,
          checkpoints,
          checkpointEvery: order.checkpointEvery,
          workers: order.workers,
          async dataset(id) {
            // A data set is parsed once per worker, not once per trial.
            // Folds are dealt out of all rows; else a development variant never sees a test row.
            const wanted = variantOf(suite.id) === 'dev' && identity.fold === null ? 'train' : 'all';
            const key = `${wanted} ${id}`;
            let dataset = datasets.get(key);
            if (dataset === undefined) {
              dataset = parts.dataset(id, wanted);
              datasets.set(key, dataset);
              dataset.catch(() => datasets.delete(key));
            }
            return checkedDataset(order, suite, await dataset);
          },
          async artefact(name) {
            const file = order.artefacts[name];
            if (file === undefined)
              throw new Error(`The method opens the artefact "${name}" but did not ask for it in trials().`);
            return unpackArtefact(file, parts.blob(file.hash));
          },
          method: (id) => parts.method(id, null),
          report: (report) => void send({ ...report, trial }),
          wish: () => running.wish,
          breathe: () => new Promise((resolve) => setImmediate(resolve)),
        },
      );
      await send(endMessage(trial, end));
    } catch (error) {
      const { message, details } = describe(error);
      await send({
        kind: 'failed',
        trial,
        failure: { kind: error instanceof Error ? error.name : 'Error', message, details },
      });
    }
  }
}

function endMessage(trial: string, end: TrialEnd): FromWorker {
  switch (end.state) {
    case 'done':
      return { kind: 'done', trial, result: plainResult(end.result) };
    case 'diverged':
      return { kind: 'diverged', trial, divergence: end.divergence, result: plainResult(end.result) };
    case 'paused':
    case 'cancelled':
      return { kind: 'stopped', trial, state: end.state };
  }
}

/** A result as a message carries it. */
function plainResult(result: TrialResult): ReceivedResult {
  const { artefacts, environment } = result;
  return {
    ...result,
    notes: [...result.notes],
    artefacts: { ...artefacts },
    primitives: mutablePrimitives(result.primitives),
    environment: { ...environment, versions: { ...environment.versions } },
  };
}

type MutablePrimitives = ReceivedResult['primitives'];

/** The message's type, which zod infers without `readonly`. */
function mutablePrimitives(primitives: Primitives): MutablePrimitives {
  const { matrices, probabilities, predictions, curves, scalars } = primitives;
  return {
    matrices: Object.fromEntries(Object.entries(matrices).map(([name, rows]) => [name, rows.map((row) => [...row])])),
    probabilities: Object.fromEntries(
      Object.entries(probabilities).map(([split, { classes, values, scores, labels, tasks, classNames }]) => [
        split,
        {
          classes,
          values: Float32Array.from(values),
          ...(scores ? { scores } : {}),
          labels: Int32Array.from(labels),
          ...(tasks ? { tasks: Int32Array.from(tasks) } : {}),
          ...(classNames ? { classNames: [...classNames] } : {}),
        },
      ]),
    ),
    ...(predictions === undefined
      ? {}
      : {
          predictions: Object.fromEntries(
            Object.entries(predictions).map(([split, { names, ...samples }]) => [
              split,
              { ...samples, ...(names ? { names: [...names] } : {}) },
            ]),
          ),
        }),
    curves: curves.map(({ name, x, points, axes }) => ({
      name,
      x,
      points: points.map(([at, y]): [number, number] => [at, y]),
      ...(axes === undefined ? {} : { axes: copiedAxes(axes) }),
    })),
    scalars: { ...scalars },
  };
}

function copiedAxes({ examples, epoch, seconds }: CurveAxes): Record<string, number[]> {
  return {
    ...(examples === undefined ? {} : { examples: [...examples] }),
    ...(epoch === undefined ? {} : { epoch: [...epoch] }),
    ...(seconds === undefined ? {} : { seconds: [...seconds] }),
  };
}

function send(message: FromWorker): Promise<void> {
  return new Promise((resolve) => {
    // A closed channel means that the parent is gone; `disconnect` then ends this process.
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, () => resolve());
  });
}

function describe(error: unknown): { message: string; details: string } {
  if (!(error instanceof Error)) return { message: String(error), details: '' };
  const cause = error.cause instanceof Error ? `\nCaused by: ${error.cause.stack ?? error.cause.message}` : '';
  return { message: error.message, details: `${error.stack ?? ''}${cause}` };
}

/** What decides which steps a trial records: merges of tensors alone record none of their own, and are judged alike. */
function stepsOf({ method, hyperParameters }: TrialOrder['identity'], { tensorMerge }: Method): readonly unknown[] {
  return tensorMerge === undefined ? [method, hyperParameters] : [];
}

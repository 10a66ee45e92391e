import { rmSync, statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { basename } from 'node:path';
import { z } from 'zod';
import { inSlices } from '../base/slices.ts';
import { openCheckpoint } from '../checkpoints/checkpoint.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { CheckpointError } from '../checkpoints/error.ts';
import { CheckpointWriter } from '../checkpoints/writer.ts';
import type { Metadata } from '../checkpoints/new-header.ts';
import { keepBytesOf } from './estimate.ts';
import type { MergeResult } from './messages.ts';
import { writtenTensors } from './planned.ts';
import type { MergePlan, PlannedStep, Source } from './planned.ts';
import { TensorReader } from './reading.ts';
import { modelOf } from './request.ts';
import { runStep } from './step.ts';

/** How far a merge is: bytes that were read and written, of those that will be. */
export interface MergeProgress {
  readonly done: number;
  /** Null where it cannot be said before. */
  readonly total: number | null;
  readonly step: number;
  readonly steps: number;
}

export interface MergeOptions {
  readonly version: string;
  readonly onProgress?: (progress: MergeProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Does what was planned. The result has its name only when all of it is there; whatever ends it before leaves nothing.
 *
 * @throws CheckpointError where numbers cannot be merged, a file changes meanwhile, or the disk is full. AbortError
 *   when the signal says so.
 */
export async function runMerge(plan: MergePlan, options: MergeOptions): Promise<MergeResult> {
  const { steps, inputs } = plan;
  const before = inputs.map(stateOf);
  const hashing = hashesOf(inputs);
  const temporary: string[] = [];
  const opened: Checkpoint[] = [];
  const results = new Map<number, Checkpoint>();
  const counted = { read: 0, written: 0 };
  try {
    let files: string[] = [];
    for (const [index, planned] of steps.entries()) {
      const isLast = index === steps.length - 1;
      const metadata = isLast ? metadataOf(plan, options.version, null) : {};
      const writers: CheckpointWriter[] = [];
      try {
        for (const target of planned.targets) writers.push(writerOf(plan, planned, target, metadata, isLast));
        await runPlanned({ plan, index, writers, results, counted, options });
        const hashes = isLast ? await hashing.done : null;
        if (isLast) inputs.forEach((input, at) => checkUnchanged(input, before[at]));
        const said = isLast ? metadataOf(plan, options.version, hashes) : {};
        files = writers.flatMap((writer) => writer.finish(said));
      } finally {
        writers.forEach((writer) => writer.abort());
      }
      if (isLast) break;
      temporary.push(...files);
      const result = openCheckpoint(planned.targets[0]);
      opened.push(result);
      results.set(index, result);
    }
    const hashes = await hashing.done;
    return {
      files,
      bytesRead: counted.read,
      bytesWritten: counted.written,
      inputs: inputs.flatMap(({ files: of }) => of.map(({ path }) => ({ path, sha256: hashes.get(path) ?? '' }))),
    };
  } catch (error) {
    // Methods say so where settings or models are nothing to them.
    if (error instanceof RangeError) throw new CheckpointError(error.message, null, { cause: error });
    throw error;
  } finally {
    hashing.end();
    opened.forEach((checkpoint) => checkpoint.close());
    temporary.forEach((file) => rmSync(file, { force: true }));
  }
}

function writerOf(
  { request }: MergePlan,
  planned: PlannedStep,
  target: string,
  metadata: Metadata,
  isLast: boolean,
): CheckpointWriter {
  return new CheckpointWriter(target, writtenTensors(planned), metadata, {
    force: !isLast || request.force,
    shardBytes: isLast ? (request.shardBytes ?? null) : null,
  });
}

interface RunningStep {
  readonly plan: MergePlan;
  readonly index: number;
  readonly writers: readonly CheckpointWriter[];
  readonly results: ReadonlyMap<number, Checkpoint>;
  readonly counted: { read: number; written: number };
  readonly options: MergeOptions;
}

async function runPlanned({ plan, index, writers, results, counted, options }: RunningStep): Promise<void> {
  const planned = plan.steps[index];
  const readerOf = ({ from }: Source): TensorReader => {
    const checkpoint = 'path' in from ? from : results.get(from.step);
    if (checkpoint === undefined) throw new Error('A step is used before it is made.');
    return new TensorReader(checkpoint);
  };
  const base = planned.base === null ? null : readerOf(planned.base);
  const models = planned.models.map(readerOf);
  const readers = base === null ? models : [base, ...models];
  const start = { ...counted };
  const total = plan.costs.reduce<number | null>(
    (sum, { reads, writes }) => (sum === null || reads === null ? null : sum + reads + writes),
    0,
  );
  const count = (): void => {
    counted.read = start.read + readers.reduce((sum, { bytesRead }) => sum + bytesRead, 0);
    counted.written = start.written + writers.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0);
  };
  const { seed, memoryBytes } = plan.request;
  const prefix = index === 0 ? '' : `step-${index + 1}/`;
  await inSlices(runStep({ planned, base, models, writers, seed, prefix, keepBytes: keepBytesOf(memoryBytes) }), () => {
    count();
    options.onProgress?.({ done: counted.read + counted.written, total, step: index + 1, steps: plan.steps.length });
    options.signal?.throwIfAborted();
  });
  count();
}

const ABOUT_NETWORK = ['touchstone.layout', 'touchstone.images', 'touchstone.network'];
const NO_HASH = '0'.repeat(64);

/** What the result's header says: how it was made, and of what. */
function metadataOf(
  { request, steps, inputs, metadata }: MergePlan,
  version: string,
  hashes: ReadonlyMap<string, string> | null,
): Metadata {
  const settings = steps.map(({ step, groups }) => ({
    ...(step.name === undefined ? {} : { name: step.name }),
    method: step.method,
    ...(step.base === undefined ? {} : { base: basename(step.base) }),
    models: step.models.map((model) => basename(modelOf(model).file)),
    settings: groups.map((group, index) => ({
      ...(index < step.layers.length ? { match: step.layers[index].match } : {}),
      ...(group.kind === 'take'
        ? { take: group.from }
        : {
            method: group.with.method.id,
            version: group.with.method.version,
            values: group.values,
            weights: group.weights,
          }),
    })),
  }));
  const files = inputs.flatMap((input) =>
    input.files.map(({ path }) => ({ file: basename(path), sha256: hashes?.get(path) ?? NO_HASH })),
  );
  // What the base says of its network holds for the result too, what it says of its own making does not.
  const kept = Object.entries(metadata).filter(
    ([key]) => !key.startsWith('touchstone.') || ABOUT_NETWORK.includes(key),
  );
  return {
    ...Object.fromEntries(kept),
    'touchstone.version': version,
    'touchstone.method': steps.map(({ step }) => step.method).join(', then '),
    'touchstone.settings': JSON.stringify(settings),
    'touchstone.seed': String(request.seed),
    'touchstone.inputs': JSON.stringify(files),
  };
}

interface FileState {
  readonly path: string;
  readonly state: string;
}

const stateOf = ({ files }: Checkpoint): readonly FileState[] =>
  files.map(({ path }) => {
    const { size, mtimeMs, ino } = statSync(path);
    return { path, state: `${size} ${mtimeMs} ${ino}` };
  });

function checkUnchanged(input: Checkpoint, before: readonly FileState[]): void {
  stateOf(input).forEach(({ path, state }, index) => {
    if (state !== before[index].state)
      throw new CheckpointError(`${path} was changed while it was merged; nothing was written.`, 'Merge again.');
  });
}

const hashed = z.object({ path: z.string(), sha256: z.string() });

/** The SHA-256 of every file, found by a thread of its own. */
function hashesOf(inputs: readonly Checkpoint[]): { done: Promise<ReadonlyMap<string, string>>; end(): void } {
  const paths = [...new Set(inputs.flatMap(({ files }) => files.map(({ path }) => path)))];
  const worker = new Worker(new URL('./hash-worker.ts', import.meta.url), { workerData: paths });
  const found = new Map<string, string>();
  const done = new Promise<ReadonlyMap<string, string>>((resolve, reject) => {
    worker.on('message', (message: unknown) => {
      const { path, sha256 } = hashed.parse(message);
      found.set(path, sha256);
    });
    worker.on('error', reject);
    worker.on('exit', () => (found.size === paths.length ? resolve(found) : reject(new Error('Hashing was ended.'))));
  });
  // Nobody waits for it where the merge ends before.
  done.catch(() => undefined);
  return { done, end: () => void worker.terminate() };
}

import { inSlices } from '../base/slices.ts';
import { CheckpointError } from '../checkpoints/error.ts';
import { inspectModels } from './inspect.ts';
import { runMerge } from './job.ts';
import { mergeAnswer, mergeMessage } from './messages.ts';
import type { MergeAnswer, mergeJob } from './messages.ts';
import { outlineOf } from './outline.ts';
import { planMerge } from './plan.ts';
import type { z } from 'zod';

// Forked by process.ts as: merge-main.ts <data folder>. Does one piece of work and is ended by who asked.
const [, , dataFolder = ''] = process.argv;
const BETWEEN_REPORTS_MS = 200;
const controller = new AbortController();
let reported = 0;

process.once('disconnect', () => {
  controller.abort();
  setTimeout(() => process.exit(), 2000).unref();
});
process.on('message', (message) => {
  const said = mergeMessage.parse(message);
  if (said.kind === 'stop') controller.abort();
  else void answer(said).then((answered) => process.send?.(answered));
});

function report(progress: { readonly done: number; readonly total: number | null }): void {
  const now = performance.now();
  if (now - reported < BETWEEN_REPORTS_MS) return;
  reported = now;
  process.send?.({ kind: 'progress', done: progress.done, total: progress.total } satisfies MergeAnswer);
}

async function answer(job: z.output<typeof mergeJob>): Promise<MergeAnswer> {
  try {
    if (job.kind === 'inspect') return await inspected(job.request.base, job.request.models);
    const plan = await planMerge(job.request, dataFolder);
    try {
      if (job.kind === 'outline') return mergeAnswer.parse({ kind: 'outline', outline: outlineOf(plan) });
      const { signal } = controller;
      const result = await runMerge(plan, { version: job.version, onProgress: report, signal });
      return mergeAnswer.parse({ kind: 'done', result });
    } finally {
      plan.close();
    }
  } catch (error) {
    if (controller.signal.aborted) return { kind: 'stopped' };
    if (error instanceof CheckpointError)
      return { kind: 'failed', message: error.message, remedy: error.remedy, isFault: false };
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { kind: 'failed', message, remedy: null, isFault: true };
  }
}

async function inspected(base: string | null, models: readonly string[]): Promise<MergeAnswer> {
  const found = await inSlices(inspectModels(base, models), (progress) => {
    report(progress);
    controller.signal.throwIfAborted();
  });
  return mergeAnswer.parse({ kind: 'inspection', inspection: found });
}

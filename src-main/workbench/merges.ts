import type { MergeJob } from '../merge/messages.ts';
import { mergeInProcess } from '../merge/process.ts';
import type { Broadcast } from './broadcast.ts';
import { WorkbenchError } from './contract/contract.ts';
import type { MergeState } from './contract/contract.ts';
import type { Handlers } from './handlers.ts';
import { onCheckpoints } from './refused-files.ts';

export interface MergeParts {
  readonly dataFolder: string;
  readonly version: string;
  readonly broadcast: Pick<Broadcast, 'tell'>;
  readonly now: () => number;
}

const NOTHING: MergeState = {
  state: 'none',
  done: 0,
  total: null,
  since: 0,
  output: '',
  result: null,
  message: '',
  remedy: null,
};

/** Merges of a person's own checkpoints: one at a time, each in a process of its own. */
export class Merges {
  readonly #parts: MergeParts;
  #state: MergeState = NOTHING;
  #stop: AbortController | null = null;

  constructor(parts: MergeParts) {
    this.#parts = parts;
  }

  handlers(): Pick<Handlers, 'merge.outline' | 'merge.inspect' | 'merge.start' | 'merge.stop' | 'merge.state'> {
    return {
      'merge.state': async () => this.#state,
      'merge.outline': async (request) => {
        const said = await this.#ask({ kind: 'outline', request });
        if (said.kind !== 'outline') throw new Error('The merging process said nothing about the merge.');
        return said.outline;
      },
      'merge.inspect': async (request) => {
        const signal = this.#begin('looking', '');
        try {
          const said = await this.#ask({ kind: 'inspect', request }, signal);
          this.#end({ state: said.kind === 'stopped' ? 'stopped' : 'none' });
          if (said.kind === 'inspection') return said.inspection;
        } catch (error) {
          this.#end({ state: 'none' });
          throw error;
        }
        throw new WorkbenchError({ kind: 'cancelled', message: 'Stopped.', remedy: null, details: null });
      },
      'merge.start': async (request) => {
        const signal = this.#begin('merging', request.output);
        void this.#merge({ kind: 'run', request, version: this.#parts.version }, signal);
        return this.#state;
      },
      'merge.stop': async () => {
        this.#stop?.abort();
        return this.#state;
      },
    };
  }

  close(): void {
    this.#stop?.abort();
  }

  async #merge(job: MergeJob, signal: AbortSignal): Promise<void> {
    try {
      const said = await this.#ask(job, signal);
      if (said.kind === 'done') this.#end({ state: 'done', result: said.result });
      else this.#end({ state: 'stopped', message: 'Stopped; nothing was written.' });
    } catch (error) {
      const remedy = error instanceof WorkbenchError ? error.failure.remedy : null;
      this.#end({ state: 'failed', message: error instanceof Error ? error.message : String(error), remedy });
    }
  }

  #begin(state: MergeState['state'], output: string): AbortSignal {
    if (this.#stop !== null)
      throw new WorkbenchError({
        kind: 'conflict',
        message: 'Another merge is at work.',
        remedy: 'Wait until it has ended, or stop it.',
        details: null,
      });
    this.#stop = new AbortController();
    this.#state = { ...NOTHING, since: this.#parts.now(), output };
    this.#tell({ state });
    return this.#stop.signal;
  }

  #ask(job: MergeJob, signal?: AbortSignal): ReturnType<typeof mergeInProcess> {
    return onCheckpoints(() =>
      mergeInProcess(this.#parts.dataFolder, job, {
        ...(signal === undefined ? {} : { signal, onProgress: ({ done, total }) => this.#tell({ done, total }) }),
      }),
    );
  }

  /** Room for the next one before anybody is told that this one has ended. */
  #end(change: Partial<MergeState>): void {
    this.#stop = null;
    this.#tell(change);
  }

  #tell(change: Partial<MergeState>): void {
    this.#state = { ...this.#state, ...change };
    this.#parts.broadcast.tell({ kind: 'merge', merge: this.#state });
  }
}

import { ensembleInProcess } from '../ensemble/process.ts';
import { STRATEGIES } from '../ensemble/strategies.ts';
import { DatasetError } from '../datasets/types.ts';
import { formFields } from '../methods/hyper-parameters.ts';
import { WorkbenchError } from './contract/contract.ts';
import type { Handlers } from './handlers.ts';

/** Ensembles of a person's own predictions: one at a time, each in a process of its own. */
export class Ensembles {
  readonly #version: string;
  #stop: AbortController | null = null;

  constructor(version: string) {
    this.#version = version;
  }

  handlers(): Pick<Handlers, 'ensemble.methods' | 'ensemble.run' | 'ensemble.stop'> {
    return {
      'ensemble.methods': async () =>
        STRATEGIES.map(({ id, title, kinds, schema }) => ({
          id,
          title,
          kinds: [...kinds],
          fields: formFields(schema),
        })),
      'ensemble.run': async (job) => {
        if (this.#stop !== null)
          throw new WorkbenchError({
            kind: 'conflict',
            message: 'Another ensemble is at work.',
            remedy: 'Wait until it has ended, or stop it.',
            details: null,
          });
        const controller = new AbortController();
        this.#stop = controller;
        try {
          return await ensembleInProcess(job, this.#version, controller.signal);
        } catch (error) {
          throw failureOf(error, controller.signal);
        } finally {
          this.#stop = null;
        }
      },
      'ensemble.stop': async () => {
        this.#stop?.abort();
        return {};
      },
    };
  }

  close(): void {
    this.#stop?.abort();
  }
}

/** What is wrong with a person's files is a message to them, not a fault of the program. */
function failureOf(error: unknown, { aborted }: AbortSignal): unknown {
  if (aborted) return new WorkbenchError({ kind: 'cancelled', message: 'Stopped.', remedy: null, details: null });
  if (!(error instanceof DatasetError)) return error;
  return new WorkbenchError({ kind: 'refused', message: error.message, remedy: null, details: null });
}

import { basename } from 'node:path';
import type { OwnFile, OwnFiles } from '../own/files.ts';
import type { ResultsStore } from '../results/store.ts';
import type { StoredTrial } from '../results/types.ts';
import { publishedId } from '../suites/variant-ids.ts';
import type { TrialOrder } from '../trial/messages.ts';
import type { Broadcast } from './broadcast.ts';
import type { Output } from './contract/contract.ts';

export interface OwnNewsParts {
  /** Null where there is no folder for own files (tests). */
  readonly own: OwnFiles | null;
  readonly store: ResultsStore;
  readonly broadcast: Broadcast;
  /** Something has changed that trials are computed with. */
  readonly onChange: () => void;
}

/**
 * A person's own files while the Workbench runs: looked at before something is chosen or planned, and told of when they
 * change.
 */
export class OwnNews {
  readonly #parts: OwnNewsParts;
  #unwatch: (() => void) | null = null;

  constructor(parts: OwnNewsParts) {
    this.#parts = parts;
  }

  /** From now on a change is told without being asked for. */
  watch(): void {
    const { own } = this.#parts;
    this.#unwatch = own?.watch(() => void this.refresh()) ?? null;
  }

  close(): void {
    this.#unwatch?.();
  }

  /** Looks at the files again and tells what has changed. */
  async refresh(): Promise<void> {
    const changed = (await this.#parts.own?.refresh()) ?? [];
    for (const file of changed) {
      const message = sentenceOf(file);
      this.#parts.broadcast.folderLog(file.trouble === null ? 'info' : 'warning', message);
      this.#parts.broadcast.tell({ kind: 'catalogue', message });
    }
    if (changed.length > 0) this.#parts.onChange();
  }

  files(): Output<'catalogue.own'> {
    return (this.#parts.own?.files ?? []).map(({ kind, file, ids, hash, trouble, seenAt }) => ({
      kind,
      file,
      ids: [...ids],
      hash,
      trouble,
      seenAt,
    }));
  }

  /** The files that hold a trial's method and suite; null where they come with the program. */
  filesOf(trial: StoredTrial): TrialOrder['own'] {
    const { own } = this.#parts;
    return {
      method: own?.fileOf('method', trial.method) ?? null,
      suite: own?.fileOf('suite', publishedId(trial.suite)) ?? null,
    };
  }
}

/** A change of an own file as a person reads it. */
function sentenceOf({ kind, file, ids, hash, trouble }: OwnFile): string {
  const name = basename(file);
  if (trouble !== null) return `Your ${kind} file ${name} cannot be used: ${trouble}`;
  if (hash === null) return `Your ${kind} file ${name} is gone. What it measured stays; it can no longer be run.`;
  return `Your ${kind} file ${name} was read: new studies use ${ids.join(', ')} as it is now.`;
}

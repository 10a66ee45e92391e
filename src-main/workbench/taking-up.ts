import { Slices } from '../base/slices.ts';
import type { ResultsStore } from '../results/store.ts';
import type { TrialPiece } from '../results/studies.ts';
import type { StoredTrial } from '../results/types.ts';
import type { TrialQueue } from './trial-queue.ts';

/** Trials that are put into the queue between two looks at what else is to do. */
const PIECE = 200;

export interface TakingUpParts {
  readonly store: ResultsStore;
  readonly queue: TrialQueue;
  /** The trials that stand for the given ones by what this program computes now; those that wait for them too. */
  readonly renewed: (trials: readonly StoredTrial[]) => Promise<readonly StoredTrial[]>;
  readonly enqueue: (trials: readonly StoredTrial[], from: number) => void;
  /** A study has other trials. */
  readonly onStudy: (study: string) => void;
  readonly isClosed: () => boolean;
}

/** Puts trials into the queue that were asked for before: as this program would compute them now. */
export class TakingUp {
  readonly #parts: TakingUpParts;

  constructor(parts: TakingUpParts) {
    this.#parts = parts;
  }

  /** All that running studies want, in pieces. */
  async all(): Promise<void> {
    const slices = new Slices();
    let from = 0;
    for (let after: number | null = 0; after !== null && !this.#parts.isClosed();) {
      const piece: TrialPiece = this.#parts.store.wantedPiece(after, PIECE);
      await this.some(piece.trials, from);
      from += piece.trials.length;
      after = piece.next;
      await slices.pause();
    }
  }

  /** These, from a position on. Meanwhile somebody may stop them. */
  async some(trials: readonly StoredTrial[], from = 0): Promise<void> {
    const { store, queue, enqueue, onStudy } = this.#parts;
    const renewed = await this.#parts.renewed(trials);
    if (this.#parts.isClosed()) return;
    const isWanted = ({ id, state }: StoredTrial): boolean =>
      (state === 'queued' || state === 'waiting') &&
      queue.get(id) === undefined &&
      store.studiesOf(id).some(({ intent }) => intent === 'run');
    const wanted = renewed.flatMap(({ id }) => store.trial(id) ?? []).filter(isWanted);
    store.together(() => enqueue(wanted, from));
    const standing = new Set(renewed.map(({ id }) => id));
    const gone = trials.filter(({ id }) => !standing.has(id));
    for (const { id } of gone) queue.delete(id);
    if (gone.length === 0) return;
    for (const study of new Set(renewed.flatMap(({ id }) => store.studiesOf(id).map((held) => held.id))))
      onStudy(study);
  }

  /** All that waits once more: something has changed that trials are computed with. */
  async again(): Promise<void> {
    const { store, queue } = this.#parts;
    await this.some(queue.ids.flatMap((id) => store.trial(id) ?? []));
  }
}

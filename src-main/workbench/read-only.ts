import type { ResultsStore } from '../results/store.ts';
import { WorkbenchError } from './contract/contract.ts';

/** Throws where nothing can be stored, before any work is done for it. */
export function refuseReadOnly({ readOnly }: Pick<ResultsStore, 'readOnly'>): void {
  if (readOnly === null) return;
  throw new WorkbenchError({
    kind: 'storage',
    message: readOnly,
    remedy: 'Give yourself write permission on the data folder, or choose another one with TOUCHSTONE_DATA.',
    details: null,
  });
}

import type { TrialState } from '../../contract.ts';
import type { ContinualProtocol } from '../contract.ts';

/** What a memory of examples needs of a run: checkpointed arrays, and what examples weigh and belong to. */
export interface MemoryHost {
  readonly context: { readonly state: Pick<TrialState, 'int32' | 'examples'> };
  readonly protocol: Pick<ContinualProtocol, 'bytesPerExample' | 'outputs' | 'labelOf' | 'taskOf'> & {
    readonly tasks: readonly unknown[];
  };
}

import type { BudgetMeter, TrialState } from '../../contract.ts';
import type { ContinualProtocol } from '../contract.ts';

/** What a memory of examples needs of a run: checkpointed arrays, the budget's meter, and what examples weigh and belong to. */
export interface MemoryHost {
  readonly context: { readonly state: Pick<TrialState, 'int32'>; readonly meter: Pick<BudgetMeter, 'bytesStored'> };
  readonly protocol: Pick<ContinualProtocol, 'bytesPerExample' | 'outputs' | 'labelOf' | 'taskOf'> & {
    readonly tasks: readonly unknown[];
  };
}

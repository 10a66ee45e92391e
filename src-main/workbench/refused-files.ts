import { CheckpointError } from '../checkpoints/error.ts';
import { WorkbenchError } from './contract/contract.ts';

/** Work on a person's files of tensors: what is wrong with these is a message to them, not a fault of the program. */
export async function onCheckpoints<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    const { message, remedy } = error;
    throw new WorkbenchError({ kind: 'refused', message, remedy, details: null });
  }
}

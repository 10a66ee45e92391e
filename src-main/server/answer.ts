import { z } from 'zod';
import { contract, WorkbenchError, wireRequest } from '../workbench/contract.ts';
import type { Operation, WireMessage, WorkbenchClient, WorkbenchFailure } from '../workbench/contract.ts';

/** True for the operations of the contract (own keys only: `constructor` is none). */
export const isOperation = (name: string): name is Operation => Object.hasOwn(contract, name);

/** Any thrown value as the failure that crosses the wire. Only a WorkbenchError speaks for itself; a stack never leaves the process. */
export function asFailure(error: unknown): WorkbenchFailure {
  if (error instanceof WorkbenchError) return error.failure;
  return {
    kind: 'internal', message: 'Touchstone ran into an error of its own.', remedy: 'Try again; if it comes back, report it with the details.',
    details: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
  };
}

/**
 * Answers one request that arrived as text: parses the envelope and the input by the contract, calls the Workbench, and turns whatever
 * happens into exactly one message. Returns null when not even an id could be read, so that there is nobody to answer.
 */
export async function answer(client: WorkbenchClient, text: string): Promise<WireMessage | null> {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return null;
  }
  const request = wireRequest.safeParse(raw);
  if (!request.success) return null;
  const { id, operation, input } = request.data;
  const fail = (failure: WorkbenchFailure): WireMessage => ({ kind: 'error', id, failure });
  if (!isOperation(operation)) {
    return fail({ kind: 'invalid-input', message: `There is no operation "${operation.slice(0, 100)}".`, remedy: 'The interface and the Workbench may be of different versions: reload the page.', details: null });
  }
  const parsed = contract[operation].input.safeParse(input ?? {});
  if (!parsed.success) {
    return fail({ kind: 'invalid-input', message: `The input of ${operation} is not valid: ${z.prettifyError(parsed.error)}`, remedy: 'Correct the named fields.', details: null });
  }
  try {
    return { kind: 'reply', id, output: await client.call(operation, parsed.data) };
  } catch (error) {
    return fail(asFailure(error));
  }
}

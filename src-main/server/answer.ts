import type { WireMessage, WorkbenchClient } from '../workbench/contract/contract.ts';
import { answerRequest } from '../workbench/wire.ts';

/**
 * Answers one request that arrived as text. Returns null when not even an id could be read, so that there is nobody to
 * answer. Everything else, parsing by the contract included, is the same on every wire (workbench/wire.ts).
 */
export async function answer(client: WorkbenchClient, text: string): Promise<WireMessage | null> {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return null;
  }
  return answerRequest(client, raw);
}

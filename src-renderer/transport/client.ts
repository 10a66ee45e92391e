import { contract, WorkbenchError, workbenchEvent } from '../../src-main/workbench/contract/contract.ts';
import type {
  Contract,
  Input,
  Operation,
  Output,
  WorkbenchClient,
  WorkbenchEvent,
} from '../../src-main/workbench/contract/contract.ts';
import type { z } from 'zod';
import { failure } from './failures.ts';

/** A carrier of untyped calls: what Electron's bridge and the WebSocket have in common. Rejects with WorkbenchError. */
export interface Wire {
  send(operation: string, input: unknown): Promise<unknown>;
  subscribe(listener: (event: unknown) => void): () => void;
}

/** The schema of an operation's output, typed by the operation. */
function outputSchema<K extends Operation>(operation: K): z.ZodType<Output<K>> {
  const schemas: { readonly [P in Operation]: { readonly output: z.ZodType<z.output<Contract[P]['output']>> } } =
    contract;
  return schemas[operation].output;
}

/**
 * A typed client over a wire: replies and events are parsed, so that a view never meets a shape that the contract does
 * not have.
 */
export function clientOver(wire: Wire): WorkbenchClient {
  return {
    async call<K extends Operation>(operation: K, input: Input<K>): Promise<Output<K>> {
      const answer = await wire.send(operation, input);
      const parsed = outputSchema(operation).safeParse(answer);
      if (parsed.success) return parsed.data;
      throw new WorkbenchError(
        failure(
          'internal',
          `The Workbench answered "${operation}" in a shape this window does not know.`,
          'Reload the window; if a newer Touchstone is running, close it first.',
          parsed.error.message,
        ),
      );
    },
    subscribe(listener: (event: WorkbenchEvent) => void) {
      return wire.subscribe((event) => {
        const parsed = workbenchEvent.safeParse(event);
        // An event of a kind that this window does not know carries nothing it could show.
        if (parsed.success) listener(parsed.data);
      });
    },
  };
}

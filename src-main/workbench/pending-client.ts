import type { WorkbenchClient } from './contract/contract.ts';

/**
 * The client of a Workbench that is still being opened: calls wait for it, listeners are handed on to it. Calls reject
 * as `opened` does.
 */
export function pendingClient(opened: Promise<WorkbenchClient>): WorkbenchClient {
  return {
    call: async (operation, input) => (await opened).call(operation, input),
    subscribe(listener) {
      let isOver = false;
      let unsubscribe = (): void => {
        isOver = true;
      };
      opened.then(
        (client) => {
          if (!isOver) unsubscribe = client.subscribe(listener);
        },
        () => undefined,
      );
      return () => unsubscribe();
    },
  };
}

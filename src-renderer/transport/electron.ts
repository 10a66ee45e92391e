import { WorkbenchError } from '../../src-main/workbench/contract/contract.ts';
import type { WorkbenchClient } from '../../src-main/workbench/contract/contract.ts';
import type { TouchstoneBridge } from '../env.d.ts';
import { clientOver } from './client.ts';
import { failure, failureOf, parseFailure } from './failures.ts';

/** Client over the preload's bridge. Plain JSON crosses it: reactive proxies cannot be cloned. */
export function electronClient(bridge: TouchstoneBridge): WorkbenchClient {
  return clientOver({
    async send(operation, input) {
      let result: Awaited<ReturnType<TouchstoneBridge['call']>>;
      try {
        result = await bridge.call(operation, JSON.parse(JSON.stringify(input)));
      } catch (thrown) {
        throw new WorkbenchError(
          failure(
            'unavailable',
            'The window lost its connection to the Workbench.',
            'Restart Touchstone; finished trials are kept.',
            failureOf(thrown).message,
          ),
        );
      }
      if (result.ok) return result.output;
      throw new WorkbenchError(parseFailure(result.failure));
    },
    subscribe: (listener) => bridge.subscribe(listener),
  });
}

import { expect, it } from 'vitest';
import type { WorkbenchClient, WorkbenchEvent } from '../../../src-main/workbench/contract/contract.ts';
import { WorkbenchError } from '../../../src-main/workbench/contract/contract.ts';
import { pendingClient } from '../../../src-main/workbench/pending-client.ts';

const up: WorkbenchEvent = { kind: 'workbench', state: 'up', message: 'up' };

/** A Workbench that answers nothing and can be made to speak. */
function speaker(): { client: WorkbenchClient; say(event: WorkbenchEvent): void } {
  const listeners = new Set<(event: WorkbenchEvent) => void>();
  return {
    client: {
      call: async (operation) => {
        throw new WorkbenchError({ kind: 'not-found', message: operation, remedy: null, details: null });
      },
      subscribe(listener) {
        listeners.add(listener);
        return () => {
          listeners.delete(listener);
        };
      },
    },
    say: (event) => {
      for (const listener of listeners) listener(event);
    },
  };
}

it('keeps calls and listeners until the Workbench is open', async () => {
  const opening = Promise.withResolvers<WorkbenchClient>();
  const pending = pendingClient(opening.promise);
  const heard: WorkbenchEvent[] = [];
  const overheard: WorkbenchEvent[] = [];
  const unsubscribe = pending.subscribe((event) => heard.push(event));
  pending.subscribe((event) => overheard.push(event))();
  const call = expect(pending.call('study.list', {})).rejects.toMatchObject({
    failure: { kind: 'not-found', message: 'study.list' },
  });
  const { client, say } = speaker();
  opening.resolve(client);
  await call;
  say(up);
  unsubscribe();
  say(up);
  expect({ heard, overheard }).toEqual({ heard: [up], overheard: [] });
});

it('fails calls with the reason why the Workbench could not be opened', async () => {
  const opening = Promise.withResolvers<WorkbenchClient>();
  const pending = pendingClient(opening.promise);
  pending.subscribe(() => undefined);
  opening.reject(new WorkbenchError({ kind: 'storage', message: 'full', remedy: null, details: null }));
  await expect(pending.call('study.list', {})).rejects.toMatchObject({ failure: { message: 'full' } });
});

import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { WorkbenchError } from '../../src-main/workbench/contract/contract.ts';
import type {
  Input,
  Operation,
  Output,
  WorkbenchClient,
  WorkbenchEvent,
} from '../../src-main/workbench/contract/contract.ts';
import { failure } from '../transport/failures.ts';

export type Connection = 'connecting' | 'up' | 'down' | 'restarting';

/** The transport and the state of the connection. Every call of the interface goes through `call`. */
export const useClient = defineStore('client', () => {
  const client = shallowRef<WorkbenchClient | null>(null);
  const connection = ref<Connection>('connecting');
  const message = ref('');
  /** Counts returns of the connection: what is on screen may be old and is fetched again. */
  const epoch = ref(0);
  const listeners = new Set<(event: WorkbenchEvent) => void>();

  function start(given: WorkbenchClient): void {
    client.value = given;
    connection.value = 'up';
    given.subscribe((event) => {
      if (event.kind === 'workbench') {
        if (event.state === 'up' && connection.value !== 'up') epoch.value++;
        connection.value = event.state;
        message.value = event.message;
      }
      for (const listener of listeners) listener(event);
    });
  }

  async function call<K extends Operation>(operation: K, input: Input<K>): Promise<Output<K>> {
    if (client.value === null)
      throw new WorkbenchError(
        failure('unavailable', 'The window is still connecting.', 'Wait a moment and try again.'),
      );
    return client.value.call(operation, input);
  }

  /** Hears every event of the Workbench until the returned function is called. */
  function subscribe(listener: (event: WorkbenchEvent) => void): () => void {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  return { connection, message, epoch, usable: computed(() => connection.value === 'up'), start, call, subscribe };
});

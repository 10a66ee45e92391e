import { onScopeDispose, ref, shallowRef, watch } from 'vue';
import type { WatchSource } from 'vue';
import type { WorkbenchFailure } from '../../src-main/workbench/contract/contract.ts';
import { useClient } from '../stores/client.ts';
import { failureOf } from '../transport/failures.ts';

/**
 * Fetches for a view: `data` keeps its last value while newer is on its way, an answer that was overtaken is dropped,
 * and everything is fetched again when `sources` change or the connection returns.
 */
export function useQuery<T>(fetch: () => Promise<T>, sources: WatchSource[] = []) {
  const client = useClient();
  const data = shallowRef<T | null>(null);
  const failure = shallowRef<WorkbenchFailure | null>(null);
  const loading = ref(true);
  let turn = 0;

  async function reload(): Promise<void> {
    const mine = ++turn;
    loading.value = true;
    try {
      const answer = await fetch();
      if (mine !== turn) return;
      data.value = answer;
      failure.value = null;
    } catch (thrown) {
      if (mine !== turn) return;
      failure.value = failureOf(thrown);
    } finally {
      if (mine === turn) loading.value = false;
    }
  }

  watch(
    [() => client.epoch, ...sources],
    () => {
      void reload();
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    turn++;
  });
  return { data, failure, loading, reload };
}

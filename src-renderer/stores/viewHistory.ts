import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import { useAnnounce } from './announce.ts';

export interface ViewChange {
  /** Said when it is undone: `hide EWC`. */
  readonly label: string;
  readonly undo: () => void;
  readonly redo: () => void;
}

/** Ctrl+Z / Ctrl+Y over changes of what is shown (hidden rows, chosen columns); never over data. */
export const useViewHistory = defineStore('viewHistory', () => {
  const announce = useAnnounce();
  const past = shallowRef<readonly ViewChange[]>([]);
  const future = shallowRef<readonly ViewChange[]>([]);

  function record(change: ViewChange): void {
    past.value = [...past.value.slice(-99), change];
    future.value = [];
  }
  function undo(): void {
    const change = past.value.at(-1);
    if (change === undefined) return;
    past.value = past.value.slice(0, -1);
    future.value = [...future.value, change];
    change.undo();
    announce.show(`Undone: ${change.label}`);
  }
  function redo(): void {
    const change = future.value.at(-1);
    if (change === undefined) return;
    future.value = future.value.slice(0, -1);
    past.value = [...past.value, change];
    change.redo();
    announce.show(`Done again: ${change.label}`);
  }
  function forget(): void {
    past.value = [];
    future.value = [];
  }
  return { past, future, record, undo, redo, forget };
});

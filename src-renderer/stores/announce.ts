import { defineStore } from 'pinia';
import { ref } from 'vue';

export interface Notice {
  readonly id: number;
  readonly tone: 'info' | 'success' | 'error';
  readonly text: string;
}

/** Short messages: shown in a corner for a moment and read out by screen readers. */
export const useAnnounce = defineStore('announce', () => {
  const notices = ref<Notice[]>([]);
  const spoken = ref('');
  let next = 1;

  function dismiss(id: number): void {
    notices.value = notices.value.filter((notice) => notice.id !== id);
  }

  function show(text: string, tone: Notice['tone'] = 'info'): void {
    const id = next++;
    notices.value = [...notices.value.slice(-2), { id, tone, text }];
    setTimeout(() => dismiss(id), tone === 'error' ? 12000 : 4500);
  }

  /** Only for ears: what a sighted person sees move by itself. */
  function say(text: string): void {
    spoken.value = text;
  }

  return { notices, spoken, show, say, dismiss };
});

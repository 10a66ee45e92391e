import { watch } from 'vue';

/** Names the window after what it shows, as soon as that is known; until then it has its view's name. */
export function useTitle(title: () => string | undefined): void {
  watch(
    title,
    (text) => {
      if (text !== undefined) document.title = `${text} · Touchstone`;
    },
    { immediate: true },
  );
}

import { defineStore } from 'pinia';
import { computed, reactive, ref, watch } from 'vue';
import { z } from 'zod';
import { recall, remember } from '../app/storage.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** What this window remembers: theme and pane sizes. */
export const useSettings = defineStore('settings', () => {
  const theme = ref<Theme>(recall('theme', z.enum(THEMES), 'system'));
  const systemDark = ref(false);
  const panes = reactive<Record<string, number>>(recall('panes', z.record(z.string(), z.number()), {}));

  const query = typeof matchMedia === 'function' ? matchMedia('(prefers-color-scheme: dark)') : null;
  systemDark.value = query?.matches ?? false;
  query?.addEventListener('change', (event) => {
    systemDark.value = event.matches;
  });

  /** What is on screen now; charts redraw when it changes. */
  const resolvedTheme = computed<'light' | 'dark'>(() =>
    theme.value === 'system' ? (systemDark.value ? 'dark' : 'light') : theme.value,
  );
  watch(
    resolvedTheme,
    (value) => {
      document.documentElement.dataset['theme'] = value;
    },
    { immediate: true, flush: 'sync' },
  );
  watch(theme, (value) => remember('theme', value));
  watch(panes, (value) => remember('panes', value));

  return { theme, resolvedTheme, panes };
});

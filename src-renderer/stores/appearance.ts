import { defineStore } from 'pinia';
import { computed } from 'vue';
import { remembered } from '../../src-main/base/remembered.ts';
import type { Dash, Look, Marker } from '../../src-main/metrics/looks.ts';
import { useSettings } from './settings.ts';

/** A look in the theme on screen. */
export interface ShownLook {
  /** For CSS: `var(--series-3)`. */
  readonly css: string;
  /** The same as a literal: for charts. */
  readonly colour: string;
  readonly marker: Marker;
  readonly dash: Dash;
}

/** Which look a method or configuration has, the Workbench says; here it becomes colours of the theme. */
export const useAppearance = defineStore('appearance', () => {
  const settings = useSettings();

  /** Literal values of tokens, read once a theme: reading makes the browser compute the page's styles at once. */
  const literals = computed(() => ({ theme: settings.resolvedTheme, known: new Map<string, string>() }));

  /** The value of a design token in the theme on screen. Reactive: inside a computed it follows theme changes. */
  function literal(name: string): string {
    return remembered(literals.value.known, name, () =>
      getComputedStyle(document.documentElement).getPropertyValue(name).trim(),
    );
  }

  /** The literal colour is read when a picture asks for it. */
  function shown({ colour, marker, dash }: Look): ShownLook {
    const name = `--series-${colour}`;
    return {
      css: `var(${name})`,
      get colour() {
        return literal(name);
      },
      marker,
      dash,
    };
  }

  return { shown, literal };
});

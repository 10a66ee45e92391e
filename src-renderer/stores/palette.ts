import { defineStore } from 'pinia';
import { ref, shallowReactive } from 'vue';

/** Something the Ctrl+K palette can do or go to. */
export interface Command {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly hint?: string;
  /** Key caps to show: `['G', 'H']`. */
  readonly keys?: readonly string[];
  readonly run: () => void;
}

/** What there is to do or to go to for what is typed, which may be nothing. */
export type Offer = (typed: string) => readonly Command[];

/** Commands offered by the shell and, while they are on screen, by views. */
export const usePalette = defineStore('palette', () => {
  const isOpen = ref(false);
  const shortcutsOpen = ref(false);
  const sources = shallowReactive(new Map<string, Offer>());

  /**
   * Offers commands until the returned function is called; the list is made anew for whatever is typed, so that what
   * there is too much of (trials) may wait for some letters.
   */
  function offer(source: string, commands: Offer): () => void {
    sources.set(source, commands);
    return () => {
      if (sources.get(source) === commands) sources.delete(source);
    };
  }

  return { isOpen, shortcutsOpen, sources, offer };
});

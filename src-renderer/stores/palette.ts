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

/** Commands offered by the shell and, while they are on screen, by views. */
export const usePalette = defineStore('palette', () => {
  const isOpen = ref(false);
  const shortcutsOpen = ref(false);
  const sources = shallowReactive(new Map<string, () => readonly Command[]>());

  /** Offers commands until the returned function is called; the list is made anew whenever the palette opens. */
  function offer(source: string, commands: () => readonly Command[]): () => void {
    sources.set(source, commands);
    return () => {
      if (sources.get(source) === commands) sources.delete(source);
    };
  }

  return { isOpen, shortcutsOpen, sources, offer };
});

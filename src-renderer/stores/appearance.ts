import { defineStore } from 'pinia';
import { computed, reactive } from 'vue';
import type { StudyDetail } from '../../src-main/workbench/contract.ts';
import { useCatalogue } from './catalogue.ts';
import { useSettings } from './settings.ts';

export const MARKERS = ['circle', 'square', 'triangle', 'diamond', 'cross', 'triangle-down', 'plus'] as const;
export const DASHES = ['solid', 'dashed', 'dotted', 'dash-dot'] as const;
export type Marker = (typeof MARKERS)[number];
export type Dash = (typeof DASHES)[number];
const COLOURS = 7;

/** How one configuration looks in every view of a study. */
export interface Look {
  /** For CSS: `var(--series-3)`. */
  readonly css: string;
  /** The same as a literal, in the theme on screen: for charts. */
  readonly colour: string;
  readonly marker: Marker;
  readonly dash: Dash;
}

/** What identifies a configuration, on a trial's spec as on a leaderboard's row. */
export interface Configured {
  readonly method: string;
  readonly hyperParameters: Readonly<Record<string, number | string | boolean>>;
  readonly label?: string | undefined;
}

interface Entry extends Configured {
  readonly reference: 'lower' | 'upper' | null;
}

/** The entry a configuration belongs to: same method, same label if both have one, and the most of its settings matched. */
export function matchEntry(entries: readonly Configured[], item: Configured): number {
  let best = -1;
  let bestScore = -1;
  entries.forEach((entry, index) => {
    if (entry.method !== item.method) return;
    const settings = Object.entries(entry.hyperParameters);
    if (!settings.every(([name, value]) => item.hyperParameters[name] === value)) return;
    const score = settings.length + (entry.label !== undefined && entry.label === item.label ? 1000 : 0);
    if (score > bestScore) [best, bestScore] = [index, score];
  });
  return best >= 0 ? best : entries.findIndex((entry) => entry.method === item.method);
}

/**
 * Colour, marker and dash by the place of a configuration in its study's request, so that it looks the same in every view. Reference ends
 * (naive, joint) are neutral and take no colour. Without a study, the catalogue's order of methods decides.
 */
export const useAppearance = defineStore('appearance', () => {
  const catalogue = useCatalogue();
  const settings = useSettings();
  const scopes = reactive(new Map<string, readonly Entry[]>());

  /** Fixes the order of a study's configurations; the studies store calls it whenever it learns of one. */
  function learn(study: StudyDetail): void {
    const requested = study.request.methods.map((entry): Entry => ({
      method: entry.method,
      hyperParameters: entry.hyperParameters,
      label: entry.label,
      reference: referenceOf(entry.method),
    }));
    const added = study.methods
      .filter((method) => requested.every((entry) => entry.method !== method))
      .map((method): Entry => ({ method, hyperParameters: {}, reference: referenceOf(method) }));
    scopes.set(study.id, [...requested, ...added]);
  }

  function referenceOf(method: string): 'lower' | 'upper' | null {
    return catalogue.methodById.get(method)?.reference ?? null;
  }

  function literal(name: string): string {
    // The theme is a dependency: the same token has another value after a switch.
    void settings.resolvedTheme;
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  /** The literal colour is read when a picture asks for it: reading makes the browser compute the page's styles at once. */
  function lookOf(name: string, marker: Marker, dash: Dash): Look {
    return {
      css: `var(${name})`,
      get colour() {
        return literal(name);
      },
      marker,
      dash,
    };
  }

  /** Made once for all methods: a list of them asks for the look of each. */
  const everything = computed(() =>
    catalogue.methods.map((method): Entry => ({ method: method.id, hyperParameters: {}, reference: method.reference })),
  );

  function look(study: string | undefined, item: Configured): Look {
    const entries = (study === undefined ? undefined : scopes.get(study)) ?? everything.value;
    const at = matchEntry(entries, item);
    const reference = at >= 0 ? (entries[at]?.reference ?? null) : referenceOf(item.method);
    if (reference !== null) {
      const name = `--series-${reference}`;
      return lookOf(name, reference === 'lower' ? 'triangle-down' : 'triangle', 'dashed');
    }
    const slot = at < 0 ? 0 : entries.slice(0, at).filter((entry) => entry.reference === null).length;
    const round = Math.floor(slot / COLOURS);
    const name = `--series-${(slot % COLOURS) + 1}`;
    return lookOf(name, MARKERS[(slot + round) % MARKERS.length] ?? 'circle', DASHES[round % DASHES.length] ?? 'solid');
  }

  return { learn, look };
});

import { byPlace } from '../../../src-main/base/places.ts';
import { computed, onBeforeUnmount, onMounted, ref, watch, watchEffect } from 'vue';
import { shortened } from '../../../src-main/base/shortened.ts';
import { STATE_FACTS } from '../../../src-main/results/states.ts';
import { MOST_CURVES_ASKED } from '../../../src-main/workbench/contract/contract.ts';
import type { TrialSummary } from '../../../src-main/workbench/contract/contract.ts';
import { paced } from '../../app/paced.ts';
import { afterPaint, whenIdle } from '../../charts/after-paint.ts';
import type { Curves, TrialCurve } from '../../app/trial-curves.ts';
import { useStudies } from '../../stores/studies.ts';
import { isOverTasks, onShownAxis } from './curves.ts';

/**
 * A study of thousands of trials shows the curves of so many ended ones; the trials' own pages and Compare have the
 * rest.
 */
export const MOST_READ = 300;
/** Milliseconds between redraws, and between two helpings of curves. */
const REDRAW = 500;

/**
 * The curves of trials: those of ended ones are read as they end, a helping at a time and seed by seed; of running ones
 * what is measured as it comes. All that is answered follows `version`, which goes up at most twice a second.
 */
export function useCurves(trials: () => readonly TrialSummary[]) {
  const studies = useStudies();
  // The map stays the same; its redraws are heard below.
  const live = studies.live;
  const stored = new Map<string, Curves>();
  const version = ref(0);
  const redraw = paced(() => {
    version.value += 1;
  }, REDRAW);
  watchEffect(() => {
    void studies.live;
    redraw.soon();
  });

  /** Trials that were asked about when they had ended, and while they ran. */
  const asked = { ended: new Set<string>(), running: new Set<string>() };
  const isEnded = ({ state }: TrialSummary): boolean => STATE_FACTS[state].measured;
  /** Ended trials whose curves are not read. */
  const notRead = computed(() => Math.max(0, trials().filter(isEnded).length - MOST_READ));
  /** Until the curves of what had ended before are here. */
  const reading = ref(true);
  let gone = false;
  let busy = false;

  /**
   * What is to be read next: of what runs what was measured before this window heard of it, and what has ended, lower
   * seeds first.
   */
  function next(): string[] {
    const room = MOST_READ - asked.ended.size;
    const running = trials().filter(({ id, state }) => state === 'running' && !asked.running.has(id));
    const ended = trials()
      .filter((trial) => isEnded(trial) && !asked.ended.has(trial.id))
      .sort((a, b) => byPlace(a.spec, b.spec));
    const helping = shortened([...running, ...shortened(ended, room).shown], MOST_CURVES_ASKED).shown;
    for (const trial of helping) asked[isEnded(trial) ? 'ended' : 'running'].add(trial.id);
    return helping.map(({ id }) => id);
  }
  async function readOn(): Promise<void> {
    if (busy) return;
    busy = true;
    for (let ids = next(); ids.length > 0 && !gone; ids = next()) {
      await whenIdle();
      // Without them the picture does without; what is wrong with a trial its own page says.
      const read = await studies.readCurves(ids).catch(() => new Map<string, Curves>());
      for (const [id, curves] of read) stored.set(id, curves);
      redraw.soon();
      // Trials that end one after another are read together.
      if (ids.length < MOST_CURVES_ASKED) await new Promise((resolve) => setTimeout(resolve, REDRAW));
    }
    busy = false;
    reading.value = false;
  }
  /** The study is on screen before its curves are asked for. */
  const shown = ref(false);
  onMounted(async () => {
    await afterPaint();
    shown.value = true;
  });
  watch([shown, trials], () => {
    if (shown.value) void readOn();
  });
  onBeforeUnmount(() => {
    gone = true;
  });

  return {
    version,
    notRead,
    reading,
    namesOf: (trial: string): readonly string[] => [
      ...(stored.get(trial)?.keys() ?? []),
      ...(live.get(trial)?.keys() ?? []),
    ],
    curveOf: (trial: string, name: string): TrialCurve =>
      stored.get(trial)?.get(name) ?? {
        x: isOverTasks(name) ? 'task' : 'step',
        points: onShownAxis(name, live.get(trial)?.get(name) ?? []),
      },
  };
}

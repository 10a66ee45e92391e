import { Slices } from '../base/slices.ts';
import type { ResultsStore } from '../results/store.ts';
import type { TrialCurves } from './contract/contract.ts';
import type { LiveCurves } from './live-curves.ts';
import { shownCurve } from './views.ts';

/**
 * The curves of trials: what they stored, and of those that have stored nothing yet what they have measured so far.
 * Unknown ids are left out.
 */
export async function trialCurves(
  trials: readonly string[],
  { store, live }: { readonly store: ResultsStore; readonly live: LiveCurves },
): Promise<TrialCurves[]> {
  const slices = new Slices();
  const found: TrialCurves[] = [];
  for (const trial of trials) {
    await slices.pause();
    const stored = store.primitives(trial, { answers: false });
    if (stored === null) found.push({ trial, stored: false, curves: live.of(trial) });
    else {
      const curves = stored.curves.map((curve) => shownCurve(curve, (y) => (Number.isFinite(y) ? y : null)));
      found.push({ trial, stored: true, curves });
    }
  }
  return found;
}

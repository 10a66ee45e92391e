import type { Cost } from '../metrics/primitives.ts';

/** What adds up over the trials that something was made of. */
const SUMS = ['seconds', 'steps', 'flops', 'examples', 'forwardPasses', 'backwardPasses'] as const;
type Sums = Readonly<Record<(typeof SUMS)[number], number>>;

/** What is known of stored trials: whose artefacts each took, and what each cost with all that it was made of. */
export interface KnownCosts {
  makersOf(trial: string): readonly string[];
  costOf(trial: string): Cost | null;
}

/**
 * What a trial cost with everything it was made of, each trial once: an ensemble of five costs five trainings, and five
 * experts of one start cost that start once. `made` says of how many trials.
 */
export function wholeCost(trial: string, own: Cost, known: KnownCosts): { readonly cost: Cost; readonly made: number } {
  const alone = new Map<string, Sums>();
  let peakMemoryBytes = own.peakMemoryBytes;
  /** Every trial that this one is made of, in the order in which they were made. */
  const behind = (id: string): ReadonlySet<string> => {
    const all = new Set<string>();
    for (const maker of known.makersOf(id)) {
      const before = behind(maker);
      for (const one of before) all.add(one);
      all.add(maker);
      const cost = known.costOf(maker);
      if (cost === null || alone.has(maker)) continue;
      // A stored cost holds what the trial was made of in turn.
      alone.set(
        maker,
        map((sum) => cost[sum] - total(before, sum)),
      );
      peakMemoryBytes = Math.max(peakMemoryBytes, cost.peakMemoryBytes);
    }
    return all;
  };
  const total = (trials: Iterable<string>, sum: (typeof SUMS)[number]): number =>
    [...trials].reduce((all, id) => all + (alone.get(id)?.[sum] ?? 0), 0);
  const makers = [...behind(trial)].filter((id) => alone.has(id));
  return { made: makers.length, cost: { ...own, ...map((sum) => own[sum] + total(makers, sum)), peakMemoryBytes } };
}

const map = (value: (sum: (typeof SUMS)[number]) => number): Sums => ({
  seconds: value('seconds'),
  steps: value('steps'),
  flops: value('flops'),
  examples: value('examples'),
  forwardPasses: value('forwardPasses'),
  backwardPasses: value('backwardPasses'),
});

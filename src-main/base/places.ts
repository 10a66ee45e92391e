/** Words for the place of a trial within its cell: its seed and, where the suite has folds, its fold. */

/** A trial within its cell; `fold` is null where the suite has none. */
export interface Place {
  readonly seed: number;
  readonly fold: number | null;
}

/** Ascending by seed, and within it by fold. */
export const byPlace = (a: Place, b: Place): number => a.seed - b.seed || (a.fold ?? 0) - (b.fold ?? 0);

/** The distinct ones of some places, ascending. */
export function distinctPlaces(places: readonly Place[]): readonly Place[] {
  const known = new Map(places.map(({ seed, fold }) => [placeText({ seed, fold }), { seed, fold }]));
  return [...known.values()].sort(byPlace);
}

/** `seed 3`, or `seed 3, fold 7`. */
export function placeText({ seed, fold }: { readonly seed: number; readonly fold?: number | null }): string {
  return `seed ${seed}${fold == null ? '' : `, fold ${fold}`}`;
}

/**
 * The values behind an estimate: `5`, or seeds × folds as `5×10`; where some of these are missing, how many there are.
 */
export function countText(counted: { readonly n: number; readonly seeds: number; readonly folds: number }): string {
  const { n, seeds, folds } = counted;
  return folds > 1 && n === seeds * folds ? `${seeds}×${folds}` : String(n);
}

/** `5 seeds`, `5 seeds × 10 folds`, `47 pairs of seed and fold`. */
export function countInWords(counted: { readonly n: number; readonly seeds: number; readonly folds: number }): string {
  const { n, seeds, folds } = counted;
  const ofSeeds = seeds === 1 ? 'one seed' : `${seeds} seeds`;
  if (folds === 1) return n === 1 ? 'one seed' : `${n} seeds`;
  return n === seeds * folds ? `${ofSeeds} × ${folds} folds` : `${n} pairs of seed and fold`;
}

/**
 * The shelves of the catalogue: a folder of `methods/` or `suites/` each. A family says nothing of what a method may
 * see or where it runs (its kind of protocol does). One that has no title here is shown by its name.
 */
const TITLES: ReadonlyMap<string, string> = new Map([
  ['continual', 'Continual learning'],
  ['merging', 'Model merging'],
  ['ensembling', 'Ensembling'],
  ['training', 'Training one network'],
  ['tables', 'Tables'],
  ['theory', 'Experiments on learning'],
]);

/** The title of a family. */
export const familyTitle = (family: string): string => TITLES.get(family) ?? family;

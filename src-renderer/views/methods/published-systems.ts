import type { Output } from '../../../src-main/workbench/contract/contract.ts';
import { wordsOf } from '../new-study/suite-facets.ts';

type System = Output<'catalogue.systems'>[number];

/** Those whose title has every word that is looked for, and which no method stands for; none while nothing is typed. */
export function systemsWithoutMethod(systems: readonly System[], needle: string): readonly System[] {
  const words = wordsOf(needle);
  if (words.length === 0) return [];
  return systems.filter(
    ({ title, methods }) => methods.length === 0 && words.every((word) => title.toLowerCase().includes(word)),
  );
}

/** Where it is found in the program: "data set fashion-mnist", or that it is not built yet. */
export function whereSystemIs({ suites, datasets, commands }: System): string {
  const places = [
    ...suites.map((suite) => `suite ${suite}`),
    ...datasets.map((dataset) => `data set ${dataset}`),
    ...commands.map((command) => `touchstone ${command}`),
  ];
  return places.length === 0 ? 'not built yet' : places.join(', ');
}

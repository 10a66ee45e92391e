import { formatBytes } from '../metrics/format.ts';
import type { DatasetInfo, StudySummary, SuiteInfo } from './contract/contract.ts';
import { joinedAtMost } from '../base/shortened.ts';

/** What goes with a data set, in words, before it goes. Runs in a browser too. */

const MOST_NAMED = 5;

/** Names of the studies that have trials left which need a data set. */
export function studiesNeeding(
  dataset: string,
  suites: readonly Pick<SuiteInfo, 'id' | 'datasets'>[],
  studies: readonly Pick<StudySummary, 'name' | 'suites' | 'counts'>[],
): readonly string[] {
  const needing = new Set(suites.filter(({ datasets }) => datasets.includes(dataset)).map(({ id }) => id));
  return studies
    .filter(({ suites: its, counts }) => isOpen(counts) && its.some((suite) => needing.has(suite)))
    .map(({ name }) => name);
}

const isOpen = (counts: StudySummary['counts']): boolean =>
  (['queued', 'waiting', 'running', 'paused'] as const).some((state) => counts[state] > 0);

/** `The data set "Pets" (pets) goes: 3.4 MB here, 150 training and 50 test examples. …` */
export function removalText(
  { id, title, state, bytes, rows }: Pick<DatasetInfo, 'id' | 'title' | 'state' | 'bytes' | 'rows'>,
  needing: readonly string[],
): string {
  const named = joinedAtMost(
    needing.map((name) => `"${name}"`),
    MOST_NAMED,
    ', ',
  );
  return [
    `The data set "${title}" (${id}) goes: ${formatBytes(bytes)} here, ${rows.train} training and ` +
      `${rows.test} test examples.`,
    state === 'generated'
      ? 'It is drawn again when it is needed; results that were computed with it stay.'
      : 'The files that it was imported from are not touched, and results that were computed with it stay.',
    ...(needing.length === 0
      ? []
      : [
          `${needing.length === 1 ? 'A study has' : `${needing.length} studies have`} trials left that ` +
            `cannot run without it: ${named}.`,
        ]),
  ].join(' ');
}

import { hasLost } from './board/lost.ts';
import type { MeasuredColumn } from './marks.ts';
import type { CellColumns, ColumnInfo, LeaderboardCell } from './records.ts';
import { sameSeeds, type Sample } from './samples.ts';
import { MINIMUM_PAIRS_ACROSS_FOLDS, MINIMUM_SEEDS_FOR_TEST } from './statistics/estimates.ts';

export function columnWarnings(columns: readonly ColumnInfo[], measured: readonly MeasuredColumn[]): string[] {
  const warnings: string[] = [];
  const seen = new Set<string>();
  columns.forEach(({ suite }, index) => {
    if (seen.has(suite)) return;
    seen.add(suite);
    warnings.push(
      ...seedWarnings(
        suite,
        measured[index].samples.filter((sample) => sample !== null),
      ),
      ...countWarnings(suite, measured[index].cells),
    );
  });
  return warnings;
}

function seedWarnings(suite: string, samples: readonly Sample[]): string[] {
  const warnings: string[] = [];
  const [first] = samples;
  if (first === undefined) return [];
  const fewest = samples.reduce((least, { n }) => Math.min(least, n), first.n);
  const folds = samples.reduce((most, sample) => Math.max(most, sample.folds), 1);
  if (folds > 1)
    warnings.push(
      `${suite}: across ${folds} folds. Folds share training rows, so intervals and tests have the corrected variance ` +
        `of Nadeau and Bengio (2003), and a mark needs ${MINIMUM_PAIRS_ACROSS_FOLDS} shared pairs of seed and fold.`,
    );
  if (folds === 1 && fewest < MINIMUM_SEEDS_FOR_TEST)
    warnings.push(
      `${suite}: ${fewest === 1 ? 'one seed' : `${fewest} seeds`} in the smallest cell. A pair with fewer than ` +
        `${MINIMUM_SEEDS_FOR_TEST} shared seeds is not marked as significant; its interval is shown but wide.`,
    );
  if (samples.some((sample) => !sameSeeds(sample, first)))
    warnings.push(
      `${suite}: the methods do not all have the same seeds${folds > 1 ? ' and folds' : ''}; means are over different ` +
        'ones, differences only over shared ones.',
    );
  return warnings;
}

/** What has become of trials that are in no mean. */
function countWarnings(suite: string, cells: readonly LeaderboardCell[]): string[] {
  const warnings: string[] = [];
  const failed = cells.reduce((sum, cell) => sum + cell.failed, 0);
  if (failed > 0)
    warnings.push(
      `${suite}: ` +
        `${failed === 1 ? 'one trial failed or was cancelled and is' : `${failed} trials failed or were cancelled and are`} ` +
        'not part of any mean.',
    );
  const lost = cells.filter((cell) => hasLost(cell));
  if (lost.length > 0)
    warnings.push(
      `${suite}: ${lostTrials(lost)} in ${lost.length === 1 ? 'one row' : `${lost.length} rows`}. They ` +
        'enter no mean; such rows have no rank and no mark.',
    );
  const running = cells.filter(({ state }) => state === 'running').length;
  if (running > 0)
    warnings.push(
      `${suite}: ${running === 1 ? 'one method is' : `${running} methods are`} still running; ranks may change.`,
    );
  return warnings;
}

function lostTrials(cells: readonly LeaderboardCell[]): string {
  const sum = (of: (cell: LeaderboardCell) => number): number => cells.reduce((total, cell) => total + of(cell), 0);
  const [diverged, notPossible] = [sum((cell) => cell.diverged), sum((cell) => cell.notPossible)];
  const trials = (n: number): string => (n === 1 ? 'one trial' : `${n} trials`);
  return [
    diverged > 0 ? `${trials(diverged)} diverged` : '',
    notPossible > 0 ? `${trials(notPossible)} ${notPossible === 1 ? 'was' : 'were'} not possible` : '',
  ]
    .filter((part) => part !== '')
    .join(' and ');
}

export function protocolWarnings(cells: readonly CellColumns[], columns: readonly ColumnInfo[]): string[] {
  const shown = new Set(columns.map(({ suite }) => suite));
  const protocols = new Map<string, Set<string>>();
  const backends = new Map<string, Set<string>>();
  const note = (map: Map<string, Set<string>>, suite: string, value: string | undefined): void => {
    if (value === undefined) return;
    const known = map.get(suite);
    if (known === undefined) map.set(suite, new Set([value]));
    else known.add(value);
  };
  for (const { suite, protocolHash, backend, count } of cells) {
    if (!shown.has(suite) || count === 0) continue;
    note(protocols, suite, protocolHash);
    // A native learner computes in one way only, whatever the backend of the study.
    note(backends, suite, backend === 'native' ? undefined : backend);
  }
  const warnings: string[] = [];
  for (const [suite, hashes] of protocols)
    if (hashes.size > 1)
      warnings.push(
        `${suite}: these results were measured under ${hashes.size} different protocols (hashes ` +
          `${[...hashes].map((hash) => hash.slice(0, 8)).join(', ')}) and do not compare.`,
      );
  for (const [suite, names] of backends)
    if (names.size > 1)
      warnings.push(
        `${suite}: results of several backends are mixed (${[...names].join(', ')}); numbers agree only ` +
          'within tolerance, and times do not compare.',
      );
  return warnings;
}

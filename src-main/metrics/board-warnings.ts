import type { MeasuredColumn } from './marks.ts';
import type { CellColumns, ColumnInfo } from './records.ts';
import { sameSeeds } from './samples.ts';
import { MINIMUM_SEEDS_FOR_TEST } from './statistics/estimates.ts';

export function columnWarnings(columns: readonly ColumnInfo[], measured: readonly MeasuredColumn[]): string[] {
  const warnings: string[] = [];
  const seen = new Set<string>();
  columns.forEach(({ suite }, index) => {
    if (seen.has(suite)) return;
    seen.add(suite);
    const { cells } = measured[index];
    const samples = measured[index].samples.filter((sample) => sample !== null);
    const [first] = samples;
    if (first === undefined) return;
    const fewest = samples.reduce((least, { n }) => Math.min(least, n), first.n);
    if (fewest < MINIMUM_SEEDS_FOR_TEST)
      warnings.push(
        `${suite}: ${fewest === 1 ? 'one seed' : `${fewest} seeds`} in the smallest cell. A pair with fewer than ` +
          `${MINIMUM_SEEDS_FOR_TEST} shared seeds is not marked as significant; its interval is shown but wide.`,
      );
    if (samples.some((sample) => !sameSeeds(sample, first)))
      warnings.push(
        `${suite}: the methods do not all have the same seeds; means are over different seeds, differences only over shared ones.`,
      );
    const failed = cells.reduce((sum, cell) => sum + cell.failed, 0);
    if (failed > 0)
      warnings.push(
        `${suite}: ${failed === 1 ? 'one trial' : `${failed} trials`} failed or were cancelled and are not part of any mean.`,
      );
    const running = cells.filter(({ state }) => state === 'running').length;
    if (running > 0)
      warnings.push(
        `${suite}: ${running === 1 ? 'one method is' : `${running} methods are`} still running; ranks may change.`,
      );
  });
  return warnings;
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
    note(backends, suite, backend);
  }
  const warnings: string[] = [];
  for (const [suite, hashes] of protocols)
    if (hashes.size > 1)
      warnings.push(
        `${suite}: these results were measured under ${hashes.size} different protocols (hashes ${[...hashes].map((hash) => hash.slice(0, 8)).join(', ')}) and do not compare.`,
      );
  for (const [suite, names] of backends)
    if (names.size > 1)
      warnings.push(
        `${suite}: results of several backends are mixed (${[...names].join(', ')}); numbers agree only within tolerance, and times do not compare.`,
      );
  return warnings;
}

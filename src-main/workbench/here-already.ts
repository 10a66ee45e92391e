import { canonicalJson } from '../base/canonical.ts';
import { remembered } from '../base/remembered.ts';
import { CELL_COLUMNS } from '../metrics/records.ts';
import { configurationKey, originOfConfiguration } from '../results/identity.ts';
import type { ResultsStore } from '../results/store.ts';
import type { MeasuredCell } from '../results/types.ts';
import type { PlacedBoardCell } from './board-cells.ts';
import { originalTrialId } from './imported-from.ts';

/**
 * Imported rows that hold a trial which another row of the board has too: the same result twice is one result. Answers
 * the key of that other row by theirs. Rows that were computed here go first, then those imported first.
 */
export function rowsHereAlready(
  store: Pick<ResultsStore, 'trial'>,
  cells: readonly PlacedBoardCell[],
): ReadonlyMap<string, string> {
  const copies = new Map<string, string>();
  const rows = new Map<string, PlacedBoardCell[]>();
  for (const one of cells)
    if (originOfConfiguration(one.cell.configuration)?.checked === true) remembered(rows, one.key, () => []).push(one);
  if (rows.size === 0) return copies;
  const kept = new Map<string, PlacedBoardCell[]>();
  for (const list of rows.values()) for (const { cell } of list) kept.set(kindOf(cell), []);
  for (const one of cells)
    if (originOfConfiguration(one.cell.configuration) === null) kept.get(kindOf(one.cell))?.push(one);
  const oldestFirst = [...rows].sort(([, [a]], [, [b]]) => (a?.cell.number ?? 0) - (b?.cell.number ?? 0));
  for (const [key, list] of oldestFirst) {
    const same = list
      .flatMap(({ cell }) => (kept.get(kindOf(cell)) ?? []).filter((other) => shareTrial(store, cell, other.cell)))
      .at(0);
    if (same !== undefined) copies.set(key, same.key);
    else for (const one of list) kept.get(kindOf(one.cell))?.push(one);
  }
  return copies;
}

/** What cells with a trial in common have in common, wherever they come from. */
function kindOf({ suite, backend, method, configuration, hyperParameters }: MeasuredCell): string {
  const isHere = originOfConfiguration(configuration) === null;
  return [suite, backend, isHere ? configuration : configurationKey(method, hyperParameters)].join('\n');
}

/** Is a trial of one also in the other? Artefacts of other machines have cells of their own: trials' ids decide. */
function shareTrial(store: Pick<ResultsStore, 'trial'>, one: MeasuredCell, other: MeasuredCell): boolean {
  const version = ({ version }: MeasuredCell): string => canonicalJson({ ...version, artefacts: {} });
  if (version(one) !== version(other)) return false;
  const bySeed = new Map<number, string[]>();
  seedsOf(other).forEach((seed, i) => remembered(bySeed, seed, () => []).push(other.trials[i]));
  const idsOf = (id: string): string[] => {
    const trial = store.trial(id);
    return trial === null ? [] : [originalTrialId(trial), ...(trial.formerId === null ? [] : [trial.formerId])];
  };
  return seedsOf(one).some((seed, i) => {
    const beside = bySeed.get(seed) ?? [];
    if (beside.length === 0) return false;
    const own = new Set(idsOf(one.trials[i]));
    return beside.some((id) => idsOf(id).some((each) => own.has(each)));
  });
}

const SEED = CELL_COLUMNS.indexOf('seed');

function seedsOf({ count, values }: MeasuredCell): number[] {
  return [...values.subarray(SEED * count, (SEED + 1) * count)];
}

import { sha256 } from '../base/canonical.ts';
import { TRIAL_BACKENDS } from '../engine/types.ts';
import type { OlderResults } from '../metrics/records.ts';
import { originOfConfiguration } from '../results/identity.ts';
import type { BoardCell } from '../results/types.ts';
import type { Placement } from './configurations.ts';

/** A cell with the row that it belongs to, and where that is of an earlier version. */
export interface PlacedBoardCell extends BoardCell, Placement {
  /** In what it differs from what this program would compute now; null = in nothing. */
  readonly superseded: string | null;
  /** A newer version of the same stands on the board, or would: this one has no rank. */
  readonly isReplaced: boolean;
  readonly older: OlderResults | null;
}

export interface ArrangedCells {
  readonly cells: readonly PlacedBoardCell[];
  /** Trials of earlier versions that are left out, and in what these differ. */
  readonly leftOut: OlderResults | null;
}

/** Which cells a board shows. */
export interface BoardExtent {
  /** A study's own board shows what it measured, whatever its version. */
  readonly ofStudy: boolean;
  /** Earlier versions have rows of their own. */
  readonly older: boolean;
}

/**
 * One cell for each row and suite. A row may have several on one suite: of several backends, and of several versions of
 * everything that identifies a trial. Their numbers are never taken together. What another backend measured is a row of
 * its own. Of several versions the present one counts; the others are superseded.
 */
export function arranged(
  cells: readonly BoardCell[],
  rowOf: (cell: BoardCell['cell']) => Placement,
  differences: (cell: BoardCell['cell']) => string,
  extent: BoardExtent,
): ArrangedCells {
  const groups = new Map<string, Map<string, PlacedBoardCell[]>>();
  for (const { cell, label, total, failed, diverged, notPossible, unfinished } of cells) {
    const { key, own } = rowOf(cell);
    // Spelled out, once, as what most of them are: there may be ten thousand, and spreading them takes as long as
    // reading them.
    const placed: PlacedBoardCell = {
      cell,
      label,
      total,
      failed,
      diverged,
      notPossible,
      unfinished,
      key,
      own,
      superseded: null,
      isReplaced: false,
      older: null,
    };
    let byKey = groups.get(cell.suite);
    if (byKey === undefined) groups.set(cell.suite, (byKey = new Map<string, PlacedBoardCell[]>()));
    const group = byKey.get(key);
    if (group === undefined) byKey.set(key, [placed]);
    else group.push(placed);
  }
  const shown: PlacedBoardCell[] = [];
  const leftOut: OlderResults[] = [];
  for (const byKey of groups.values())
    for (const group of byKey.values()) {
      const [only] = group;
      if (only !== undefined && group.length === 1 && differences(only.cell) === '') {
        shown.push(only);
        continue;
      }
      for (const list of byBackend(group)) {
        const { kept, older } = ofVersions(list, differences, extent);
        shown.push(...kept);
        if (older !== null) leftOut.push(older);
      }
    }
  return { cells: shown, leftOut: taken(leftOut) };
}

/** Cells of one row and suite by backend: all but the first of these are rows that say which. */
function byBackend(group: readonly (BoardCell & Placement)[]): (BoardCell & Placement)[][] {
  const [first] = group;
  if (first === undefined) return [];
  const backends = [...new Set(group.map(({ cell }) => cell.backend))];
  if (backends.length === 1) return [[...group]];
  const order: readonly string[] = TRIAL_BACKENDS;
  const [main] = [...backends].sort((a, b) => order.indexOf(a) - order.indexOf(b));
  return backends.map((backend) => {
    const ofBackend = group.filter(({ cell }) => cell.backend === backend);
    // Of an import it is said already that it was measured elsewhere.
    const isMain = backend === main || originOfConfiguration(first.cell.configuration) !== null;
    if (isMain) return ofBackend;
    return ofBackend.map((one) => ({ ...one, key: `${one.key}~${backend}`, own: { ...one.own, backend } }));
  });
}

function ofVersions(
  list: readonly (BoardCell & Placement)[],
  differences: (cell: BoardCell['cell']) => string,
  { ofStudy, older: showOlder }: BoardExtent,
): { kept: PlacedBoardCell[]; older: OlderResults | null } {
  const [only] = list;
  if (only !== undefined && list.length === 1 && (ofStudy || differences(only.cell) === '')) {
    const words = differences(only.cell);
    return {
      kept: [{ ...only, superseded: words === '' ? null : words, isReplaced: false, older: null }],
      older: null,
    };
  }
  const newestFirst = [...list].sort((a, b) => b.cell.number - a.cell.number);
  const present = newestFirst.find(({ cell }) => differences(cell) === '');
  const first = present ?? (ofStudy ? newestFirst[0] : undefined);
  const others = newestFirst.filter((one) => one !== first);
  // The same version on machines that compute differently: what tells them apart is the machine's part of the numerics.
  const wordsOf = ({ cell }: BoardCell): string => differences(cell) || `numerics ${cell.version.numerics}`;
  const older = taken(
    others.flatMap((one) =>
      one.cell.count === 0 ? [] : [{ trials: one.cell.count, differences: [wordsOf(one)] } satisfies OlderResults],
    ),
  );
  const rows = new Set<string>();
  const olderRows = others.map((one): PlacedBoardCell => {
    const words = wordsOf(one);
    const short = `${one.key}~${sha256(words).slice(0, 6)}`;
    const key = rows.has(short) ? `${short}-${one.cell.identity.slice(0, 6)}` : short;
    rows.add(key);
    return { ...one, key, own: { ...one.own, ...asSetting(words) }, superseded: words, isReplaced: true, older: null };
  });
  const isShown = showOlder || ofStudy;
  const kept: PlacedBoardCell[] = isShown ? olderRows : [];
  if (first !== undefined) {
    const words = differences(first.cell);
    kept.unshift({
      ...first,
      superseded: words === '' ? null : words,
      isReplaced: false,
      older: isShown ? null : older,
    });
  } else if (!isShown && older !== null && newestFirst[0] !== undefined) kept.unshift(emptied(newestFirst[0], older));
  return { kept, older: isShown ? null : older };
}

/** `method version 1` as a setting that reads so, by which a name tells it from the others. */
function asSetting(words: string): Record<string, string> {
  const at = words.lastIndexOf(' ');
  return { [words.slice(0, at)]: words.slice(at + 1) };
}

/** The place of a cell that has only results of earlier versions. */
function emptied(one: BoardCell & Placement, older: OlderResults): PlacedBoardCell {
  const { number, identity, version, suite, configuration, backend, protocolHash, method, hyperParameters } = one.cell;
  return {
    ...one,
    total: 0,
    failed: 0,
    diverged: 0,
    notPossible: 0,
    unfinished: 0,
    superseded: null,
    isReplaced: false,
    older,
    cell: {
      number,
      identity,
      version,
      suite,
      configuration,
      backend,
      protocolHash,
      method,
      hyperParameters,
      count: 0,
      trials: [],
      metrics: new Map(),
      values: new Float64Array(0),
    },
  };
}

/** Several together: how many, and everything in which they differ; null where there are none. */
function taken(several: readonly OlderResults[]): OlderResults | null {
  if (several.length === 0) return null;
  return {
    trials: several.reduce((sum, { trials }) => sum + trials, 0),
    differences: [...new Set(several.flatMap(({ differences }) => differences))],
  };
}

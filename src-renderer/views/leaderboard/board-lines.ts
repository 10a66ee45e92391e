import { distinctPlaces, type Place } from '../../../src-main/base/places.ts';
import { grouped } from '../../app/grouped.ts';
import type { Arranged } from '../../../src-main/metrics/board/rows.ts';
import type { LeaderboardRow } from '../../../src-main/workbench/contract/contract.ts';

/** The lines of a board's table: rows, below open ones their seeds, and the portions in which they are drawn. */

export interface Line {
  readonly row: LeaderboardRow;
  /** One of its trials; null: the row itself. */
  readonly place: Place | null;
  /** Among all lines; the header is 0. */
  readonly index: number;
}

/** A family of methods with its best one, by what the board is sorted by. */
export interface FamilyHeading {
  readonly family: string;
  readonly count: number;
  readonly best: string;
}

export interface Body {
  readonly name: 'upper' | 'pinned' | 'rows' | 'lower';
  /** Does it stay in sight while the others scroll? */
  readonly stays: boolean;
  /** Above its rows, where they are those of one family. */
  readonly heading: FamilyHeading | null;
  /** Of each row the row itself and, where it is open, its seeds. */
  readonly rows: readonly (readonly Line[])[];
}

/**
 * A thousand rows of ten columns are 150,000 elements, and seconds to lay out: rows are drawn in portions, those near
 * what is in sight, the others are as much empty room. An open row's seeds belong to its portion, so that no other
 * changes.
 */
export interface Portion {
  readonly key: string;
  readonly name: Body['name'];
  readonly stays: boolean;
  readonly heading: FamilyHeading | null;
  readonly last: boolean;
  readonly lines: readonly Line[];
}

const PORTION = 25;
/** More ends than these would leave no room for the rows that they are the ends of: they scroll with them. */
const STAYING_ENDS = 3;

/** The seeds (and folds) that a row was asked for and has ended with, also those without a result, ascending. */
export function placesOf({ cells }: Pick<LeaderboardRow, 'cells'>): readonly Place[] {
  return distinctPlaces(cells.flatMap(({ estimate, ended }) => [...(estimate?.values ?? []), ...ended]));
}

/** A row that is open while its seeds are on their way. */
export function isWaiting(row: LeaderboardRow): boolean {
  const hasEnded = row.cells.some(
    ({ estimate, failed, diverged, notPossible }) => (estimate?.n ?? 0) + failed + diverged + notPossible > 0,
  );
  return hasEnded && placesOf(row).length === 0;
}

/** The parts of the table with their lines; those without rows are left out. */
export function bodiesOf(
  { upper, pinned, rows, lower }: Arranged,
  expanded: readonly string[],
  byFamily = false,
): readonly Body[] {
  let index = 1;
  const lines = (some: readonly LeaderboardRow[]): readonly (readonly Line[])[] =>
    some.map((row): Line[] => [
      { row, place: null, index: index++ },
      ...(expanded.includes(row.key) ? placesOf(row).map((place): Line => ({ row, place, index: index++ })) : []),
    ]);
  const bodies: readonly Body[] = [
    { name: 'upper', stays: upper.length <= STAYING_ENDS, heading: null, rows: lines(upper) },
    { name: 'pinned', stays: false, heading: null, rows: lines(pinned) },
    ...(byFamily
      ? grouped(rows, ({ family }) => family).map(([family, members]): Body => {
          const heading = { family, count: members.length, best: members[0]?.name ?? '' };
          return { name: 'rows', stays: false, heading, rows: lines(members) };
        })
      : [{ name: 'rows' as const, stays: false, heading: null, rows: lines(rows) }]),
    { name: 'lower', stays: lower.length <= STAYING_ENDS, heading: null, rows: lines(lower) },
  ];
  return bodies.filter((body) => body.rows.length > 0);
}

/** The bodies in portions; what stays in sight is one. */
export function portionsOf(bodies: readonly Body[]): readonly Portion[] {
  return bodies.flatMap(({ name, stays, heading, rows }) => {
    const parts = stays
      ? [rows]
      : Array.from({ length: Math.ceil(rows.length / PORTION) }, (_, i) => rows.slice(i * PORTION, (i + 1) * PORTION));
    return parts.map((part, i) => ({
      key: `${name}/${heading === null ? '' : `${heading.family}/`}${i}`,
      heading: i === 0 ? heading : null,
      name,
      stays,
      last: i === parts.length - 1,
      lines: part.flat(),
    }));
  });
}

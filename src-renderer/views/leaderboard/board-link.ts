import { joinedAtMost } from '../../../src-main/base/shortened.ts';
import type { Column } from '../../../src-main/metrics/board/columns.ts';
import type { LeaderboardRow } from '../../../src-main/workbench/contract/contract.ts';
import { MOST_COMPARED } from '../../../src-main/workbench/contract/contract.ts';
import { plural } from '../../app/format.ts';
import type { BoardState } from './board-state.ts';

/** What a link or a saved view asks for, as far as a board has it, and a sentence for everything that it does not. */
export interface Settled {
  readonly state: BoardState;
  readonly notes: readonly string[];
}

/** What there is to ask a board for. */
export interface BoardOffer {
  readonly rows: readonly Pick<LeaderboardRow, 'key' | 'name' | 'family' | 'asks' | 'reference'>[];
  readonly columns: readonly Pick<Column, 'id'>[];
  /** Ids of the suites that it can be about. */
  readonly suites: readonly string[];
  /** The name of a column that the board may not have. */
  readonly columnName: (id: string) => string;
}

/** Names in one sentence, at most. */
const MOST_NAMED = 6;
const named = (names: readonly string[]): string =>
  joinedAtMost(
    names.map((name) => `“${name}”`),
    MOST_NAMED,
    ', ',
  );

/**
 * A link may be of another time, a saved view of another board: what this one does not have is not asked for, and is
 * named. Rows that are pinned, hidden or open stay in the state, since other suites may have them.
 */
export function settle(asked: BoardState, offer: BoardOffer): Settled {
  const notes: string[] = [];
  const names = new Map(offer.rows.map(({ key, name }) => [key, name]));
  const ids = new Set(offer.columns.map(({ id }) => id));
  const rowName = (key: string): string => names.get(key) ?? key;
  const unknownRows = (keys: readonly string[]): readonly string[] => keys.filter((key) => !names.has(key));
  /** Of a list those that are here; the others are named. */
  const here = (list: readonly string[], isHere: (one: string) => boolean, say: (gone: string) => string) => {
    const gone = list.filter((one) => !isHere(one));
    if (gone.length > 0) notes.push(say(named(gone)));
    return list.filter(isHere);
  };

  const suites = here(
    asked.suites,
    (id) => offer.suites.includes(id),
    (gone) => `Of the suites of this view these have no results here: ${gone}.`,
  );
  const columns = asked.columns?.filter((id) => ids.has(id)) ?? null;
  if (asked.columns !== null && columns !== null && columns.length < asked.columns.length)
    notes.push(
      'This board has not every column of this view: ' +
        `${named(asked.columns.filter((id) => !ids.has(id)).map(offer.columnName))} left out` +
        `${columns.length === 0 ? ', the usual ones are shown' : ''}.`,
    );
  const sorted = asked.sort === null || asked.sort.column === 'method' || ids.has(asked.sort.column);
  if (asked.sort !== null && !sorted)
    notes.push(`This view is ordered by ${named([offer.columnName(asked.sort.column)])}, which this board has not.`);
  // The board itself says that it has no such baseline.
  const baseline = asked.baseline === null || names.has(asked.baseline) ? asked.baseline : null;

  const known = here(
    asked.selected,
    (key) => names.has(key),
    (gone) => `Chosen for comparison, but not on this board: ${gone}.`,
  );
  const tooMany = known.slice(MOST_COMPARED);
  if (tooMany.length > 0)
    notes.push(
      `This view chooses ${plural(known.length, 'row')} for comparison, and ${MOST_COMPARED} can be ` +
        'compared at once: ' +
        `${named(tooMany.map(rowName))} left out.`,
    );
  for (const [keys, what] of [
    [asked.pinned, 'Pinned'],
    [asked.hidden, 'Hidden'],
  ] as const)
    if (unknownRows(keys).length > 0)
      notes.push(`${what} in this view, but not on this board: ${named(unknownRows(keys))}.`);
  const families = here(
    asked.families,
    (family) => offer.rows.some((row) => row.family === family),
    (gone) => `Nothing on this board is of the family ${gone} that this view is filtered by.`,
  );
  return {
    state: {
      ...asked,
      suites,
      columns: columns?.length === 0 ? null : columns,
      sort: sorted ? asked.sort : null,
      baseline,
      selected: known.filter((key) => !tooMany.includes(key)),
      families,
    },
    notes,
  };
}

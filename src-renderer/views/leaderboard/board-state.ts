import type { RowOrder } from '../../../src-main/metrics/board/rows.ts';

export const VIEWS = ['table', 'pareto', 'sweep'] as const;
export type View = (typeof VIEWS)[number];

/** What a person has chosen on a leaderboard, as it stands in the link. */

export interface BoardState extends RowOrder {
  /** Chosen columns; null: the usual ones. */
  readonly columns: readonly string[] | null;
  readonly expanded: readonly string[];
  readonly selected: readonly string[];
  readonly claims: boolean;
  readonly view: View;
  /** Suites of the board over everything; empty: all. */
  readonly suites: readonly string[];
  /** Results of earlier versions have rows too. */
  readonly older: boolean;
}

/** What of it decides which rows are where. */
export const rowOrder = ({
  sort,
  baseline,
  pinned,
  hidden,
  families,
  without,
  filter,
  perMethod,
  byFamily,
  unfolded,
}: BoardState): RowOrder => ({
  sort,
  baseline,
  pinned,
  hidden,
  families,
  without,
  filter,
  perMethod,
  ...(byFamily === undefined ? {} : { byFamily }),
  unfolded,
});

/** Lists of rows, by key, that a row can be in. */
export type RowList = 'expanded' | 'selected' | 'pinned' | 'hidden';

export const INITIAL: BoardState = {
  sort: null,
  baseline: null,
  columns: null,
  pinned: [],
  hidden: [],
  expanded: [],
  selected: [],
  families: [],
  without: [],
  filter: '',
  perMethod: null,
  byFamily: false,
  unfolded: [],
  suites: [],
  claims: true,
  older: false,
  view: 'table',
};

type Query = Readonly<Record<string, unknown>>;

// Keys may hold any character; commas separate them.
const pack = (items: readonly string[]) =>
  items.map((item) => item.replaceAll('%', '%25').replaceAll(',', '%2C')).join(',');
const unpack = (text: string) =>
  text
    .split(',')
    .filter((item) => item !== '')
    .map((item) => item.replaceAll('%2C', ',').replaceAll('%25', '%'));

export function readList(value: unknown): readonly string[] {
  return typeof value === 'string' ? unpack(value) : [];
}

export function writeList(items: readonly string[]): string {
  return pack(items);
}

/** Reads a link's query; what it cannot read falls back to the usual view. */
export function readState(query: Query): BoardState {
  const text = (name: string) => (typeof query[name] === 'string' && query[name] !== '' ? query[name] : null);
  const sort = text('sort');
  return {
    sort: sort === null ? null : { column: sort.replace(/^-/, ''), descending: sort.startsWith('-') },
    baseline: text('base'),
    columns: text('cols') === null ? null : readList(query['cols']),
    pinned: readList(query['pin']),
    hidden: readList(query['hide']),
    expanded: readList(query['open']),
    selected: readList(query['pick']),
    families: readList(query['family']),
    without: readList(query['without']),
    claims: query['claims'] !== '0',
    filter: text('q') ?? '',
    perMethod: query['per'] === 'method' ? true : query['per'] === 'all' ? false : null,
    byFamily: query['group'] === 'family',
    unfolded: readList(query['unfold']),
    suites: readList(query['suites']),
    older: query['older'] === '1',
    view: VIEWS.find((view) => view === query['view']) ?? 'table',
  };
}

/** The query that `readState` reads back; only what differs from the usual view, so that links stay short. */
export function writeState(state: BoardState): Record<string, string> {
  const query: Record<string, string> = {};
  const list = (name: string, items: readonly string[]) => {
    if (items.length > 0) query[name] = pack(items);
  };
  if (state.sort !== null) query['sort'] = (state.sort.descending ? '-' : '') + state.sort.column;
  if (state.baseline !== null) query['base'] = state.baseline;
  if (state.columns !== null) query['cols'] = pack(state.columns);
  list('pin', state.pinned);
  list('hide', state.hidden);
  list('open', state.expanded);
  list('pick', state.selected);
  list('family', state.families);
  list('without', state.without);
  list('unfold', state.unfolded);
  list('suites', state.suites);
  if (state.filter !== '') query['q'] = state.filter;
  if (state.perMethod !== null) query['per'] = state.perMethod ? 'method' : 'all';
  if (state.byFamily === true) query['group'] = 'family';
  if (!state.claims) query['claims'] = '0';
  if (state.older) query['older'] = '1';
  if (state.view !== 'table') query['view'] = state.view;
  return query;
}

export const BOARD_KEYS = [
  'sort',
  'base',
  'cols',
  'pin',
  'hide',
  'open',
  'pick',
  'family',
  'without',
  'q',
  'per',
  'group',
  'unfold',
  'suites',
  'claims',
  'older',
  'view',
] as const;

export function toggled(items: readonly string[], item: string): readonly string[] {
  return items.includes(item) ? items.filter((each) => each !== item) : [...items, item];
}

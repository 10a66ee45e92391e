import { computed, onBeforeUnmount, shallowRef } from 'vue';
import { useRoute, useRouter } from 'vue-router';
import { layOut } from '../../../src-main/metrics/board/cells.ts';
import { allColumns, askedColumns, usualColumns } from '../../../src-main/metrics/board/columns.ts';
import { allRows, arrange, type RowOrder } from '../../../src-main/metrics/board/rows.ts';
import { STATE_FACTS } from '../../../src-main/results/states.ts';
import type { StudyDetail } from '../../../src-main/workbench/contract/contract.ts';
import { same, unlessSame } from '../../app/same.ts';
import { useQuery } from '../../app/useQuery.ts';
import { useCatalogue } from '../../stores/catalogue.ts';
import { useClient } from '../../stores/client.ts';
import { useStudies } from '../../stores/studies.ts';
import { useViewHistory } from '../../stores/viewHistory.ts';
import { settle, type Settled } from './board-link.ts';
import { boardNotes } from './board-notes.ts';
import { BOARD_KEYS, readState, rowOrder, writeState, type BoardState } from './board-state.ts';
import { sweptSettings } from './sweep.ts';

const SETTLES_MS = 1200;

/**
 * A study's leaderboard, or the one over everything, as the link wants it: what the Workbench answers, and what of it
 * is shown.
 */
export function useBoard(study: () => string | undefined) {
  const route = useRoute();
  const router = useRouter();
  const client = useClient();
  const catalogue = useCatalogue();
  const studies = useStudies();
  const history = useViewHistory();

  /** What the link asks for; the board may not have all of it. */
  const asked = computed(() => readState(route.query));
  /** Rows that are open or have been: closing one fetches nothing, and it opens again at once. */
  const openedRows = computed<readonly string[]>((before = []) => {
    const more = asked.value.expanded.filter((key) => !before.includes(key));
    return more.length === 0 ? before : [...before, ...more];
  });

  /** The suites with results, for the board over everything; a study has its own. */
  let suitesAsked: Promise<readonly string[]> = Promise.resolve([]);
  const heads = useQuery(() => {
    suitesAsked =
      study() === undefined
        ? client
            .call('leaderboard.get', { room: 1, seedsOf: [] })
            .then(({ available }) => [...new Set(available.map(({ suite }) => suite))])
        : Promise.resolve([]);
    return suitesAsked;
  }, [study]);
  /** The whole id, where the link has only its beginning. */
  const opened = shallowRef<string | null>(null);
  const detail = computed(() => {
    const id = study();
    return id === undefined ? undefined : (studies.details.get(id) ?? studies.details.get(opened.value ?? ''));
  });
  async function openStudy(id: string): Promise<StudyDetail> {
    const found = await studies.open(id);
    opened.value = found.id;
    return found;
  }
  const suitesHere = computed(() => (study() === undefined ? heads.data.value : detail.value?.suites) ?? null);

  const {
    data: board,
    failure,
    loading,
    reload,
  } = useQuery(async () => {
    const { baseline, without, columns, view, suites, older } = asked.value;
    const id = study();
    const ofStudy = id === undefined ? null : (studies.details.get(id) ?? openStudy(id));
    // A suite that nobody knows is refused: of those that a link names the ones that are here are asked for.
    const here = suites.length === 0 ? [] : id === undefined ? await suitesAsked : ((await ofStudy)?.suites ?? []);
    const known = suites.filter((suite) => here.includes(suite));
    const answer = client.call('leaderboard.get', {
      ...(id === undefined ? {} : { study: id }),
      ...(known.length === 0 ? {} : { suites: known }),
      ...(baseline === null ? {} : { baseline }),
      // What methods need is part of the question; hidden rows and families are not.
      ...(without.length === 0 ? {} : { without: [...without] }),
      ...(older && id === undefined ? { older } : {}),
      // The table needs what it shows, and single seeds of rows that are open; the picture may put any metric on its
      // axis, and leads to the trials.
      ...(view === 'table' ? { ...askedColumns(columns), seedsOf: [...openedRows.value] } : { costsBySuite: true }),
    });
    const [found] = await Promise.all([answer, catalogue.ensure(), ofStudy]);
    return found;
  }, [
    study,
    () => asked.value.baseline,
    () => asked.value.without.join(' '),
    () => asked.value.older,
    () => asked.value.suites.join(' '),
    () => asked.value.columns?.join(' '),
    () => asked.value.view,
    () => openedRows.value.join(' '),
  ]);

  const columns = computed(() => (board.value === null ? [] : allColumns(board.value, catalogue.metricById)));
  const settled = computed<Settled>((before) =>
    board.value === null
      ? { state: asked.value, notes: [] }
      : unlessSame(
          before,
          settle(asked.value, {
            rows: board.value.rows,
            columns: columns.value,
            suites: suitesHere.value ?? asked.value.suites,
            columnName,
          }),
        ),
  );
  const state = computed(() => settled.value.state);
  function columnName(id: string): string {
    const known = columns.value.find((column) => column.id === id);
    const [suite = '', metric] = id.split('~');
    if (known?.kind !== 'metric' && metric === undefined) return known?.title ?? id;
    return `${catalogue.metricById.get(metric ?? '')?.title ?? metric ?? ''} of ${catalogue.suiteTitle(suite)}`;
  }

  // Opening or choosing a row changes the link, but neither of these: a thousand rows stay where they are and as they
  // are.
  const order = computed<RowOrder>((before) => unlessSame(before, rowOrder(state.value)));
  const columnChoice = computed<BoardState['columns']>((before) => unlessSame(before, state.value.columns));
  const chosen = computed(
    () => new Set(columnChoice.value ?? (board.value === null ? [] : usualColumns(board.value, columns.value))),
  );
  const shownColumns = computed(() => columns.value.filter((column) => chosen.value.has(column.id)));
  const arranged = computed(() =>
    board.value === null ? null : arrange(board.value, order.value, shownColumns.value),
  );
  const shownRows = computed(() => (arranged.value === null ? [] : allRows(arranged.value)));
  const layouts = computed(() =>
    shownColumns.value.map((column) => layOut(column, shownRows.value, order.value.baseline !== null)),
  );
  /** What was swept shows with all configurations, also where the table has the best ones only. */
  const sweptRows = computed(() =>
    board.value === null ? [] : allRows(arrange(board.value, { ...order.value, perMethod: false }, shownColumns.value)),
  );
  const isSwept = computed(() => board.value !== null && sweptSettings(board.value.rows).length > 0);
  const baselineRow = computed(() => board.value?.rows.find((row) => row.key === order.value.baseline) ?? null);
  const notes = computed(() => {
    if (board.value === null) return [];
    const ofFilter = arranged.value?.filterNote ?? null;
    return boardNotes(
      board.value,
      ofFilter === null ? settled.value.notes : [ofFilter, ...settled.value.notes],
      catalogue.suiteTitle,
    );
  });
  /** Is the answer that of a table? After the picture, which has every metric, the table waits for its own. */
  const isTabled = computed(() => board.value?.query.room !== undefined || board.value?.query.columns !== undefined);

  function go(next: BoardState): void {
    const kept = Object.fromEntries(
      Object.entries(route.query).filter(([key]) => BOARD_KEYS.every((own) => own !== key)),
    );
    void router.replace({ query: { ...kept, ...writeState(next) } });
  }
  /** A step that can be undone. */
  function change(next: BoardState, label: string): void {
    const before = asked.value;
    if (same(before, next)) return;
    history.record({ label, undo: () => go(before), redo: () => go(next) });
    go(next);
  }

  // Finished trials change the table; many may finish in one moment.
  let pending: ReturnType<typeof setTimeout> | undefined;
  const leave = client.subscribe((event) => {
    const id = detail.value?.id ?? study();
    if (
      event.kind !== 'trial' ||
      (id !== undefined && !event.studies.includes(id)) ||
      STATE_FACTS[event.trial.state].open
    )
      return;
    pending ??= setTimeout(() => {
      pending = undefined;
      void reload();
    }, SETTLES_MS);
  });
  onBeforeUnmount(() => {
    leave();
    clearTimeout(pending);
  });

  return {
    arranged,
    baselineRow,
    board,
    change,
    chosen,
    columns,
    detail,
    failure,
    go,
    isSwept,
    isTabled,
    layouts,
    loading,
    notes,
    reload,
    shownColumns,
    shownRows,
    state,
    suitesHere,
    sweptRows,
  };
}

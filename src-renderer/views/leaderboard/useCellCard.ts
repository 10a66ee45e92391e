import { ref } from 'vue';
import { cellOf, type Column } from '../../../src-main/metrics/board/columns.ts';
import type { LeaderboardRow } from '../../../src-main/workbench/contract/contract.ts';
import { explainCell } from './board-model.ts';
import type { CardContent } from './CellCard.vue';

const LINGERS_MS = 150;

/** The card that explains a cell: after a moment on it, until a moment after it was left. */
export function useCellCard(known: {
  readonly column: (i: number) => Column | undefined;
  readonly suiteTitle: (id: string) => string;
}) {
  const card = ref<CardContent | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;

  function show(event: Event, row: LeaderboardRow, i: number, wait: number): void {
    const column = known.column(i);
    const target = event.currentTarget;
    if (column?.kind !== 'metric' || !(target instanceof HTMLElement)) return hide(0);
    clearTimeout(timer);
    timer = setTimeout(() => {
      const { left, right, top, bottom } = target.getBoundingClientRect();
      card.value = {
        title: row.name,
        subtitle: `${known.suiteTitle(column.suite)} · ${column.title}`,
        ...explainCell(cellOf(row, column), column),
        anchor: { left, right, top, bottom },
      };
    }, wait);
  }
  function hide(wait = LINGERS_MS): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      card.value = null;
    }, wait);
  }
  const keep = (): void => clearTimeout(timer);
  return { card, show, hide, keep };
}

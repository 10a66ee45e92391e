import { nextTick, ref, watch, type Ref } from 'vue';

/** A place in a grid; row 0 is the header, column 0 the names. */
export interface Place {
  readonly row: number;
  readonly column: number;
}

/** The place that the keyboard has in a grid: one cell of it is in the order of the tab key, arrows move it. */
export function useGridPlace(
  table: Ref<HTMLTableElement | null>,
  last: { readonly row: Ref<number>; readonly column: () => number },
) {
  const active = ref<Place>({ row: 0, column: 0 });

  function focusCell(row: number, column: number): void {
    active.value = {
      row: Math.min(Math.max(0, row), last.row.value),
      column: Math.min(Math.max(0, column), last.column()),
    };
    void nextTick(() => {
      const cell = table.value?.querySelector<HTMLElement>(
        `[data-r="${active.value.row}"][data-c="${active.value.column}"]`,
      );
      cell?.focus();
      cell?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    });
  }

  /** Where a key was pressed: a control inside a cell may have the focus, its cell is the place. */
  function placeOf(event: KeyboardEvent): Place {
    const cell = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>('[data-r]') : null;
    return cell === null ? active.value : { row: Number(cell.dataset['r']), column: Number(cell.dataset['c']) };
  }

  /** Moves by the keys that move, and says whether this was one. */
  function moves(event: KeyboardEvent, { row, column }: Place): boolean {
    const to: Readonly<Record<string, readonly [number, number]>> = {
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      Home: [row, 0],
      End: [row, last.column()],
      PageUp: [row - 10, column],
      PageDown: [row + 10, column],
    };
    const move = to[event.key];
    if (move === undefined) return false;
    event.preventDefault();
    focusCell(move[0], move[1]);
    return true;
  }

  watch(last.row, (bottom) => {
    if (active.value.row > bottom) active.value = { ...active.value, row: bottom };
  });
  function placed(row: number, column: number): void {
    active.value = { row, column };
  }
  return { active, focusCell, placeOf, moves, placed };
}

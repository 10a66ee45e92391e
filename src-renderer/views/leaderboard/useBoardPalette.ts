import { onBeforeUnmount, onMounted } from 'vue';
import { REPORT_FORMATS } from '../../../src-main/workbench/contract/contract.ts';
import type { LeaderboardRow, ReportFormat } from '../../../src-main/workbench/contract/contract.ts';
import { FORMAT_WORDS } from '../../app/report-files.ts';
import { usePalette } from '../../stores/palette.ts';
import { COPIES, type CopyKind } from './board-copy.ts';

/** What the palette offers while a leaderboard is on screen. */
export function useBoardPalette(board: {
  /** Has it a study, whose report can be made? */
  readonly ofStudy: () => boolean;
  readonly rows: () => readonly LeaderboardRow[];
  readonly copy: (kind: CopyKind) => void;
  readonly report: (format: ReportFormat) => void;
  readonly showCosts: () => void;
  readonly setBaseline: (row: LeaderboardRow) => void;
}): void {
  const palette = usePalette();
  let withdraw = (): void => undefined;
  onMounted(() => {
    withdraw = palette.offer('leaderboard', () => [
      ...COPIES.map(({ kind, title }) => ({
        id: `board-copy-${kind}`,
        group: 'Leaderboard',
        title: `Copy the table: ${title}`,
        run: () => board.copy(kind),
      })),
      {
        id: 'board-pareto',
        group: 'Leaderboard',
        title: 'Quality against cost',
        run: board.showCosts,
      },
      ...(board.ofStudy()
        ? REPORT_FORMATS.map((format) => ({
            id: `board-${format}`,
            group: 'Leaderboard',
            title: `Export the report: ${FORMAT_WORDS[format]}`,
            run: () => board.report(format),
          }))
        : []),
      ...board.rows().map((row) => ({
        id: `board-base-${row.key}`,
        group: 'Baseline',
        title: `Show differences to ${row.name}`,
        run: () => board.setBaseline(row),
      })),
    ]);
  });
  onBeforeUnmount(() => withdraw());
}

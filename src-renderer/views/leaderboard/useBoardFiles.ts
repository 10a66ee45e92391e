import { ref } from 'vue';
import type { Column } from '../../../src-main/metrics/board/columns.ts';
import { allRows, type Arranged } from '../../../src-main/metrics/board/rows.ts';
import type { LeaderboardRow, ReportFormat } from '../../../src-main/workbench/contract/contract.ts';
import { plural } from '../../app/format.ts';
import { saveReport } from '../../app/report-files.ts';
import { rememberedCurveView } from '../../charts/curve-view.ts';
import { useAnnounce } from '../../stores/announce.ts';
import { useCatalogue } from '../../stores/catalogue.ts';
import { useClient } from '../../stores/client.ts';
import { failureOf } from '../../transport/failures.ts';
import { copyText, type CopyKind } from './board-copy.ts';
import { rowOrder, type BoardState } from './board-state.ts';

const KIND_WORDS: Readonly<Record<CopyKind, string>> = {
  tsv: 'for a spreadsheet',
  markdown: 'as a Markdown table',
  latex: 'as a LaTeX table',
};

/** A board as it is shown, on the clipboard and in the files of a report. */
export function useBoardFiles(shown: {
  readonly study: () => string | undefined;
  readonly state: () => BoardState;
  readonly arranged: () => Arranged | null;
  readonly columns: () => readonly Column[];
  readonly baseline: () => LeaderboardRow | null;
}) {
  const client = useClient();
  const catalogue = useCatalogue();
  const announce = useAnnounce();
  /** The format that is being made. */
  const exporting = ref<ReportFormat | null>(null);

  async function copy(kind: CopyKind): Promise<void> {
    const arranged = shown.arranged();
    if (arranged === null) return;
    const text = copyText(kind, {
      arranged,
      columns: shown.columns(),
      baseline: shown.baseline(),
      suiteTitle: catalogue.suiteTitle,
    });
    try {
      await navigator.clipboard.writeText(text);
      announce.show(`Copied ${plural(allRows(arranged).length, 'row')} ${KIND_WORDS[kind]}`, 'success');
    } catch {
      announce.show('The clipboard is not available in this window. Use Export instead.', 'error');
    }
  }

  async function report(format: ReportFormat): Promise<void> {
    const study = shown.study();
    if (study === undefined) return;
    exporting.value = format;
    try {
      const state = shown.state();
      const view = { ...rowOrder(state), columns: state.columns, curves: rememberedCurveView() };
      announce.show(`Exported ${(await saveReport(client, study, format, view)).join(', ')}`, 'success');
    } catch (thrown) {
      const { message, remedy } = failureOf(thrown);
      announce.show(`The report could not be made: ${message}${remedy === null ? '' : ` ${remedy}`}`, 'error');
    } finally {
      exporting.value = null;
    }
  }
  return { copy, exporting, report };
}

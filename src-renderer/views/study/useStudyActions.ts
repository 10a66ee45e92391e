import { onBeforeUnmount, ref } from 'vue';
import { useRouter } from 'vue-router';
import { REPORT_FORMATS } from '../../../src-main/workbench/contract/contract.ts';
import type { ReportFormat, StudySummary } from '../../../src-main/workbench/contract/contract.ts';
import { plural } from '../../app/format.ts';
import { FORMAT_WORDS, saveReport } from '../../app/report-files.ts';
import { useAnnounce } from '../../stores/announce.ts';
import { useClient } from '../../stores/client.ts';
import { usePalette, type Command } from '../../stores/palette.ts';
import { useStudies, type StudyAct } from '../../stores/studies.ts';
import { failureOf } from '../../transport/failures.ts';

/** What can be done with a study in this state, as its buttons and the palette name it. */
export function actsOf({
  state,
  counts,
  imported,
}: Pick<StudySummary, 'state' | 'counts' | 'imported'>): readonly { readonly act: StudyAct; readonly title: string }[] {
  // What others measured is only looked at here.
  if (imported !== null) return [];
  const again = counts.failed + counts.cancelled;
  const isOpen = state === 'running' || state === 'paused' || state === 'interrupted';
  return [
    ...(state === 'running' ? [{ act: 'study.pause', title: 'Pause' } as const] : []),
    ...(state === 'paused' || state === 'interrupted' ? [{ act: 'study.resume', title: 'Resume' } as const] : []),
    ...(isOpen || state === 'planning' ? [{ act: 'study.cancel', title: 'Cancel study' } as const] : []),
    ...(again > 0 && state !== 'paused' && state !== 'interrupted'
      ? [{ act: 'study.retry', title: counts.failed > 0 ? 'Retry failed' : 'Run cancelled trials' } as const]
      : []),
  ];
}

/**
 * Everything that a person can do with a study on its page; one thing at a time, and what goes wrong is said. Offered
 * in the palette as well.
 */
export function useStudyActions(id: () => string, study: () => StudySummary | null, rename: () => void) {
  const studies = useStudies();
  const client = useClient();
  const announce = useAnnounce();
  const router = useRouter();
  /** What is being done; empty when nothing is. */
  const busy = ref('');

  async function doing<T>(what: string, run: () => Promise<T>): Promise<T | undefined> {
    if (busy.value !== '') return undefined;
    busy.value = what;
    try {
      return await run();
    } catch (thrown) {
      const { message, remedy } = failureOf(thrown);
      announce.show(remedy === null ? message : `${message} ${remedy}`, 'error');
      return undefined;
    } finally {
      busy.value = '';
    }
  }
  const act = (what: StudyAct) => doing(what, () => studies.act(id(), what));
  const report = (format: ReportFormat) =>
    doing('report', async () => {
      announce.show(`Saved ${(await saveReport(client, id(), format)).join(', ')}`, 'success');
    });
  const renameTo = (name: string) => doing('rename', () => studies.rename(id(), name));
  const remove = (results: boolean) =>
    doing('delete', async () => {
      const gone = await studies.remove(id(), results);
      await router.push('/');
      announce.show(
        results ? `Study deleted with ${plural(gone, 'trial')}.` : 'Study deleted; its results are kept.',
        'success',
      );
    });

  function commands(): readonly Command[] {
    const shown = study();
    if (shown === null) return [];
    const group = 'This study';
    const go = (path: string) => () => void router.push(path);
    return [
      ...actsOf(shown).map(({ act: what, title }) => ({ id: what, group, title, run: () => void act(what) })),
      { id: 'study-leaderboard', group, title: 'Leaderboard of this study', run: go(`/study/${id()}/leaderboard`) },
      ...REPORT_FORMATS.map((format) => ({
        id: `study-report-${format}`,
        group,
        title: `Export report: ${FORMAT_WORDS[format]}`,
        run: () => void report(format),
      })),
      { id: 'study-rename', group, title: 'Rename this study', run: rename },
    ];
  }
  onBeforeUnmount(usePalette().offer('study', commands));

  return { busy, act, report, renameTo, remove };
}

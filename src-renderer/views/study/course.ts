import { STATE_FACTS, STATE_WORDS } from '../../../src-main/results/states.ts';
import type { StudyDetail, TrialState } from '../../../src-main/workbench/contract.ts';
import { formatSeconds } from '../../app/format.ts';
import type { LogLine } from '../../stores/studies.ts';

/** What each trial of a study is, in words: `Split-MNIST, EWC, lambda 5, seed 0`; the suite where there are several. */
export function subjectsOf(study: StudyDetail, suiteTitle: (id: string) => string): ReadonlyMap<string, string> {
  const names = new Map(study.configurations.map(({ key, name }) => [key, name]));
  const several = new Set(study.trials.map(({ spec }) => spec.suite)).size > 1;
  return new Map(
    study.trials.map(({ id, row, spec }) => [
      id,
      `${several ? `${suiteTitle(spec.suite)}, ` : ''}${names.get(row) ?? spec.method}, seed ${spec.seed}`,
    ]),
  );
}

/** The course of a study as its trials tell it; unlike what was said, it is still there after a restart. */
export function courseOf(study: StudyDetail): LogLine[] {
  const studies = [study.id];
  return study.trials.flatMap(({ id: trial, state, startedAt, finishedAt, seconds, failure }): LogLine[] => {
    const line = (at: number, level: LogLine['level'], message: string): LogLine => ({
      trial,
      studies,
      at,
      level,
      message,
    });
    return [
      ...(startedAt === null ? [] : [line(startedAt, 'info', 'started')]),
      ...endOf(state, seconds, failure?.message ?? '').map(([level, message]) => line(finishedAt ?? 0, level, message)),
    ];
  });
}

/** How a trial ended; nothing while it has not, or where a person has cancelled it. */
function endOf(state: TrialState, seconds: number | null, why: string): (readonly [LogLine['level'], string])[] {
  if (STATE_FACTS[state].open || state === 'cancelled') return [];
  if (state === 'done') return [['info', seconds === null ? 'done' : `done in ${formatSeconds(seconds)}`]];
  return [[state === 'failed' ? 'error' : 'warning', `${STATE_WORDS[state]}. ${why}`]];
}

import { placeText } from '../../../src-main/base/places.ts';
import { STATE_FACTS, STATE_WORDS } from '../../../src-main/results/states.ts';
import type { StudyDetail, TrialState, TrialSummary } from '../../../src-main/workbench/contract/contract.ts';
import { formatSeconds } from '../../app/format.ts';
import type { LogLine } from '../../stores/studies.ts';

/** What a trial of a study is, in words: `Split-MNIST, EWC, lambda 5, seed 0`; the suite where there are several. */
export function subjects(study: StudyDetail, suiteTitle: (id: string) => string): (trial: TrialSummary) => string {
  const names = new Map(study.configurations.map(({ key, name }) => [key, name]));
  const several = study.trials.some(({ spec }) => spec.suite !== study.trials[0]?.spec.suite);
  return ({ row, spec }) =>
    `${several ? `${suiteTitle(spec.suite)}, ` : ''}${names.get(row) ?? spec.method}, ${placeText(spec)}`;
}

/** Lines of the log that trials tell, each worked out once for as long as its trial stays the same. */
export class Course {
  readonly #known = new WeakMap<TrialSummary, readonly LogLine[]>();

  /** The course of a study as its trials tell it; unlike what was said, it is still there after a restart. */
  of(study: StudyDetail): readonly LogLine[] {
    return study.trials.flatMap((trial) => {
      const known = this.#known.get(trial);
      if (known !== undefined) return known;
      const lines = linesOf(trial, [study.id]);
      this.#known.set(trial, lines);
      return lines;
    });
  }
}

function linesOf(
  { id: trial, state, startedAt, finishedAt, seconds, failure }: TrialSummary,
  studies: readonly string[],
): readonly LogLine[] {
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
}

/** How a trial ended; nothing while it has not, or where a person has cancelled it. */
function endOf(state: TrialState, seconds: number | null, why: string): (readonly [LogLine['level'], string])[] {
  if (STATE_FACTS[state].open || state === 'cancelled') return [];
  if (state === 'done') return [['info', seconds === null ? 'done' : `done in ${formatSeconds(seconds)}`]];
  return [[state === 'failed' ? 'error' : 'warning', `${STATE_WORDS[state]}. ${why}`]];
}

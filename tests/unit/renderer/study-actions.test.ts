import { expect, test } from 'vitest';
import type { StudySummary } from '../../../src-main/workbench/contract/contract.ts';
import { actsOf } from '../../../src-renderer/views/study/useStudyActions.ts';

const counts: StudySummary['counts'] = {
  queued: 0,
  waiting: 0,
  running: 0,
  paused: 0,
  done: 3,
  failed: 0,
  cancelled: 0,
  diverged: 0,
  'not-possible': 0,
};
const titles = (state: StudySummary['state'], over: Partial<StudySummary['counts']> = {}): readonly string[] =>
  actsOf({ state, counts: { ...counts, ...over }, imported: null }).map(({ title }) => title);

test('every state of a study offers what leads out of it', () => {
  expect({
    planning: titles('planning'),
    running: titles('running'),
    interrupted: titles('interrupted', { queued: 2 }),
    paused: titles('paused', { paused: 2, cancelled: 1 }),
    done: titles('done'),
    failed: titles('failed', { failed: 1, cancelled: 1 }),
    cancelled: titles('cancelled', { cancelled: 4 }),
    unreadable: titles('unreadable'),
  }).toEqual({
    planning: ['Cancel study'],
    running: ['Pause', 'Cancel study'],
    interrupted: ['Resume', 'Cancel study'],
    paused: ['Resume', 'Cancel study'],
    done: [],
    failed: ['Retry failed'],
    cancelled: ['Run cancelled trials'],
    unreadable: [],
  });
});

test('what was imported is only looked at', () => {
  const imported = { name: 'theirs', program: '0.1.0', exportedAt: 1, importedAt: 2 };
  expect(actsOf({ state: 'failed', counts: { ...counts, failed: 2 }, imported })).toEqual([]);
});

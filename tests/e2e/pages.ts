import { expect } from '@playwright/test';
import type { Page } from '@playwright/test';
import { pageCall } from '../../src-main/bench/page-call.ts';
import type { Touchstone } from './fixtures.ts';

/** The interface as a person names its parts; specs say what happens, this file knows where it is. */

/**
 * Calls an operation of the contract from the page's own side, as the interface does. Only to arrange and to read,
 * never to act for the person.
 */
export async function call({ page, shell }: Touchstone, operation: string, input: unknown): Promise<unknown> {
  return page.evaluate(pageCall(shell, operation, input));
}

interface StudyFacts {
  readonly id: string;
  readonly state: string;
  readonly suites: readonly string[];
  readonly methods: readonly string[];
}
const isStudy = (value: unknown): value is StudyFacts =>
  typeof value === 'object' && value !== null && 'id' in value && 'state' in value;

/** The newest study of the folder. */
export async function newestStudy(touchstone: Touchstone): Promise<StudyFacts> {
  const list = await call(touchstone, 'study.list', {});
  if (!Array.isArray(list)) throw new Error('study.list answers a list');
  const first: unknown = list[0];
  if (!isStudy(first)) throw new Error('there is no study');
  return first;
}

/** One finished trial of a study. */
export async function someTrial(touchstone: Touchstone, study: string): Promise<string> {
  const detail = await call(touchstone, 'study.get', { id: study });
  if (typeof detail !== 'object' || detail === null || !('trials' in detail) || !Array.isArray(detail.trials))
    throw new Error('study.get answers a study');
  for (const trial of detail.trials) {
    if (
      typeof trial === 'object' &&
      trial !== null &&
      trial.state === 'done' &&
      trial.role === 'cell' &&
      typeof trial.id === 'string'
    )
      return trial.id;
  }
  throw new Error('no trial is done');
}

/** Waits until the view has what it shows: its heading is there and nothing says that it is loading. */
export async function settled(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
}

/** Every view, with a study and a trial to look at. */
export async function everyView(touchstone: Touchstone): Promise<{ name: string; route: string }[]> {
  const study = await newestStudy(touchstone);
  const trial = await someTrial(touchstone, study.id);
  const rows = await leaderboardKeys(touchstone, study.id);
  return [
    { name: 'Home', route: '/' },
    { name: 'New study', route: '/new' },
    { name: 'Study', route: `/study/${study.id}` },
    { name: 'Leaderboard', route: `/study/${study.id}/leaderboard` },
    {
      name: 'Compare',
      route: `/compare?study=${study.id}&suite=${study.suites[0] ?? ''}&rows=${rows.slice(0, 3).join(',')}`,
    },
    { name: 'Trial', route: `/trial/${trial}` },
    { name: 'All results', route: '/leaderboard' },
    { name: 'Data', route: '/data' },
    { name: 'Methods', route: '/methods' },
    { name: 'Method', route: '/methods/ewc' },
    { name: 'Merge', route: '/merge' },
    { name: 'Ensemble', route: '/ensemble' },
    { name: 'Doctor', route: '/doctor' },
  ];
}

async function leaderboardKeys(touchstone: Touchstone, study: string): Promise<string[]> {
  const board = await call(touchstone, 'leaderboard.get', { study });
  if (typeof board !== 'object' || board === null || !('rows' in board) || !Array.isArray(board.rows))
    throw new Error('leaderboard.get answers rows');
  return board.rows.map((row) => String(row.key));
}

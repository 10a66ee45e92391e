import { readdirSync } from 'node:fs';
import { expect, test } from './fixtures.ts';
import { call, newestStudy, settled } from './pages.ts';

test.describe('the Workbench is killed', () => {
  test.use({ dataFolder: 'finished' });

  test('the window says so, it comes back, and nothing is lost', async ({ touchstone }) => {
    const { page } = touchstone;
    const before = await newestStudy(touchstone);
    await settled(page);
    await touchstone.killWorkbench();
    await expect(
      page
        .getByRole('status')
        .or(page.getByRole('alert'))
        .filter({ hasText: /workbench|connection/i })
        .first(),
    ).toBeVisible();
    await touchstone.recover();
    await expect(
      touchstone.page
        .getByRole('status')
        .or(touchstone.page.getByRole('alert'))
        .filter({ hasText: /restart|connecting again|was lost/i }),
    ).toHaveCount(0);
    await expect(touchstone.page.getByRole('link', { name: /first look|quick/i }).first()).toBeVisible();
    expect(await newestStudy(touchstone)).toEqual(before);
  });

  test('in the middle of a study: the study goes on and finishes', async ({ touchstone }) => {
    const { page } = touchstone;
    // The same methods on other seeds: nothing of it is in the database yet. Enough of them to be seen running.
    await call(touchstone, 'study.create', {
      name: 'Interrupted',
      suites: ['split-optdigits-quick/class-il'],
      methods: [{ method: 'er' }, { method: 'ewc' }],
      seeds: Array.from({ length: 60 }, (_, seed) => seed + 11),
      references: false,
    });
    const { id } = await newestStudy(touchstone);
    await touchstone.goto(`/study/${id}`);
    await expect(page.getByText(/running/i).first()).toBeVisible();
    await touchstone.killWorkbench();
    await touchstone.recover();
    await expect
      .poll(async () => (await newestStudy(touchstone).catch(() => null))?.state, { timeout: 120_000 })
      .toBe('done');
    await expect(touchstone.page.getByText(/120 (of|\/) 120/).first()).toBeVisible();
  });
});

test.describe('a trial worker is killed', () => {
  test.use({ dataFolder: 'finished' });

  test('its trial is tried again and the study ends well', async ({ touchstone }) => {
    await call(touchstone, 'study.create', {
      name: 'Killed worker',
      suites: ['split-optdigits-quick/class-il'],
      methods: [{ method: 'er' }],
      seeds: [21, 22, 23],
      references: false,
    });
    const { id } = await newestStudy(touchstone);
    await touchstone.goto(`/study/${id}`);
    await expect.poll(() => touchstone.killWorker(), { intervals: [50] }).not.toBeNull();
    await expect.poll(async () => (await newestStudy(touchstone)).state, { timeout: 120_000 }).toBe('done');
    await expect(touchstone.page.getByText(/3 (of|\/) 3/).first()).toBeVisible();
  });
});

test.describe('the data folder is blocked', () => {
  test.use({ dataFolder: 'blocked', mayFail: true });

  test('the message names the folder and the remedy', async ({ touchstone }) => {
    const text =
      touchstone.startError ??
      (await touchstone.page
        .getByRole('alert')
        .or(touchstone.page.getByRole('status'))
        .filter({ hasText: /data folder/i })
        .first()
        .innerText());
    expect(text).toContain(touchstone.folder);
    expect(text).toMatch(/TOUCHSTONE_DATA|another folder/i);
  });
});

test.describe('the database is corrupt', () => {
  test.use({ dataFolder: 'corrupt' });

  test('the last good copy is used, the damaged file is kept, and it is said', async ({ touchstone }) => {
    await expect(touchstone.page.getByRole('link', { name: /first look|quick/i }).first()).toBeVisible();
    expect(readdirSync(touchstone.folder).filter((name) => name.includes('damaged'))).toHaveLength(1);
    await expect(touchstone.page.getByText(/damaged|last good copy/i).first()).toBeVisible();
  });
});

import { leaderboard } from '../../src-main/workbench/contract/contract.ts';
import { expect, test } from './fixtures.ts';
import { call, newestStudy, settled } from './pages.ts';

test.use({ dataFolder: 'finished' });

test('a study is renamed, exported as JSON, deleted with its results, and imported back with the same numbers', async ({
  touchstone,
}) => {
  const { page } = touchstone;
  const { id } = await newestStudy(touchstone);
  const before = await call(touchstone, 'leaderboard.get', { study: id });
  await touchstone.goto(`/study/${id}`);
  await settled(page);

  await page.getByRole('button', { name: 'Rename' }).click();
  await page.keyboard.type('Renamed <b>& kept');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Renamed <b>& kept');
  await expect(page.getByRole('button', { name: 'Rename' })).toBeFocused();

  const [file] = await touchstone.saved(1, async () => {
    await page.getByRole('button', { name: /export report/i }).click();
    await page.getByRole('button', { name: /json/i }).click();
  });

  // Deleting says what goes, Escape keeps it and gives the focus back; then it goes.
  await page.getByRole('button', { name: /^Delete/ }).click();
  await expect(page.getByRole('dialog')).toContainText('24 finished trials');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.getByRole('button', { name: /^Delete/ })).toBeFocused();
  await page.getByRole('button', { name: /^Delete/ }).click();
  await page.getByRole('checkbox', { name: /also delete results/i }).check();
  await expect(page.getByRole('dialog')).toContainText('cannot be undone');
  await page.getByRole('button', { name: 'Delete study and results' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Home');
  await expect(page.getByText('Study deleted with 24 trials.')).toBeVisible();
  await expect(page.getByRole('link', { name: /Renamed/ })).toHaveCount(0);

  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: /import results/i }).click();
  await (await chooser).setFiles(file ?? '');
  await expect(page.getByText(/^24 trials imported/)).toBeVisible();
  // An import is a study of its own, with the same numbers.
  await expect(page).toHaveURL(/study\/[\w-]{8,}/);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Renamed <b>& kept');
  await expect(page.getByText(/from “Renamed <b>& kept”, written by Touchstone/)).toBeVisible();
  // What others measured is only looked at here.
  await expect(page.getByRole('link', { name: 'Add…' })).toHaveCount(0);
  const imported = new URL(page.url()).hash.split('/')[2]?.split('?')[0] ?? '';
  expect(imported).not.toBe(id);
  const means = (board: unknown): number[] =>
    leaderboard
      .parse(board)
      .rows.flatMap(({ cells }) => cells.flatMap(({ estimate }) => estimate?.mean ?? []))
      .sort((a, b) => a - b);
  expect(means(await call(touchstone, 'leaderboard.get', { study: imported }))).toEqual(means(before));
});

test('a file that is no report is refused in words', async ({ touchstone }) => {
  const { page } = touchstone;
  await settled(page);
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: /import results/i }).click();
  await (await chooser).setFiles({ name: 'other.json', mimeType: 'application/json', buffer: Buffer.from('{"a":1}') });
  await expect(page.getByText(/could not be imported.*no Touchstone report/)).toBeVisible();
});

test('a large study shows how far it is planned, and is cancelled before anything of it runs', async ({
  touchstone,
}) => {
  const { page } = touchstone;
  await settled(page);
  // Two hundred thousand trials: planning them takes long enough to be seen.
  const creating = call(touchstone, 'study.create', {
    name: 'Far too large',
    suites: ['split-optdigits-quick/class-il'],
    methods: Array.from({ length: 2000 }, (_, i) => ({ method: 'ewc', hyperParameters: { lambda: i + 1 } })),
    seeds: Array.from({ length: 100 }, (_, seed) => seed),
    references: false,
  }).catch((error: unknown) => String(error));
  const row = page.getByRole('row', { name: /Far too large/ });
  await expect(row).toContainText('planning');
  await row.getByRole('link', { name: 'Far too large', exact: true }).click();
  await expect(page.getByText(/[\d,]+ trials planned so far…/)).toBeVisible();
  await page.getByRole('button', { name: 'Cancel study' }).click();
  expect(await creating).toMatch(/was cancelled while it was planned/);
  await expect(page.getByRole('heading', { name: 'Study not found' })).toBeVisible();
  await page.getByRole('link', { name: 'Home' }).first().click();
  await expect(page.getByRole('row', { name: /Far too large/ })).toHaveCount(0);
});

test('a cancelled study runs its cancelled trials again, and a trial tells the command that reproduces it', async ({
  touchstone,
}) => {
  const { page } = touchstone;
  await settled(page);
  await call(touchstone, 'study.create', {
    name: 'To be cancelled',
    suites: ['split-optdigits-quick/class-il'],
    methods: [{ method: 'si' }],
    // Enough of them to be cancelled and paused before they are done.
    seeds: Array.from({ length: 80 }, (_, seed) => seed + 10),
    references: false,
  });
  await page.getByRole('link', { name: 'To be cancelled' }).first().click();
  await page.getByRole('button', { name: 'Cancel study' }).click();
  const again = page.getByRole('button', { name: 'Run cancelled trials' });
  await again.click();
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  await expect(again).toHaveCount(0);
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByRole('button', { name: 'Resume' })).toBeVisible();

  await page
    .getByRole('link', { name: /seed 10/ })
    .first()
    .click();
  await settled(page);
  await page.getByRole('button', { name: 'Copy command' }).click();
  await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible();
  await expect(page.getByLabel('Command that reproduces this trial')).toHaveText(
    /^touchstone run split-optdigits-quick\/class-il --methods si.* --seeds 10 /,
  );
});

import { expect, test } from './fixtures.ts';
import { newestStudy, settled } from './pages.ts';

test.use({ dataFolder: 'finished' });

test('from the leaderboard to a comparison, and from a seed to its trial', async ({ touchstone }) => {
  const { page } = touchstone;
  const { id } = await newestStudy(touchstone);
  await touchstone.goto(`/study/${id}/leaderboard`);
  const board = page.getByRole('grid', { name: 'Leaderboard' });
  // Six methods and both references, with mean ± interval.
  await expect
    .poll(() =>
      board
        .getByRole('row')
        .filter({ hasText: /\d\s*±\s*\d/ })
        .count(),
    )
    .toBeGreaterThanOrEqual(8);
  await expect(board.getByRole('row').filter({ hasText: 'upper reference' })).toHaveCount(1);
  await expect(board.getByRole('row').filter({ hasText: 'lower reference' })).toHaveCount(1);

  // Two methods are chosen and compared, in a sentence.
  await board
    .getByRole('checkbox', { name: /^Choose EWC/i })
    .first()
    .check();
  await board
    .getByRole('checkbox', { name: /^Choose DER\+\+/i })
    .first()
    .check();
  await expect(page).toHaveURL(/pick=/);
  await page
    .getByRole('link', { name: /compare/i })
    .or(page.getByRole('button', { name: /compare/i }))
    .first()
    .click();
  await expect(page).toHaveURL(/#\/compare/);
  await settled(page);
  await expect(page.getByText(/(better|worse|difference|higher|lower).*(seed|interval|%)/i).first()).toBeVisible();

  // The choice is in the link: back to the leaderboard, it is still made.
  await page.goBack();
  await expect(board.getByRole('checkbox', { name: /^Choose EWC/i }).first()).toBeChecked();

  await board
    .getByRole('button', { name: /^Seeds of EWC/i })
    .first()
    .click();
  await board
    .getByRole('row', { name: /seed 0/ })
    .getByRole('link')
    .first()
    .click();
  await expect(page).toHaveURL(/#\/trial\//);
  await settled(page);
  // What one trial measured, and the command that reproduces it.
  await expect(page.getByText(/touchstone run/).first()).toBeVisible();
  await expect(page.getByRole('img').or(page.locator('canvas, svg[role="img"]')).first()).toBeVisible();
});

test('the leaderboard works by keyboard', async ({ touchstone }) => {
  const { page } = touchstone;
  const { id } = await newestStudy(touchstone);
  await touchstone.goto(`/study/${id}/leaderboard`);
  const board = page.getByRole('grid', { name: 'Leaderboard' });
  await expect(board).toBeVisible();
  await board.locator('[tabindex="0"]').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('b');
  await expect(page).toHaveURL(/base=/);
  await expect(board.getByText('baseline', { exact: true })).toBeVisible();
});

test.describe('with hundreds of rows', () => {
  test.use({ dataFolder: 'large' });

  test('those in sight are drawn, and the keyboard reaches the last one and its seeds', async ({ touchstone }) => {
    const { page } = touchstone;
    await touchstone.goto('/leaderboard?per=all');
    const board = page.getByRole('grid', { name: 'Leaderboard' });
    await expect(board.getByRole('row').nth(20)).toBeVisible();
    const rows = Number(await board.getAttribute('aria-rowcount'));
    expect(rows).toBeGreaterThan(300);
    expect(await board.getByRole('row').count()).toBeLessThan(150);
    await board.locator('[tabindex="0"]').focus();
    for (let page10 = 0; page10 * 10 < rows; page10++) await page.keyboard.press('PageDown');
    const last = board.locator(`[data-r="${rows - 1}"][data-c="0"]`);
    await expect(last).toBeFocused();
    await expect(last).toBeInViewport();
    await expect.poll(() => board.getByRole('row').count()).toBeLessThan(150);
    await page.keyboard.press('Enter');
    await expect(board.getByRole('row', { name: /seed 9/ })).toBeVisible();
  });
});

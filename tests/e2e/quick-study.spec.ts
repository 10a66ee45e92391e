import { expect, test } from './fixtures.ts';
import { settled } from './pages.ts';

/** Bar 1 of the interface: from nothing to a filled leaderboard with one click. */
test('a first start offers a quick study; one click ends in a filled leaderboard', async ({ touchstone }) => {
  const { page } = touchstone;
  await settled(page);
  const startedAt = Date.now();
  await page
    .getByRole('button', { name: /quick|first look/i })
    .first()
    .click();
  await expect(page).toHaveURL(/#\/study\/[\w-]+/);
  // While it runs it says so, and trials appear with their states.
  await expect(page.getByText(/running/i).first()).toBeVisible();
  await expect(page.getByText(/^done$/i).first()).toBeVisible({ timeout: 170_000 });
  await expect(page.getByText(/24 (of|\/) 24/).first()).toBeVisible({ timeout: 170_000 });
  const seconds = (Date.now() - startedAt) / 1000;
  test
    .info()
    .annotations.push({ type: 'measured', description: `quick study: ${seconds.toFixed(1)} s from the click` });
  console.log(`[${touchstone.shell}] quick study: ${seconds.toFixed(1)} s from the click`);

  await page
    .getByRole('link', { name: /leaderboard/i })
    .first()
    .click();
  await expect(page).toHaveURL(/leaderboard/);
  await settled(page);
  const rows = page.getByRole('grid', { name: 'Leaderboard' }).getByRole('row');
  // Six methods and both references, each with mean ± interval over three seeds.
  await expect.poll(() => rows.filter({ hasText: /\d\s*±\s*\d/ }).count()).toBeGreaterThanOrEqual(8);
});

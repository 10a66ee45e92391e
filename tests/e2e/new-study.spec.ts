import { expect, test } from './fixtures.ts';
import { settled } from './pages.ts';

test('a study is planned, with what does not fit and why; then it is paused, resumed and finishes', async ({
  touchstone,
}) => {
  const { page } = touchstone;
  await page.getByRole('link', { name: 'New study' }).first().click();
  await settled(page);
  await expect(page.getByRole('button', { name: 'Run', exact: true })).toBeDisabled();
  await page
    .getByRole('checkbox', { name: /optdigits.*quick.*class-IL/i })
    .first()
    .check();

  // What does not fit is greyed, and says why.
  const others = page.getByRole('button', { name: /^Show \d+ methods that do not fit/ });
  await others.click();
  const misfit = page.getByRole('button', { name: /^does not fit: \w.{15,}/ }).first();
  await expect(misfit).toBeVisible();

  await page
    .getByRole('checkbox', { name: /^ER\b|Experience replay/i })
    .first()
    .check();
  await page
    .getByRole('checkbox', { name: /^EWC\b|Elastic weight/i })
    .first()
    .check();
  await page.getByLabel('Seeds', { exact: true }).fill('0-1');
  // Two methods and both references, two seeds each; and two seeds are too few for a test.
  await expect(page.getByText('8 trials to run')).toBeVisible();
  await expect(page.getByRole('list', { name: 'Warnings' })).toContainText(/seed/i);
  // Enough of them to be paused before they are done.
  await page.getByLabel('Seeds', { exact: true }).fill('0-9');
  await expect(page.getByText('40 trials to run')).toBeVisible();
  await page.getByLabel('Name', { exact: true }).fill('Planned <b>by hand</b> & paused');
  await page.getByRole('button', { name: 'Run', exact: true }).click();

  await expect(page).toHaveURL(/#\/study\//);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Planned <b>by hand</b> & paused');
  await page.getByRole('button', { name: 'Pause' }).click();
  const resume = page.getByRole('button', { name: 'Resume' });
  await expect(resume).toBeVisible();
  await expect(page.getByText('40 of 40')).toHaveCount(0);
  await resume.click();
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  await expect(page.getByText('40 of 40')).toBeVisible({ timeout: 150_000 });
  await expect(page.getByRole('button', { name: 'Pause' })).toHaveCount(0);
});

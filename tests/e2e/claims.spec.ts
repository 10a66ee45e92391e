import { expect, test } from './fixtures.ts';
import { settled } from './pages.ts';

test('a claim is judged by the study that its method’s page offers', async ({ touchstone }) => {
  const { page } = touchstone;
  await page.getByRole('link', { name: 'Methods' }).first().click();
  await page.getByRole('link', { name: 'Temperature scaling' }).click();
  await settled(page);
  const claim = page
    .getByRole('region', { name: 'Published and measured' })
    .locator('tbody', { hasText: /MNIST, one MLP and ensembles, quick.*Negative log-likelihood/s });
  await expect(claim).toContainText('on another protocol');
  await expect(claim).toContainText('not run');
  await claim.getByRole('link', { name: 'Run the study that judges this' }).click();

  // Both sides of the order, as many seeds as the shipped runs have, and nothing else.
  await expect(page.getByText('20 trials to run')).toBeVisible();
  await expect(page.getByLabel('Seeds', { exact: true })).toHaveValue('0-9');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(page).toHaveURL(/#\/study\//);
  await expect(page.getByText('30 of 30')).toBeVisible({ timeout: 150_000 });

  await page.getByRole('link', { name: 'Methods' }).first().click();
  await page.getByRole('link', { name: 'Temperature scaling' }).click();
  await settled(page);
  await expect(claim).toContainText('holds here');
});

import { expect, test } from './fixtures.ts';
import { newestStudy, settled, someTrial } from './pages.ts';

test.use({ dataFolder: 'finished' });

test('curves over what was chosen: in the link, remembered, the same on every page', async ({ touchstone }) => {
  const { page } = touchstone;
  const { id } = await newestStudy(touchstone);
  const trial = await someTrial(touchstone, id);
  await touchstone.goto(`/trial/${trial}`);
  await settled(page);
  const loss = page.getByRole('figure', { name: 'Loss' });
  const open = async (): Promise<void> => loss.getByText('Axes', { exact: true }).click();

  await open();
  await expect(loss.getByLabel('x by')).toHaveValue('step');
  await loss.getByLabel('x by').selectOption('epoch');
  await loss.getByLabel('logarithmic y').check();
  await expect(page).toHaveURL(/[?&]x=epoch/);
  await expect(page).toHaveURL(/[?&]log=y/);
  await expect(loss.locator('svg text', { hasText: /^epoch$/ })).toHaveCount(1);
  await expect(loss.locator('svg text', { hasText: 'loss, log' })).toHaveCount(1);

  // Another page, whose link does not say it, has it too, and says it from then on.
  await touchstone.goto(`/study/${id}`);
  await settled(page);
  await expect(page).toHaveURL(/[?&]x=epoch/);

  // A link that says something else goes before what is remembered.
  await touchstone.goto(`/trial/${trial}?x=examples&log=none`);
  await settled(page);
  await expect(loss.locator('svg text', { hasText: /^examples seen$/ })).toHaveCount(1);
  await open();
  await expect(loss.getByLabel('logarithmic y')).not.toBeChecked();
});

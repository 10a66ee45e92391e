import { expect, test } from './fixtures.ts';

test.use({ dataFolder: 'finished' });

test('a second start shows the first study within five seconds', async ({ touchstone }) => {
  await expect(touchstone.page.getByRole('link', { name: /quick/i }).first()).toBeVisible();
  const startedAt = await touchstone.restart();
  await expect(touchstone.page.getByRole('link', { name: /quick/i }).first()).toBeVisible();
  const seconds = (Date.now() - startedAt) / 1000;
  test.info().annotations.push({
    type: 'measured',
    description: `from start of the process to the first study: ${seconds.toFixed(2)} s`,
  });
  console.log(`[${touchstone.shell}] process spawn to first row of Home: ${seconds.toFixed(2)} s`);
  expect(seconds).toBeLessThan(5);
});

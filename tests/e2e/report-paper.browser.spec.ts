import { pathToFileURL } from 'node:url';
import { expect, test } from './fixtures.ts';
import { newestStudy } from './pages.ts';

test.use({ dataFolder: 'finished' });

/** A4 without the report's margins, in CSS pixels. */
const PAPER_WIDTH = 703;

test('on A4 nothing of a report is cut off at the right, and everything that folds is open', async ({ touchstone }) => {
  const { page } = touchstone;
  const { id } = await newestStudy(touchstone);
  await touchstone.goto(`/study/${id}`);
  const [file = ''] = await touchstone.saved(1, async () => {
    await page.getByRole('button', { name: /export report/i }).click();
    await page.getByRole('button', { name: /html/i }).click();
  });
  const paper = await page.context().newPage();
  await paper.setViewportSize({ width: PAPER_WIDTH, height: 1000 });
  await paper.emulateMedia({ media: 'print' });
  await paper.goto(pathToFileURL(file).href);
  await paper.evaluate(`dispatchEvent(new Event('beforeprint'))`);
  const cut = await paper.evaluate(
    `[...document.querySelectorAll('table, pre, svg, p')]
      .filter((element) => element.getBoundingClientRect().right > ${PAPER_WIDTH + 1})
      .map((element) => element.tagName + ': ' + element.textContent.slice(0, 80))`,
  );
  expect(cut).toEqual([]);
  expect(await paper.locator('details:not([open])').count()).toBe(0);
  await paper.close();
});

import { expect, test } from './fixtures.ts';
import { settled } from './pages.ts';
import type { Page } from '@playwright/test';

test.use({ dataFolder: 'finished' });

/** Presses Tab until what has the focus is called `name`, as a person does, and checks that the focus can be seen. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let i = 0; i < 80; i++) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate(`(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return { name: '', seen: true };
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return { name: (element.getAttribute('aria-label') ?? element.textContent ?? '').trim(), seen: outlineStyle !== 'none' && outlineWidth !== '0px' };
    })()`);
    const found = focus as { name: string; seen: boolean };
    if (!name.test(found.name)) continue;
    expect(found.seen, `the focus on “${found.name}” can be seen`).toBe(true);
    return;
  }
  throw new Error(`no element called ${String(name)} within 80 presses of Tab`);
}

test('with the keyboard alone: quick study, leaderboard, comparison, report', async ({ touchstone }) => {
  const { page } = touchstone;
  await settled(page);
  await tabTo(page, /^Run the quick study/);
  await page.keyboard.press('Enter');
  // Everything it asks for is already measured.
  await expect(page).toHaveURL(/#\/study\/[\w-]+$/);
  await expect(page.getByText('24 of 24')).toBeVisible();

  // The focus begins at the top of the new view, so this is the study's own leaderboard and not the navigation's.
  await tabTo(page, /^Leaderboard$/);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/study\/[\w-]+\/leaderboard/);
  const board = page.getByRole('grid', { name: 'Leaderboard' });
  await expect(board).toBeVisible();
  await settled(page);
  // Into the grid: its one stop in the order of Tab is the head of its first column.
  await tabTo(page, /^Method/);
  for (const key of ['ArrowDown', 'ArrowDown', 'Space', 'ArrowDown', 'Space']) await page.keyboard.press(key);
  await expect(page).toHaveURL(/pick=/);
  await expect(page.getByRole('link', { name: 'Compare 2' })).toBeVisible();
  await page.keyboard.press('Control+z');
  await expect(page.getByText('1 chosen')).toBeVisible();
  await page.keyboard.press('Control+y');
  await expect(page.getByText('2 chosen')).toBeVisible();
  await page.keyboard.press('c');
  await expect(page).toHaveURL(/#\/compare/);
  await settled(page);
  await expect(page.getByText(/(better|worse|difference|leads).*(seed|interval|%)/i).first()).toBeVisible();

  await page.keyboard.press('Alt+ArrowLeft');
  if (!/leaderboard/.test(page.url())) await page.goBack(); // Electron's window has no browser's own keys
  await expect(board).toBeVisible();
  await tabTo(page, /^Export report/);
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: /^HTML page/ })).toHaveCount(0);
  await page.keyboard.press('Enter');
  const [file] = await touchstone.saved(1, async () => {
    await tabTo(page, /^HTML/);
    await page.keyboard.press('Enter');
  });
  expect(file).toMatch(/\.html$/);
});

test('views of the leaderboard are saved by name and come back', async ({ touchstone }) => {
  const { page } = touchstone;
  await settled(page);
  await page
    .getByRole('link', { name: /^Leaderboard of/ })
    .first()
    .click();
  await expect(page.getByRole('grid', { name: 'Leaderboard' })).toBeVisible();
  await page.getByRole('button', { name: /^Columns/ }).click();
  await page.getByRole('checkbox', { name: 'Forgetting', exact: true }).uncheck();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^Views/ }).click();
  await page.getByRole('textbox', { name: 'Name of this view' }).fill('Without forgetting');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /^View: Without forgetting/ }).click(); // closes
  await page.getByRole('button', { name: /^Columns/ }).click();
  await page.getByRole('button', { name: 'The usual columns' }).click();
  await page.keyboard.press('Escape');
  await expect(page).not.toHaveURL(/cols=/);
  await page.reload();
  await page.getByRole('button', { name: /^Views/ }).click();
  await page.getByRole('button', { name: 'Without forgetting', exact: true }).click();
  await expect(page).toHaveURL(/cols=/);
  await expect(page.getByRole('columnheader', { name: /^Forgetting/ })).toHaveCount(0);
});

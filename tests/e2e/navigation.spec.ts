import { expect, test } from './fixtures.ts';
import { everyView, newestStudy, settled } from './pages.ts';

test.use({ dataFolder: 'finished' });

test('every view has a link that opens it, also after a reload', async ({ touchstone }) => {
  const { page } = touchstone;
  for (const { name, route } of await everyView(touchstone)) {
    await touchstone.goto(route);
    await settled(page);
    const title = await page.getByRole('heading', { level: 1 }).innerText();
    await page.reload();
    await settled(page);
    await expect(page.getByRole('heading', { level: 1 }), name).toHaveText(title);
    await expect(page.getByRole('alert'), name).toHaveCount(0);
  }
});

test('back and forward go where a person was', async ({ touchstone }) => {
  const { page } = touchstone;
  const { id } = await newestStudy(touchstone);
  await page
    .getByRole('link', { name: /first look|quick/i })
    .first()
    .click();
  await expect(page).toHaveURL(new RegExp(`study/${id}`));
  await page
    .getByRole('link', { name: /leaderboard/i })
    .first()
    .click();
  await expect(page).toHaveURL(/leaderboard/);
  await page.goBack();
  await expect(page).toHaveURL(new RegExp(`study/${id}$`));
  await page.goBack();
  await expect(page).toHaveURL(/#\/$|\/$/);
  await page.goForward();
  await expect(page).toHaveURL(new RegExp(`study/${id}`));
});

test('a link to something that is not there says so and offers a way home', async ({ touchstone }) => {
  await touchstone.goto('/study/00000000-0000-4000-8000-000000000000');
  await expect(touchstone.page.getByText(/no study|not found|no such study/i).first()).toBeVisible();
  await touchstone.goto('/nowhere/at/all');
  await expect(touchstone.page.getByRole('heading', { level: 1 })).toBeVisible();
  await touchstone.page.getByRole('link', { name: /home/i }).first().click();
  await settled(touchstone.page);
});

test('the keyboard reaches every command: palette, sheet, Escape', async ({ touchstone }) => {
  const { page } = touchstone;
  await settled(page);
  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog');
  await expect(palette.getByRole('combobox').or(palette.getByRole('textbox')).first()).toBeFocused();
  await page.keyboard.type('new study');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/#\/new/);
  await expect(palette).toHaveCount(0);
  await settled(page);
  await page.getByRole('heading', { level: 1 }).click();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

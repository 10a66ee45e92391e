import { expect, test } from './fixtures.ts';
import { everyView, settled } from './pages.ts';

test.use({ dataFolder: 'finished' });

test('no view asks anything of another machine', async ({ touchstone }) => {
  const own =
    new URL(touchstone.page.url()).origin === 'null' ? 'app://touchstone/' : new URL(touchstone.page.url()).origin;
  for (const { route } of await everyView(touchstone)) {
    await touchstone.goto(route);
    await settled(touchstone.page);
  }
  expect(touchstone.requests.length).toBeGreaterThan(0);
  expect(
    touchstone.requests.filter(
      (address) =>
        !address.startsWith(own) && !/^(data|blob):/.test(address) && !address.startsWith(own.replace(/^http/, 'ws')),
    ),
  ).toEqual([]);
});

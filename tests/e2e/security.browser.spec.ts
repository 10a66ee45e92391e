import { request } from 'node:http';
import { expect, test } from './fixtures.ts';

/** The loopback shell's policies in the running program; the rules themselves are unit-tested. */

function ask(port: number, path: string, headers: Record<string, string>, method = 'GET'): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

test('the token leaves the address, and strangers are refused', async ({ touchstone }) => {
  const { page } = touchstone;
  expect(page.url()).not.toContain('token');
  expect(await page.evaluate(`document.cookie`)).toBe('');
  const port = Number(new URL(page.url()).port);
  // A cookie would go to every port of 127.0.0.1, also to another user's server.
  expect(await page.context().cookies()).toEqual([]);
  expect(await page.evaluate(`sessionStorage.getItem('touchstone.token')`)).toMatch(/^[\w-]{43}$/);
  expect(await ask(port, '/', {})).toBe(200);
  expect(await ask(port, '/', { host: `evil.example:${port}` })).toBe(403);
  expect(await ask(port, '/', { origin: 'https://evil.example' })).toBe(403);
  expect(await ask(port, '/', {}, 'POST')).toBe(405);
  expect(await ask(port, '/../package.json', {})).toBe(404);
});

test('a reload and a link in another tab stay signed in; a page without the token says what to do', async ({
  touchstone,
}) => {
  const { page } = touchstone;
  const home = page.getByRole('heading', { level: 1 }).first();
  await home.waitFor();
  await page.reload();
  await home.waitFor();
  await expect(page.getByText(/not signed in/i)).toHaveCount(0);
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.getByRole('heading', { level: 1 }).first().waitFor();
  await expect(other.getByText(/not signed in/i)).toHaveCount(0);
  const stranger = await (await page.context().browser()?.newContext())?.newPage();
  await stranger?.goto(page.url());
  await expect(stranger?.getByText(/not signed in/i).first() ?? home).toBeVisible();
});

test('scripts that are not the program’s do not run', async ({ touchstone }) => {
  const { page } = touchstone;
  expect(
    await page.evaluate(
      "(() => { const script = document.createElement('script'); script.textContent = 'window.injected " +
        "= 1'; document.head.append(script); return typeof window.injected; })()",
    ),
  ).toBe('undefined');
  expect(await page.evaluate(`fetch('https://example.org/').then(() => 'loaded', () => 'refused')`)).toBe('refused');
});

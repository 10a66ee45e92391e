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
  const cookies = await page.context().cookies();
  expect(cookies).toMatchObject([{ name: `touchstone-${port}`, httpOnly: true, sameSite: 'Strict' }]);
  const cookie = `${cookies[0]?.name}=${cookies[0]?.value}`;
  expect(await ask(port, '/', { cookie })).toBe(200);
  expect(await ask(port, '/', {})).toBe(401);
  expect(await ask(port, '/', { cookie, host: `evil.example:${port}` })).toBe(403);
  expect(await ask(port, '/', { cookie, origin: 'https://evil.example' })).toBe(403);
  expect(await ask(port, '/', { cookie }, 'POST')).toBe(405);
  expect(await ask(port, '/../package.json', { cookie })).toBe(404);
});

test('scripts that are not the program’s do not run', async ({ touchstone }) => {
  const { page } = touchstone;
  expect(
    await page.evaluate(
      `(() => { const script = document.createElement('script'); script.textContent = 'window.injected = 1'; document.head.append(script); return typeof window.injected; })()`,
    ),
  ).toBe('undefined');
  expect(await page.evaluate(`fetch('https://example.org/').then(() => 'loaded', () => 'refused')`)).toBe('refused');
});

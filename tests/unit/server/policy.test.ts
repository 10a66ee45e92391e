import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allowedHost,
  allowedOrigin,
  cacheControl,
  contentSecurityPolicy,
  judgeRequest,
  judgeUpgrade,
  mediaType,
  offeredToken,
  resolveStatic,
  sameSecret,
  securityHeaders,
  withoutToken,
} from '../../../src-main/server/policy.ts';
import type { RequestFacts } from '../../../src-main/server/policy.ts';

const door = { port: 4711, token: 'T'.repeat(43) };
const good: RequestFacts = {
  method: 'GET',
  url: '/',
  host: '127.0.0.1:4711',
  origin: undefined,
  protocols: undefined,
  hasBody: false,
};
const status = (change: Partial<RequestFacts>) => {
  const verdict = judgeRequest({ ...good, ...change }, door);
  return verdict.kind === 'refuse' ? verdict.status : verdict.kind;
};

describe('judgeRequest', () => {
  it('serves the interface, which is the same everywhere', () => {
    expect(judgeRequest(good, door)).toEqual({ kind: 'file', urlPath: '/' });
    expect(judgeRequest({ ...good, url: '/assets/a.js?v=1' }, door)).toEqual({ kind: 'file', urlPath: '/assets/a.js' });
    expect(status({ host: 'localhost:4711' })).toBe('file');
  });

  it('refuses every other host name (DNS rebinding)', () => {
    for (const host of [
      undefined,
      '',
      '127.0.0.1',
      '127.0.0.1:4712',
      'evil.example:4711',
      'localhost.evil.example:4711',
      '127.0.0.1:4711.evil.example',
      'user@127.0.0.1:4711',
      '[::1]:4711',
      '0.0.0.0:4711',
    ]) {
      expect(status({ host }), String(host)).toBe(403);
    }
  });

  it('refuses foreign origins, also "null" and another port', () => {
    for (const origin of [
      'https://evil.example',
      'null',
      'http://127.0.0.1:4712',
      'http://localhost:4711',
      'https://127.0.0.1:4711',
    ])
      expect(status({ origin }), origin).toBe(403);
    expect(status({ origin: 'http://127.0.0.1:4711' })).toBe('file');
  });

  it('serves GET without a body only', () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'get'])
      expect(status({ method }), method).toBe(405);
    expect(status({ hasBody: true })).toBe(413);
  });

  it('serves the files without a token, whatever the address holds', () => {
    expect(judgeRequest({ ...good, url: '/?token=any' }, door)).toEqual({ kind: 'file', urlPath: '/' });
  });

  it('refuses absolute-form and protocol-relative targets', () => {
    for (const url of ['http://evil.example/', '//evil.example/', 'evil', '*']) expect(status({ url }), url).toBe(400);
  });
});

describe('judgeUpgrade', () => {
  const upgrade = {
    ...good,
    url: '/ws',
    origin: 'http://127.0.0.1:4711',
    protocols: `touchstone, touchstone.sign-in, ${door.token}`,
  };
  it('accepts our own page and nothing else', () => {
    expect(judgeUpgrade(upgrade, door)).toEqual({ kind: 'accept' });
    expect(judgeUpgrade({ ...upgrade, origin: undefined }, door)).toMatchObject({ status: 403 });
    expect(judgeUpgrade({ ...upgrade, origin: 'https://evil.example' }, door)).toMatchObject({ status: 403 });
    expect(
      judgeUpgrade({ ...upgrade, host: 'evil.example:4711', origin: 'http://evil.example:4711' }, door),
    ).toMatchObject({ status: 403 });
    expect(judgeUpgrade({ ...upgrade, url: '/other' }, door)).toMatchObject({ status: 404 });
  });

  it('wants the token, and only as a subprotocol', () => {
    for (const protocols of [
      undefined,
      '',
      'touchstone',
      'touchstone, touchstone.sign-in',
      'touchstone, touchstone.sign-in, wrong',
      `touchstone, ${door.token}`,
      door.token,
      `touchstone, touchstone.sign-in, ${door.token}, more`,
    ])
      expect(judgeUpgrade({ ...upgrade, protocols }, door), String(protocols)).toEqual({ kind: 'sign-in' });
    expect(judgeUpgrade({ ...upgrade, protocols: undefined, url: `/ws?token=${door.token}` }, door)).toEqual({
      kind: 'sign-in',
    });
  });
});

describe('resolveStatic', () => {
  const root = path.resolve('/srv/interface');
  it('finds files inside the folder', () => {
    expect(resolveStatic(root, '/')).toBe(path.join(root, 'index.html'));
    expect(resolveStatic(root, '/assets/a%20b.js')).toBe(path.join(root, 'assets', 'a b.js'));
  });
  it('finds nothing outside it', () => {
    for (const attempt of [
      '',
      'index.html',
      '/..',
      '/../x',
      '/a/../../x',
      '/%2e%2e/x',
      '/..%2fx',
      '/..%5cx',
      '/a%00.js',
      '/%',
      '/C:/x',
      '//x',
      '/a//b',
      '/.git/config',
      '/assets/.env',
      '/a\\..\\..\\x',
    ]) {
      expect(resolveStatic(root, attempt), attempt).toBeNull();
    }
  });
  it('never leaves the folder, whatever is asked', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('..', '.', '%2e%2e', '%2f', '%5c', '\\', '/', '%00', 'C:', '~', '....//'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const file = resolveStatic(root, `/${pieces.join('/')}`);
        if (file === null) return true;
        const relative = path.relative(root, file);
        return relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('small rules', () => {
  it('reads the token from the subprotocols', () => {
    expect(offeredToken('touchstone,touchstone.sign-in,abc')).toBe('abc');
    expect(offeredToken(undefined)).toBeUndefined();
  });
  it('compares secrets of any length', () => {
    expect(sameSecret('abc', 'abc')).toBe(true);
    for (const other of ['abd', 'ab', 'abcd', '', undefined, null, 'äbc']) expect(sameSecret(other, 'abc')).toBe(false);
  });
  it('has a content security policy without unsafe scripts', () => {
    const script = /script-src ([^;]*)/.exec(contentSecurityPolicy(["'self'"]))?.[1];
    expect(script).toBe("'self'");
    expect(contentSecurityPolicy(["'self'"])).toContain("default-src 'none'");
    const headers = securityHeaders(4711);
    expect(headers['Referrer-Policy']).toBe('no-referrer');
    expect(Object.keys(headers).some((name) => name.toLowerCase().startsWith('access-control'))).toBe(false);
  });
  it('keeps hosts, origins, media types, caching and logs strict', () => {
    expect(allowedHost('localhost:80', 80)).toBe(true);
    expect(allowedOrigin('http://localhost:80', 'localhost:80', 80)).toBe(true);
    expect(allowedOrigin('http://localhost:80', '127.0.0.1:80', 80)).toBe(false);
    expect(mediaType('a.JS')).toContain('javascript');
    expect(mediaType('a.exe')).toBe('application/octet-stream');
    expect(cacheControl('/assets/index-D3fA9x_1.js')).toContain('immutable');
    expect(cacheControl('/')).toBe('no-store');
    expect(withoutToken('GET /?token=abc', 'abc')).toBe('GET /?token=…');
  });
});

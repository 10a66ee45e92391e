import { timingSafeEqual } from 'node:crypto';
import path from 'node:path';
import { SOCKET_PROTOCOLS } from '../workbench/contract/contract.ts';

/**
 * Who may ask the loopback shell for what, as pure functions: no socket, no file system. `server.ts` applies the
 * verdicts.
 *
 * The threats: another user or program on this machine (answer: a token), a web page open in the same browser (answer:
 * the token is in the page's own storage, the Origin of every upgrade, no CORS), and DNS rebinding (answer: the Host
 * header must name the loopback address). There is no cookie: a browser sends cookies to every port of 127.0.0.1, also
 * to another user's server. The interface's files are the same on every machine and need no token; the Workbench is
 * behind the WebSocket, and that needs it.
 */

/** What the shell was started with. */
export interface Door {
  readonly port: number;
  readonly token: string;
}

/** The part of a request that decides about it. */
export interface RequestFacts {
  readonly method: string;
  /** Path and query as sent, for example `/?token=…`. */
  readonly url: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** `Sec-WebSocket-Protocol` of an upgrade. */
  readonly protocols: string | undefined;
  /** Whether the request announces a body. */
  readonly hasBody: boolean;
}

export type Verdict =
  | { readonly kind: 'refuse'; readonly status: 400 | 403 | 405 | 413; readonly message: string }
  | { readonly kind: 'file'; readonly urlPath: string };

export type UpgradeVerdict =
  | { readonly kind: 'refuse'; readonly status: 403 | 404; readonly message: string }
  /** Our own page without the token of this run: the socket is opened only to say so. */
  | { readonly kind: 'sign-in' }
  | { readonly kind: 'accept' };

export const SOCKET_PATH = '/ws';

/** The token that a page names as its third subprotocol (see SOCKET_PROTOCOLS); undefined where there is none. */
export function offeredToken(protocols: string | undefined): string | undefined {
  const [first, second, token, ...more] = (protocols ?? '').split(',').map((name) => name.trim());
  const ours = first === SOCKET_PROTOCOLS.signedIn && second === SOCKET_PROTOCOLS.signedOut && more.length === 0;
  return ours ? token : undefined;
}

/** Equality of two secrets in a time that does not depend on where they differ. */
export function sameSecret(given: string | undefined | null, secret: string): boolean {
  if (given === undefined || given === null) return false;
  const a = Buffer.from(given, 'utf8');
  const b = Buffer.from(secret, 'utf8');
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Host names only this machine answers to. Anything else is a name that somebody else's DNS points here. */
export function allowedHost(host: string | undefined, port: number): boolean {
  return host === `127.0.0.1:${port}` || host === `localhost:${port}`;
}

/** True when the page that asks was served by this very address (same scheme, name and port). */
export function allowedOrigin(origin: string | undefined, host: string | undefined, port: number): boolean {
  return allowedHost(host, port) && origin === `http://${host}`;
}

const HOST_MESSAGE = 'This address is not served here. Open the address that Touchstone printed when it started.';

/** Verdict on one HTTP request. */
export function judgeRequest(facts: RequestFacts, door: Door): Verdict {
  if (!allowedHost(facts.host, door.port)) return { kind: 'refuse', status: 403, message: HOST_MESSAGE };
  // A browser names the origin with every cross-site request that matters; ours never carries a foreign one.
  if (facts.origin !== undefined && !allowedOrigin(facts.origin, facts.host, door.port))
    return { kind: 'refuse', status: 403, message: 'Requests from other sites are refused.' };
  if (facts.method !== 'GET')
    return { kind: 'refuse', status: 405, message: 'Only GET is served here; operations travel over the WebSocket.' };
  if (facts.hasBody) return { kind: 'refuse', status: 413, message: 'A request here has no body.' };
  let url: URL;
  try {
    url = new URL(facts.url, `http://${facts.host}`);
  } catch {
    return { kind: 'refuse', status: 400, message: 'The address cannot be read.' };
  }
  if (!facts.url.startsWith('/') || url.host !== facts.host)
    return { kind: 'refuse', status: 400, message: 'The address cannot be read.' };
  // The raw path: the URL class would already have folded "..", and containment shall see what was sent.
  return { kind: 'file', urlPath: facts.url.split(/[?#]/, 1)[0] ?? '/' };
}

/**
 * Verdict on a WebSocket upgrade. The Origin must be present and ours: browsers always send it, and CORS does not guard
 * WebSockets.
 */
export function judgeUpgrade(facts: Omit<RequestFacts, 'hasBody'>, door: Door): UpgradeVerdict {
  if (!allowedHost(facts.host, door.port)) return { kind: 'refuse', status: 403, message: HOST_MESSAGE };
  if (!allowedOrigin(facts.origin, facts.host, door.port))
    return { kind: 'refuse', status: 403, message: 'WebSockets from other sites are refused.' };
  if (facts.url.split('?', 1)[0] !== SOCKET_PATH)
    return { kind: 'refuse', status: 404, message: `WebSockets are served at ${SOCKET_PATH} only.` };
  return sameSecret(offeredToken(facts.protocols), door.token) ? { kind: 'accept' } : { kind: 'sign-in' };
}

/**
 * File that a URL path names inside `root`, or null when it names none there (`..`, an encoded slash, a drive letter,
 * NUL, bad escapes). A path ending in `/` names its `index.html`. Pure: whether the file exists, and where links lead,
 * is for the caller to see.
 */
export function resolveStatic(root: string, urlPath: string): string | null {
  if (!urlPath.startsWith('/')) return null;
  const parts: string[] = [];
  for (const raw of urlPath.slice(1).split('/')) {
    let part: string;
    try {
      part = decodeURIComponent(raw);
    } catch {
      return null;
    }
    // Control characters, separators that hid in escapes, drive letters and streams, and every dot-file.
    if (/[\u0000-\u001f/\\:]/.test(part) || part.startsWith('.')) return null;
    parts.push(part);
  }
  if (parts.at(-1) === '') parts[parts.length - 1] = 'index.html';
  if (parts.includes('')) return null;
  const base = path.resolve(root);
  const file = path.join(base, ...parts);
  return file.startsWith(base + path.sep) ? file : null;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
};

/** Media type by extension; unknown ones are downloads, never guessed (`nosniff`). */
export const mediaType = (file: string): string =>
  TYPES[path.extname(file).toLowerCase()] ?? 'application/octet-stream';

/**
 * Content security policy of the interface. Scripts come from the program only, none inline, no eval; style attributes
 * are needed by the chart library's tooltips. `connect` lists where the page may talk to (`'self'` or the loopback
 * socket).
 */
export function contentSecurityPolicy(connect: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    `connect-src ${connect.join(' ')}`,
    "worker-src 'self' blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join('; ');
}

/** Headers of every answer of the loopback shell. */
export function securityHeaders(port: number): Record<string, string> {
  return {
    'Content-Security-Policy': contentSecurityPolicy(["'self'", `ws://127.0.0.1:${port}`, `ws://localhost:${port}`]),
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=()',
  };
}

/** Bundled assets carry a hash in their name and never change; everything else is asked for again. */
export const cacheControl = (urlPath: string): string =>
  /^\/assets\/.+-[\w-]{8,}\.\w+$/.test(urlPath) ? 'private, max-age=31536000, immutable' : 'no-store';

/** A message without the token in it, for logs. */
export const withoutToken = (text: string, token: string): string =>
  text.replaceAll(token, '…').replaceAll(encodeURIComponent(token), '…');

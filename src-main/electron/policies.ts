import path from 'node:path';
import { contentSecurityPolicy, resolveStatic } from '../server/policy.ts';

/**
 * What the desktop shell allows, as pure functions without Electron. Default deny; the guards in guard.ts only apply
 * these verdicts.
 */

/** Scheme and host of the interface. A scheme of our own keeps `file:` rights away from the page. */
export const APP_SCHEME = 'app';
export const APP_HOST = 'touchstone';
export const APP_ORIGIN = `${APP_SCHEME}://${APP_HOST}`;
export const APP_URL = `${APP_ORIGIN}/`;

function parse(url: string): URL | null {
  try {
    return new URL(url);
  } catch {
    return null;
  }
}

const isApp = (url: URL): boolean =>
  url.protocol === `${APP_SCHEME}:` && url.host === APP_HOST && url.username === '' && url.password === '';

/** A web address that may be handed to the system's browser: https, a host, no credentials. */
const isExternal = (url: URL): boolean =>
  url.protocol === 'https:' && url.hostname !== '' && url.username === '' && url.password === '';

/**
 * `inside`: the interface itself. `external`: the system's browser may have it, on a click. Everything else is refused.
 */
export function classifyNavigation(url: string): 'inside' | 'external' | 'refuse' {
  const parsed = parse(url);
  if (parsed === null) return 'refuse';
  if (isApp(parsed)) return 'inside';
  return isExternal(parsed) ? 'external' : 'refuse';
}

/** The address to hand to the system's browser, normalised by the URL parser; null when it may not leave. */
export function externalAddress(url: unknown): string | null {
  if (typeof url !== 'string' || url.length > 4096) return null;
  const parsed = parse(url);
  return parsed !== null && isExternal(parsed) ? parsed.href : null;
}

/** What the window may load at all. `blob:` and `data:` are made by the page itself (exported files, pictures). */
export function allowedRequest(url: string): boolean {
  const parsed = parse(url);
  if (parsed === null) return false;
  if (isApp(parsed)) return true;
  if (parsed.protocol === 'blob:') return url.startsWith(`blob:${APP_ORIGIN}/`);
  return parsed.protocol === 'data:' || parsed.protocol === 'devtools:';
}

/**
 * Permissions the page has: none but writing text to the clipboard (the "copy" buttons; Chromium itself asks for a
 * user's gesture). Camera, microphone, location, notifications, USB, reading the clipboard, opening other programs, …:
 * denied.
 */
export function permitted(permission: string, requestingUrl: string): boolean {
  return permission === 'clipboard-sanitized-write' && classifyNavigation(requestingUrl) === 'inside';
}

/** Every message from a page must come from our own origin and from the window's top frame. */
export function validSender(frameUrl: string | undefined, isTop: boolean): boolean {
  return isTop && frameUrl !== undefined && classifyNavigation(frameUrl) === 'inside';
}

/**
 * File that a request on the app scheme names inside `root`, or null. GET only; containment as in the loopback shell,
 * applied to the path as it was sent (the URL parser would fold `..` first).
 */
export function resolveAppPath(root: string, url: string, method = 'GET'): string | null {
  if (method !== 'GET') return null;
  const parsed = parse(url);
  if (parsed === null || !isApp(parsed)) return null;
  const raw = url.slice(APP_ORIGIN.length).split(/[?#]/, 1)[0] ?? '';
  return resolveStatic(root, raw === '' ? '/' : raw);
}

/** Headers of every file served to the window. */
export const appHeaders = (): Record<string, string> => ({
  'Content-Security-Policy': contentSecurityPolicy(["'self'"]),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
});

/**
 * Environment of the Workbench process: that of the program without what steers Electron, Chromium or Node itself, so
 * that a variable meant for the shell never changes how trials run.
 */
export function workbenchEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (
      value === undefined ||
      /^(ELECTRON_|CHROME_|VSCODE_|GOOGLE_API_KEY|GOOGLE_DEFAULT_|NODE_OPTIONS$|NODE_CHANNEL_|NODE_UNIQUE_ID$|NODE_PATH$|NODE_EXTRA_CA_CERTS$|PLAYWRIGHT_|PW_)/i.test(
        name,
      )
    )
      continue;
    kept[name] = value;
  }
  return kept;
}

/**
 * Where the plain Node that runs the Workbench may be, best first: shipped with the packaged program, or installed by
 * npm.
 */
export function nodeCandidates(where: {
  readonly appFolder: string;
  readonly resourcesFolder: string;
  readonly platform: string;
  readonly arch: string;
}): string[] {
  const windows = where.platform === 'win32';
  const executable = path.join('bin', windows ? 'node.exe' : 'node');
  const system = windows ? 'win' : where.platform;
  const packages = [`node-${system}-${where.arch}`, `node-bin-${system}-${where.arch}`].map((name) =>
    path.join(where.appFolder, 'node_modules', name, executable),
  );
  // npm's link last: on Windows it is a .cmd file, which cannot be forked.
  return [
    path.join(where.resourcesFolder, 'node', executable),
    ...packages,
    ...(windows ? [] : [path.join(where.appFolder, 'node_modules', '.bin', 'node')]),
  ];
}

// ---------------------------------------------------------------- window

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
export interface WindowState {
  readonly bounds: Rectangle | null;
  readonly maximized: boolean;
}

export const MINIMUM_SIZE = { width: 1024, height: 700 } as const;
export const DEFAULT_SIZE = { width: 1440, height: 900 } as const;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** The remembered window, from text of any origin; anything unreadable counts as never remembered. */
export function parseWindowState(text: string | null): WindowState {
  const nothing: WindowState = { bounds: null, maximized: false };
  if (text === null) return nothing;
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return nothing;
  }
  if (!isRecord(raw) || !isRecord(raw['bounds'])) return nothing;
  const { x, y, width, height } = raw['bounds'];
  if (![x, y, width, height].every((n) => typeof n === 'number' && Number.isFinite(n))) return nothing;
  return {
    bounds: { x: Number(x), y: Number(y), width: Number(width), height: Number(height) },
    maximized: raw['maximized'] === true,
  };
}

/**
 * Bounds for a new window: the remembered ones when they still lie on a screen, else centred (no x, y) in a size that
 * fits.
 */
export function windowBounds(
  remembered: Rectangle | null,
  screens: readonly Rectangle[],
): { x?: number; y?: number; width: number; height: number } {
  const first = screens[0] ?? { x: 0, y: 0, ...DEFAULT_SIZE };
  if (remembered !== null) {
    const width = Math.max(MINIMUM_SIZE.width, Math.round(remembered.width));
    const height = Math.max(MINIMUM_SIZE.height, Math.round(remembered.height));
    // Enough of the title bar must be reachable on some screen to drag the window back.
    const reachable = screens.some(
      (s) =>
        remembered.x + width > s.x + 100 &&
        remembered.x < s.x + s.width - 100 &&
        remembered.y >= s.y - 10 &&
        remembered.y < s.y + s.height - 100,
    );
    if (reachable) return { x: Math.round(remembered.x), y: Math.round(remembered.y), width, height };
  }
  return {
    width: Math.max(MINIMUM_SIZE.width, Math.min(DEFAULT_SIZE.width, first.width)),
    height: Math.max(MINIMUM_SIZE.height, Math.min(DEFAULT_SIZE.height, first.height)),
  };
}

import { BrowserWindow, nativeTheme, screen } from 'electron';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { writeFileAtomic } from '../base/files.ts';
import { APP_URL, MINIMUM_SIZE, parseWindowState, windowBounds } from './policies.ts';

/** What the window shows before the interface has painted: the interface's own background, so that nothing flashes. */
const background = (): string => (nativeTheme.shouldUseDarkColors ? '#16181c' : '#ffffff');

const RELOAD_PAUSE_MS = 10_000;

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function remember(window: BrowserWindow, file: string): void {
  try {
    const state = JSON.stringify({ bounds: window.getNormalBounds(), maximized: window.isMaximized() });
    writeFileAtomic(file, [Buffer.from(state)], { durable: false });
  } catch {
    // A place that cannot be written only costs the window's memory of itself.
  }
}

/** Opens the window where it was last time, shows it when it has something to show. */
export function openWindow(preload: string, stateFolder: string): BrowserWindow {
  const file = path.join(stateFolder, 'window.json');
  const state = parseWindowState(readText(file));
  const window = new BrowserWindow({
    ...windowBounds(
      state.bounds,
      screen.getAllDisplays().map((display) => display.workArea),
    ),
    minWidth: MINIMUM_SIZE.width,
    minHeight: MINIMUM_SIZE.height,
    show: false,
    title: 'Touchstone',
    backgroundColor: background(),
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      // Its dictionaries would be fetched from the network.
      spellcheck: false,
    },
  });
  if (state.maximized) window.maximize();
  window.once('ready-to-show', () => window.show());
  window.on('close', () => remember(window, file));
  // The page's state is in its address, so one that crashed or ran out of memory is loaded again; one that does so at
  // once would do so for ever.
  let reloadedAt = Number.NEGATIVE_INFINITY;
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    process.stderr.write(`The page of the window ended (${reason}).\n`);
    if (reason === 'clean-exit' || window.isDestroyed() || performance.now() - reloadedAt < RELOAD_PAUSE_MS) return;
    reloadedAt = performance.now();
    window.webContents.reload();
  });
  void window.loadURL(APP_URL);
  return window;
}

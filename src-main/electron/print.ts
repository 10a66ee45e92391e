import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { BrowserWindow, session } from 'electron';

const PARTITION = 'touchstone-print';

/**
 * Prints a page in a hidden window of a session of its own, which reaches nothing but that page. The page is a file
 * that only this person can read, because a `data:` address is limited in length.
 */
export async function printToPdf(html: string): Promise<Buffer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'touchstone-print-'));
  try {
    const file = path.join(folder, 'report.html');
    await writeFile(file, html, { mode: 0o600 });
    return await printFile(file);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

async function printFile(file: string): Promise<Buffer> {
  const page = pathToFileURL(file).href;
  const own = session.fromPartition(PARTITION, { cache: false });
  own.setPermissionRequestHandler((_contents, _permission, reply) => reply(false));
  own.webRequest.onBeforeRequest((details, reply) => reply({ cancel: details.url !== page }));
  const window = new BrowserWindow({
    show: false,
    webPreferences: { session: own, sandbox: true, contextIsolation: true, nodeIntegration: false, spellcheck: false },
  });
  try {
    await window.loadURL(page);
    return await window.webContents.printToPDF({ preferCSSPageSize: true, printBackground: true });
  } finally {
    window.destroy();
  }
}

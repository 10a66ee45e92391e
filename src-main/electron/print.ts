import { BrowserWindow, session } from 'electron';
import { APP_HOST, APP_SCHEME } from './policies.ts';

const PAGE = `${APP_SCHEME}://${APP_HOST}/report`;
const PARTITION = 'touchstone-print';

/** Prints a page in a hidden window of a session of its own, which reaches nothing but that page. */
export async function printToPdf(html: string): Promise<Buffer> {
  const own = session.fromPartition(PARTITION, { cache: false });
  own.setPermissionRequestHandler((_contents, _permission, reply) => reply(false));
  own.webRequest.onBeforeRequest((details, reply) => reply({ cancel: details.url !== PAGE }));
  own.protocol.handle(
    APP_SCHEME,
    () => new Response(html, { headers: { 'Content-Type': 'text/html; charset=utf-8' } }),
  );
  const window = new BrowserWindow({
    show: false,
    webPreferences: { session: own, sandbox: true, contextIsolation: true, nodeIntegration: false, spellcheck: false },
  });
  try {
    await window.loadURL(PAGE);
    return await window.webContents.printToPDF({ preferCSSPageSize: true, printBackground: true });
  } finally {
    window.destroy();
    own.protocol.unhandle(APP_SCHEME);
  }
}

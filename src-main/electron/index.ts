import { app, dialog, ipcMain, protocol, shell } from 'electron';
import type { BrowserWindow } from 'electron';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { CHANNELS } from './channels.ts';
import { withDialogs } from './dialogs.ts';
import { userDataFolder } from './folders.ts';
import { guardPages, guardSession, openExternal, senderOf, serveInterface } from './guard.ts';
import { setMenu } from './menu.ts';
import { APP_SCHEME, APP_URL, nodeCandidates, workbenchEnvironment } from './policies.ts';
import { printToPdf } from './print.ts';
import { withPrinting } from './print-relay.ts';
import { relayCall } from './relay.ts';
import { openWindow } from './window.ts';
import { WorkbenchProcess } from './workbench-process.ts';

/**
 * The desktop shell: one window, one Workbench process, and a relay between them. It computes nothing, so that nothing
 * can stall the window. Built as one CommonJS file; everything used here exists in Node 16.
 */

const appFolder = app.getAppPath();
app.setPath('userData', userDataFolder(app.getPath('appData'), process.env['TOUCHSTONE_DATA']));
// Chromium refuses to run as root with a sandbox; whoever passes the switch (containers, tests) has said so. Windows
// stay sandboxed in kind.
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
// Its scripts are compiled once, not at every start: Chromium caches code by itself for http only.
protocol.registerSchemesAsPrivileged([
  { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
]);
// An offline program: no component updates, no name is ever looked up.
for (const name of ['disable-background-networking', 'disable-component-update', 'no-pings'])
  app.commandLine.appendSwitch(name);
app.commandLine.appendSwitch('host-resolver-rules', 'MAP * ~NOTFOUND');

function startWorkbench(): WorkbenchProcess {
  const candidates = nodeCandidates({
    appFolder,
    resourcesFolder: process.resourcesPath,
    platform: process.platform,
    arch: process.arch,
  });
  const execPath = candidates.find((file) => existsSync(file));
  if (execPath === undefined)
    throw new Error(
      `Node 24 is missing. Run "npm ci" in ${appFolder}, or install Touchstone again. Looked ` +
        `for:\n${candidates.join('\n')}`,
    );
  const workbench = new WorkbenchProcess({
    execPath,
    entry: path.join(appFolder, 'src-main', 'workbench', 'main.ts'),
    cwd: appFolder,
    // The same folder as base/code-cache.ts, known before the process reads its first source.
    env: {
      ...workbenchEnvironment(process.env),
      NODE_COMPILE_CACHE: path.join(appFolder, 'node_modules', '.cache', 'touchstone', 'code'),
    },
    onLog: (line) => process.stderr.write(`${line}\n`),
  });
  workbench.start();
  return workbench;
}

/** Says why there will be no window, and ends. */
function giveUp(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`Touchstone cannot start: ${message}\n`);
  dialog.showErrorBox('Touchstone cannot start', message);
  app.exit(1);
}

function run(): void {
  let window: BrowserWindow | null = null;
  let workbench: WorkbenchProcess;
  try {
    workbench = startWorkbench();
  } catch (error) {
    return giveUp(error);
  }
  const emit = (event: unknown): void => {
    if (window !== null && !window.isDestroyed()) window.webContents.send(CHANNELS.event, event);
  };
  workbench.subscribe(emit);
  const asked = withDialogs(withPrinting(workbench, printToPdf), async (what) => {
    if (window === null) return null;
    const { filePaths } = await dialog.showOpenDialog(window, {
      title: what === 'file' ? 'Choose a file' : 'Choose a folder',
      properties: [what === 'file' ? 'openFile' : 'openDirectory'],
    });
    return filePaths[0] ?? null;
  });
  ipcMain.handle(CHANNELS.call, (event, ...args) => relayCall(asked, senderOf(event), args));
  ipcMain.on(CHANNELS.external, (event, address) => {
    void openExternal(senderOf(event), address);
  });

  const open = (): void => {
    window = openWindow(path.join(__dirname, '..', 'preload', 'index.cjs'), app.getPath('userData'));
    window.webContents.on('did-finish-load', () => {
      if (workbench.lastState !== null) emit(workbench.lastState);
      workbench.notices.forEach(emit);
    });
    window.on('closed', () => {
      window = null;
    });
  };
  app.on('second-instance', () => {
    if (window === null) return open();
    if (window.isMinimized()) window.restore();
    window.focus();
  });
  app.on('activate', () => {
    if (window === null) open();
  });
  app.on('window-all-closed', () => app.quit());

  let ended = false;
  app.on('before-quit', (event) => {
    if (ended) return;
    event.preventDefault();
    void workbench.stop().finally(() => {
      ended = true;
      app.quit();
    });
  });

  void app
    .whenReady()
    .then(() => {
      guardSession();
      serveInterface(path.join(appFolder, 'out', 'renderer'));
      setMenu(
        {
          goTo: (route) => {
            void window?.loadURL(`${APP_URL}#${route}`);
          },
          openDataFolder: () => {
            void relayCall(workbench, { frameUrl: APP_URL, isTop: true }, ['system.info', {}]).then((result) => {
              const info =
                result.ok &&
                typeof result.output === 'object' &&
                result.output !== null &&
                'dataFolder' in result.output
                  ? result.output.dataFolder
                  : null;
              if (typeof info === 'string') void shell.openPath(info);
            });
          },
        },
        process.platform,
      );
      open();
    })
    .catch(giveUp);
}

guardPages();
if (app.requestSingleInstanceLock()) run();
// Not quit(): before `ready` that lets Chromium finish its start first, and tear down what is only half there.
else app.exit(0);

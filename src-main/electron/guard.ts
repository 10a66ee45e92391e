import { app, protocol, session, shell } from 'electron';
import type { IpcMainEvent, IpcMainInvokeEvent } from 'electron';
import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { mediaType } from '../server/policy.ts';
import {
  allowedRequest,
  appHeaders,
  APP_SCHEME,
  classifyNavigation,
  externalAddress,
  permitted,
  resolveAppPath,
  validSender,
} from './policies.ts';
import type { Sender } from './relay.ts';

/** Applies the verdicts of policies.ts to Electron. No decision is made here. */

export const senderOf = (event: IpcMainEvent | IpcMainInvokeEvent): Sender => ({
  frameUrl: event.senderFrame?.url,
  isTop: event.senderFrame !== null && event.senderFrame.parent === null,
});

/** Everything every page of this program is held to, whichever way it was made. Call before the first window. */
export function guardPages(): void {
  app.on('web-contents-created', (_created, contents) => {
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
    const stay = (event: { preventDefault(): void }, url: string): void => {
      if (classifyNavigation(url) !== 'inside') event.preventDefault();
    };
    contents.on('will-navigate', stay);
    contents.on('will-redirect', stay);
    contents.on('will-attach-webview', (event) => event.preventDefault());
  });
}

/** Permissions, devices and the network of the only session. */
export function guardSession(): void {
  const own = session.defaultSession;
  own.setPermissionRequestHandler((_contents, permission, reply, details) =>
    reply(permitted(permission, details.requestingUrl)),
  );
  own.setPermissionCheckHandler((_contents, permission, origin) => permitted(permission, origin));
  own.setDevicePermissionHandler(() => false);
  own.webRequest.onBeforeRequest((details, reply) => reply({ cancel: !allowedRequest(details.url) }));
}

/** Serves the built interface under the app scheme. */
export function serveInterface(rendererFolder: string): void {
  const notFound = (): Response =>
    new Response('Not found', { status: 404, headers: { ...appHeaders(), 'Content-Type': 'text/plain' } });
  protocol.handle(APP_SCHEME, async (request) => {
    const file = resolveAppPath(rendererFolder, request.url, request.method);
    if (file === null) return notFound();
    try {
      const [real, root] = await Promise.all([realpath(file), realpath(rendererFolder)]);
      if (!real.startsWith(root + path.sep)) return notFound();
      const bytes = await readFile(real);
      return new Response(bytes, { headers: { ...appHeaders(), 'Content-Type': mediaType(file) } });
    } catch {
      return notFound();
    }
  });
}

/** Opens a web address in the system's browser when a page of ours asks for it after a click. */
export async function openExternal(sender: Sender, address: unknown): Promise<void> {
  const url = externalAddress(address);
  if (url !== null && validSender(sender.frameUrl, sender.isTop)) await shell.openExternal(url);
}

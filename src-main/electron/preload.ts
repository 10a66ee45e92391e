import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { createApi } from './api.ts';
import { CHANNELS } from './channels.ts';
import { clickedWebLink } from './links.ts';
import type { Click } from './links.ts';

/** The one thing of the page's window that is used here; the program's own code is compiled without browser types. */
declare const window: {
  addEventListener(type: 'click', listener: (event: Click & { preventDefault(): void }) => void): void;
};

type DroppedFile = Parameters<typeof webUtils.getPathForFile>[0];
const isFile = (value: unknown): value is DroppedFile => typeof value === 'object' && value !== null;
const pathOf = (file: unknown): string => (isFile(file) ? webUtils.getPathForFile(file) : '');

contextBridge.exposeInMainWorld('touchstone', createApi(ipcRenderer, process.platform, pathOf));

window.addEventListener('click', (event) => {
  const address = clickedWebLink(event);
  if (address === null) return;
  event.preventDefault();
  ipcRenderer.send(CHANNELS.external, address);
});

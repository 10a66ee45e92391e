import { contextBridge, ipcRenderer } from 'electron';
import { createApi } from './api.ts';
import { CHANNELS } from './channels.ts';
import { clickedWebLink } from './links.ts';
import type { Click } from './links.ts';

/** The one thing of the page's window that is used here; the program's own code is compiled without browser types. */
declare const window: {
  addEventListener(type: 'click', listener: (event: Click & { preventDefault(): void }) => void): void;
};

contextBridge.exposeInMainWorld('touchstone', createApi(ipcRenderer, process.platform));

window.addEventListener('click', (event) => {
  const address = clickedWebLink(event);
  if (address === null) return;
  event.preventDefault();
  ipcRenderer.send(CHANNELS.external, address);
});

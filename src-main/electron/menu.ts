import { Menu } from 'electron';
import type { MenuItemConstructorOptions } from 'electron';

/** What the menu does besides Electron's own roles. */
export interface MenuActions {
  /** Shows a place of the interface, by its route. */
  goTo(route: string): void;
  openDataFolder(): void;
}

/**
 * The application menu. Reload and the developer tools are there for everybody: the page has no more rights with them
 * than without.
 */
export function setMenu(actions: MenuActions, platform: string): void {
  const mac = platform === 'darwin';
  const place = (label: string, route: string, accelerator: string): MenuItemConstructorOptions => ({
    label,
    accelerator,
    click: () => actions.goTo(route),
  });
  const template: MenuItemConstructorOptions[] = [
    ...(mac ? [{ role: 'appMenu' } as const] : []),
    {
      label: '&File',
      submenu: [
        place('&New Study', '/new', 'CmdOrCtrl+N'),
        { label: 'Open &Data Folder', click: () => actions.openDataFolder() },
        { type: 'separator' },
        mac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        place('&Home', '/', 'CmdOrCtrl+1'),
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
        { type: 'separator' },
        { role: 'reload' },
        { role: 'toggleDevTools' },
      ],
    },
    { role: 'windowMenu' },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}

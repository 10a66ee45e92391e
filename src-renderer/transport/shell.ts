/** Whether the shell around this page can open the system's dialogs: the desktop window does, a browser does not. */
export function hasDialogs(): boolean {
  return window.touchstone !== undefined;
}

/** Whether the shell around this page can open the system's dialogs: the desktop window does, a browser does not. */
export function hasDialogs(): boolean {
  return window.touchstone !== undefined;
}

/** Paths of files that were dropped; a browser gives none away. */
export function droppedPaths(files: FileList | undefined): readonly string[] {
  return [...(files ?? [])].map((file) => window.touchstone?.pathOf?.(file) ?? '').filter((path) => path !== '');
}

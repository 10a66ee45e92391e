/** The part of a DOM click event that decides. */
export interface Click {
  readonly isTrusted: boolean;
  readonly defaultPrevented: boolean;
  composedPath(): readonly unknown[];
}

/**
 * Address of the web link that a person clicked, or null. A script can call `click()` but cannot forge `isTrusted`, so
 * a page can never open the browser by itself.
 */
export function clickedWebLink(click: Click): string | null {
  if (!click.isTrusted || click.defaultPrevented) return null;
  for (const node of click.composedPath()) {
    if (typeof node !== 'object' || node === null || !('tagName' in node) || node.tagName !== 'A') continue;
    return 'href' in node && typeof node.href === 'string' && node.href.startsWith('https:') ? node.href : null;
  }
  return null;
}

import type { WorkbenchFailure } from '../workbench/contract/contract.ts';
import { CHANNELS } from './channels.ts';

export type CallResult =
  { readonly ok: true; readonly output: unknown } | { readonly ok: false; readonly failure: WorkbenchFailure };

/** What the page gets as `window.touchstone`, and all it gets. */
export interface TouchstoneApi {
  call(operation: string, input: unknown): Promise<CallResult>;
  subscribe(listener: (event: unknown) => void): () => void;
  readonly platform: string;
  /** Where a file lies that was dropped on the page; '' for one that lies nowhere. */
  pathOf?(file: unknown): string;
}

/** The part of Electron's ipcRenderer that is used. */
export interface RendererIpc {
  invoke(channel: string, ...args: unknown[]): Promise<CallResult>;
  on(channel: string, listener: (event: unknown, ...args: unknown[]) => void): unknown;
}

/**
 * Builds the surface of the page. It names no operation: main parses every call by the contract. Listeners are kept
 * here, so that the page never holds a function that reaches ipcRenderer.
 */
export function createApi(ipc: RendererIpc, platform: string, pathOf?: (file: unknown) => string): TouchstoneApi {
  const listeners = new Set<(event: unknown) => void>();
  ipc.on(CHANNELS.event, (_event, workbenchEvent) => {
    for (const listener of listeners) listener(workbenchEvent);
  });
  return {
    call: (operation, input) => ipc.invoke(CHANNELS.call, operation, input),
    subscribe(listener) {
      // Wrapped, so that the same function subscribed twice is two subscriptions.
      const own = (event: unknown): void => listener(event);
      listeners.add(own);
      return () => {
        listeners.delete(own);
      };
    },
    platform,
    ...(pathOf === undefined ? {} : { pathOf }),
  };
}

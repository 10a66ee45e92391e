import type { WorkbenchEvent, WorkbenchFailure } from '../src-main/workbench/contract/contract.ts';

/**
 * What the Electron preload exposes, exactly. Inputs and outputs are structured-clonable and parsed in the main
 * process.
 */
export interface TouchstoneBridge {
  call(
    operation: string,
    input: unknown,
  ): Promise<{ ok: true; output: unknown } | { ok: false; failure: WorkbenchFailure }>;
  subscribe(listener: (event: WorkbenchEvent) => void): () => void;
  platform: string;
  pathOf?(file: File): string;
}

declare global {
  interface Window {
    readonly touchstone?: TouchstoneBridge;
  }
}

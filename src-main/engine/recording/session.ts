import { createRequire } from 'node:module';
import type { TensorData } from '../types.ts';
import { encodeGraph, encodeSessionConfig, type GraphNode, type SessionOptions } from './graphdef.ts';

/** The surface of `native/session.cc`. */
interface SessionAddon {
  open(config: Uint8Array): object;
  extend(session: object, graph: Uint8Array): void;
  prepare(session: object, feeds: readonly string[], fetches: readonly string[], targets: readonly string[]): object;
  run(
    call: object,
    values: readonly TensorData[],
    shapes: readonly (readonly number[])[],
  ): { data: TensorData; shape: number[] }[];
  close(session: object): void;
  version(): string;
  operations(): string[];
}

/** A value for a placeholder. */
export interface FedValue {
  readonly data: TensorData;
  readonly shape: readonly number[];
}

/** A prepared call: values in the order of its feeds, results in the order of its fetches. */
export type GraphCall = (
  values: readonly FedValue[],
) => { readonly data: TensorData; readonly shape: readonly number[] }[];

/** One native TensorFlow session whose graph grows; variables are shared by name by everything in it. */
export interface GraphSession {
  extend(nodes: readonly GraphNode[]): void;
  prepare(feeds: readonly string[], fetches: readonly string[], targets: readonly string[]): GraphCall;
  close(): void;
  readonly tensorflow: string;
}

const loadAddon = (path: string): SessionAddon => createRequire(import.meta.url)(path);

/** Those operations of `native/operations.cc` that graphs of this addon's sessions may have, on this processor. */
export const ownOperations = (addonPath: string): ReadonlySet<string> => new Set(loadAddon(addonPath).operations());

/**
 * Opens a session through the addon at `addonPath` (built from `native/` during provisioning). Throws what TensorFlow
 * says when the configuration is refused.
 */
export function openGraphSession(addonPath: string, options: SessionOptions): GraphSession {
  const addon = loadAddon(addonPath);
  const session = addon.open(encodeSessionConfig(options));
  return {
    tensorflow: addon.version(),
    extend: (nodes) => addon.extend(session, encodeGraph(nodes)),
    prepare(feeds, fetches, targets) {
      const call = addon.prepare(session, feeds, fetches, targets);
      return (values) =>
        addon.run(
          call,
          values.map((v) => v.data),
          values.map((v) => v.shape),
        );
    },
    close: () => addon.close(session),
  };
}

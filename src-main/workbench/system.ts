import os from 'node:os';
import type { SystemInfo } from './contract/contract.ts';
import type { BackendChoice } from './planning.ts';

export interface SystemParts {
  readonly version: string;
  readonly dataFolder: string;
  readonly readOnly: string | null;
  /** Best first. */
  readonly backends: readonly BackendChoice[];
  /** Places on a backend. */
  readonly capacity: (backend: string) => number;
}

/** The machine and the program, as every shell shows them. */
export function systemInfo({ version, dataFolder, readOnly, backends, capacity }: SystemParts): SystemInfo {
  const backend = backends.find(({ available }) => available)?.name ?? 'none';
  return {
    version,
    dataFolder,
    node: process.versions.node,
    platform: `${os.platform()} ${os.arch()} ${os.release()}`,
    cpu: os.cpus()[0]?.model ?? 'unknown',
    cores: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    backend,
    backends: backends.map(({ name, available, reason }) => ({ name, available, reason })),
    workers: capacity(backend),
    readOnly,
  };
}

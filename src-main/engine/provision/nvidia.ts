import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Surroundings } from './layout.ts';

/** Whether TensorFlow is to be provisioned with CUDA: where there is a driver, or where a person asks for it (TOUCHSTONE_CUDA=1). */
export const wantsCuda = (where: Pick<Surroundings, 'env' | 'platform'>): boolean => where.env['TOUCHSTONE_CUDA'] === '1' || nvidiaDriver(where) !== null;

/** The version of the NVIDIA driver that this machine has loaded, or null. Reads files only, so it costs nothing at start. */
export function nvidiaDriver(where: Pick<Surroundings, 'env' | 'platform'>, root = '/'): string | null {
  if (where.env['TOUCHSTONE_NO_GPU'] || where.platform !== 'linux') return null;
  const version = join(root, 'proc/driver/nvidia/version');
  if (existsSync(version)) return /Kernel Module(?: for \S+)?\s+(\S+)/.exec(readFileSync(version, 'utf8'))?.[1] ?? 'unknown';
  // WSL 2 has no kernel module of its own, only the host's device.
  return existsSync(join(root, 'dev/dxg')) && existsSync(join(root, 'usr/lib/wsl/lib/libcuda.so.1')) ? 'of the Windows host' : null;
}

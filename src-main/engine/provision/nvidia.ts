import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Surroundings } from './layout.ts';

/**
 * Whether TensorFlow is to be provisioned with CUDA: where there is a driver, or where a person asks for it
 * (TOUCHSTONE_CUDA=1).
 */
export const wantsCuda = (where: Pick<Surroundings, 'env' | 'platform'>): boolean =>
  where.env['TOUCHSTONE_CUDA'] === '1' || nvidiaDriver(where) !== null;

/**
 * The version of the NVIDIA driver that this machine has loaded, or null. Reads files only, so it costs nothing at
 * start.
 */
export function nvidiaDriver(where: Pick<Surroundings, 'env' | 'platform'>, root = '/'): string | null {
  if (where.env['TOUCHSTONE_NO_GPU'] || where.platform !== 'linux') return null;
  const version = join(root, 'proc/driver/nvidia/version');
  if (existsSync(version))
    return /Kernel Module(?: for \S+)?\s+(\S+)/.exec(readFileSync(version, 'utf8'))?.[1] ?? 'unknown';
  // WSL 2 has no kernel module of its own, only the host's device.
  return existsSync(join(root, 'dev/dxg')) && existsSync(join(root, 'usr/lib/wsl/lib/libcuda.so.1'))
    ? 'of the Windows host'
    : null;
}

/** A GPU as NVIDIA's own tool lists it. */
export interface NvidiaGpu {
  readonly name: string;
  readonly memoryBytes: number;
}

/**
 * The GPU that TensorFlow's binding uses, the last one that it may see; null where nvidia-smi is not there or does not
 * answer.
 */
export function nvidiaGpu(where: Pick<Surroundings, 'env'>): NvidiaGpu | null {
  const asked = spawnSync('nvidia-smi', ['--query-gpu=index,name,memory.total', '--format=csv,noheader,nounits'], {
    encoding: 'utf8',
    env: { ...where.env },
    timeout: 10_000,
  });
  return asked.status === 0 ? lastVisible(asked.stdout, where.env['CUDA_VISIBLE_DEVICES']) : null;
}

/** Of lines `index, name, MiB`, the last that CUDA_VISIBLE_DEVICES names, or the last at all. */
export function lastVisible(lines: string, visible: string | undefined): NvidiaGpu | null {
  const gpus = lines.split('\n').flatMap((line) => {
    const parts = /^(\d+), (.+), (\d+)$/.exec(line.trim());
    return parts === null ? [] : [{ index: parts[1], name: parts[2] ?? '', memoryBytes: Number(parts[3]) * 2 ** 20 }];
  });
  const chosen = visible
    ?.split(',')
    .map((index) => index.trim())
    .filter((index) => index !== '')
    .at(-1);
  const gpu = gpus.find(({ index }) => index === chosen) ?? gpus.at(-1);
  return gpu === undefined ? null : { name: gpu.name, memoryBytes: gpu.memoryBytes };
}

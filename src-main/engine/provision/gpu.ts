import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Surroundings } from './layout.ts';
import { probeWebGpu } from './run-probe.ts';

/** Which GPU the webgpu backend would use on this machine. */
export type GpuAnswer =
  | { readonly kind: 'adapter'; readonly name: string; readonly software: boolean }
  /** `reason`: why, and what to do, in sentences. */
  | { readonly kind: 'none'; readonly reason: string };

/**
 * Asks the drivers in a child process, some 0.1 s; where no device file of a GPU is there, not even that. Never throws.
 */
export async function findGpu(where: Surroundings, signal?: AbortSignal): Promise<GpuAnswer> {
  if (where.env['TOUCHSTONE_NO_GPU']) return { kind: 'none', reason: 'Not looked for (TOUCHSTONE_NO_GPU).' };
  if (!mayHaveGpu(where))
    return { kind: 'none', reason: 'No GPU on this machine (no render node in /dev/dri, no /dev/nvidia0).' };
  const answer = await probeWebGpu(where, signal);
  return 'problem' in answer ? { kind: 'none', reason: answer.problem } : { kind: 'adapter', ...answer };
}

/** On Linux a GPU has a device file, or a person names a driver; elsewhere only the drivers know. */
export function mayHaveGpu({ env, platform }: Pick<Surroundings, 'env' | 'platform'>, root = '/'): boolean {
  if (platform !== 'linux' || env['VK_DRIVER_FILES'] || env['VK_ICD_FILENAMES']) return true;
  const dri = join(root, 'dev', 'dri');
  return (
    (existsSync(dri) && readdirSync(dri).some((name) => name.startsWith('renderD'))) ||
    ['nvidia0', 'dxg'].some((name) => existsSync(join(root, 'dev', name)))
  );
}

import { readFileSync } from 'node:fs';
import os from 'node:os';
import { NATIVE } from '../../engine/types.ts';
import { wholeSetting } from '../environment.ts';

/** Physical cores that this process may use: hyper-threads share one arithmetic unit, and a trial fills it alone. */
export function physicalCores(): number {
  const allowed = os.availableParallelism();
  if (process.platform === 'linux') {
    const cores = new Set<string>();
    for (let cpu = 0; cpu < os.cpus().length; cpu += 1) {
      try {
        cores.add(readFileSync(`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`, 'utf8').trim());
      } catch {
        return allowed;
      }
    }
    return Math.max(1, Math.min(allowed, cores.size));
  }
  return process.arch === 'x64' && process.platform !== 'darwin' ? Math.max(1, Math.floor(allowed / 2)) : allowed;
}

/**
 * Whether trials on two backends compute on the same device: both GPU backends use the one GPU, and native learners the
 * processor.
 */
export function shareDevice(one: string, other: string): boolean {
  const isNative = one === NATIVE || other === NATIVE;
  return one === other || (onGpu(one) && onGpu(other)) || (isNative && !onGpu(one) && !onGpu(other));
}

const onGpu = (backend: string): boolean => backend === 'tensorflow-gpu' || backend === 'webgpu';

const MOST_WORKERS = 1024;

/**
 * How many trials run at once on a backend: one for each GPU (a lease), else one for each physical core, or as many as
 * TOUCHSTONE_WORKERS says. Throws WorkbenchError when that is no number.
 */
export function workersFor(backend: string, env: NodeJS.ProcessEnv = process.env): number {
  const wanted = wholeSetting('TOUCHSTONE_WORKERS', { least: 1, most: MOST_WORKERS }, env);
  return onGpu(backend) ? 1 : (wanted ?? physicalCores());
}

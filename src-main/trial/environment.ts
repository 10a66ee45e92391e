import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import type { NativeLibrary } from '../engine/native/library.ts';
import { NATIVE } from '../engine/types.ts';
import type { Engine } from '../engine/types.ts';
import type { Environment } from '../metrics/primitives.ts';

/** On what a trial ran; `native`: the library that computed it in place of the engine. */
export function environmentOf(engine: Engine, native?: NativeLibrary): Environment {
  const gpu = engine.versions['gpu'];
  return {
    backend: native === undefined ? engine.backend : NATIVE,
    numerics: native?.numerics ?? engine.numerics,
    versions: { ...engine.versions, node: process.versions.node },
    cpu: os.cpus()[0]?.model ?? 'unknown',
    gpu: gpu ?? null,
    threads:
      Number(process.env['TF_NUM_INTRAOP_THREADS'] ?? process.env['OMP_NUM_THREADS'] ?? 0) || os.availableParallelism(),
    platform: `${os.platform()} ${os.arch()} ${os.release()}`,
  };
}

/** Starts the peak anew for this trial where the system can (Linux); elsewhere it is the peak of the worker's life. */
export function resetPeakMemory(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Not Linux, or not allowed: the peak then covers the worker's earlier trials too.
  }
}

/** Most memory that the process held, in bytes. */
export function peakMemory(): number {
  try {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    if (line?.[1] !== undefined) return Number(line[1]) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}

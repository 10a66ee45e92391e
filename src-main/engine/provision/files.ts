import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { errorCode, makeFolder } from '../../base/files.ts';
import { EngineError } from '../types.ts';
import { megabytes } from './progress.ts';

/** SHA-256 of a file, in hexadecimal. */
export async function sha256(file: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash, signal ? { signal } : {});
  return hash.digest('hex');
}

const PARTIAL = /^\.partial-(\d+)-/;

/** A fresh folder beside `target` for work that is published by `publish`; its name tells the process that makes it. */
export function partialFolder(target: string): string {
  const folder = join(dirname(target), `.partial-${process.pid}-${randomUUID().slice(0, 8)}`);
  makeFolder(folder);
  return folder;
}

/** Puts a finished folder in its place in one step. What was there before (incomplete, or of another process) goes. */
export function publish(partial: string, target: string): void {
  if (existsSync(target)) {
    const old = join(dirname(target), `.partial-${process.pid}-old-${basename(target)}`);
    rmSync(old, { recursive: true, force: true });
    renameSync(target, old);
    renameSync(partial, target);
    rmSync(old, { recursive: true, force: true });
  } else renameSync(partial, target);
}

/** Removes what interrupted processes left in `folder`. */
export function sweepPartials(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const pid = PARTIAL.exec(name)?.[1];
    if (pid !== undefined && !alive(Number(pid))) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** @throws EngineError when the file system of `folder` has less than `bytes` left */
export function requireSpace(folder: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < bytes)
    throw new EngineError(
      `${folder} has ${megabytes(bavail * bsize)} left and ${megabytes(bytes)} are needed: free some ` +
        'space, or name another folder in TOUCHSTONE_CACHE.',
    );
}

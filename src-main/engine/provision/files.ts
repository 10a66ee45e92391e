import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makeFolder } from '../../base/files.ts';
import { isAlive } from '../../base/temporaries.ts';
import { EngineError } from '../types.ts';
import { megabytes } from './progress.ts';

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
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(folder, name), { recursive: true, force: true });
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

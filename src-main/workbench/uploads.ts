import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { appendFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateFile, makePrivateFolder } from '../base/files.ts';
import { LARGEST_REPORT_BYTES, tooLarge } from '../reports/reading.ts';
import { WorkbenchError } from './contract/contract.ts';

/**
 * Files that a window hands over in parts: each message stays small, and what is whole lies on the disk, where another
 * process reads it.
 */
export class Uploads {
  readonly #folder: string;
  readonly #open = new Set<string>();

  constructor(dataFolder: string) {
    this.#folder = join(dataFolder, 'uploads');
  }

  /** Removes what a Workbench before this one had left. */
  clear(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Adds a part to an upload, or begins one; answers its name. */
  async add(upload: string | null, part: string): Promise<string> {
    const name = upload ?? randomUUID();
    const path = this.#path(name);
    if (upload === null) {
      makePrivateFolder(this.#folder);
      makePrivateFile(path);
      this.#open.add(name);
    } else this.#known(name);
    const size = (await stat(path)).size + Buffer.byteLength(part);
    if (size > LARGEST_REPORT_BYTES) {
      await this.#drop(name);
      throw new WorkbenchError({ kind: 'invalid-input', message: tooLarge(size).message, remedy: null, details: null });
    }
    await appendFile(path, part);
    return name;
  }

  /** Does something with the file of an upload, which goes with it. */
  async use<T>(upload: string, work: (path: string) => Promise<T>): Promise<T> {
    this.#known(upload);
    try {
      return await work(this.#path(upload));
    } finally {
      await this.#drop(upload);
    }
  }

  async #drop(name: string): Promise<void> {
    this.#open.delete(name);
    await rm(this.#path(name), { force: true });
  }

  #known(name: string): void {
    if (!this.#open.has(name))
      throw new WorkbenchError({
        kind: 'not-found',
        message: 'There is no such upload (any more).',
        remedy: 'Choose the file again.',
        details: null,
      });
  }

  #path(name: string): string {
    return join(this.#folder, `${name}.json`);
  }
}

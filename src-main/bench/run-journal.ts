import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { makeFolder } from '../base/files.ts';

/**
 * Measurements that take minutes each, one JSON line for each as soon as it is done, so that an interrupted benchmark
 * goes on where it was. A line that is cut off, or of another form, is as good as absent.
 */
export class RunJournal<T> {
  readonly #file: string;
  readonly #schema: z.ZodType<T>;

  constructor(file: string, schema: z.ZodType<T>) {
    this.#file = file;
    this.#schema = schema;
  }

  all(): T[] {
    if (!existsSync(this.#file)) return [];
    return readFileSync(this.#file, 'utf8')
      .split('\n')
      .flatMap((line) => {
        try {
          const parsed = this.#schema.safeParse(JSON.parse(line));
          return parsed.success ? [parsed.data] : [];
        } catch {
          return [];
        }
      });
  }

  add(entry: T): void {
    makeFolder(dirname(this.#file));
    // A line of its own even after one that was cut off.
    appendFileSync(this.#file, `\n${JSON.stringify(entry)}`);
  }
}

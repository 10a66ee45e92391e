import { joinedAtMost } from '../base/shortened.ts';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';

/** What a kind of JSON file that comes with the program (`resources/`) must hold. */
export interface ResourceForm<T> {
  /** The file in words, as errors name it: `claims file of format 1`. */
  readonly name: string;
  readonly schema: z.ZodType<T>;
}

const SHOWN_PROBLEMS = 5;

/**
 * A file's content from its text. Throws with the file and, where its JSON is not of that form, the fields and what is
 * wrong with them.
 */
export function parseResource<T>(text: string, file: string, { name, schema }: ResourceForm<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${file} is not JSON; compare it with a copy from the repository`, { cause });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`);
  throw new Error(`${file} is no ${name}: ${joinedAtMost(problems, SHOWN_PROBLEMS)}`);
}

export function readResource<T>(file: string, form: ResourceForm<T>): T {
  return parseResource(readFileSync(file, 'utf8'), file, form);
}

/** The contents of all JSON files of a folder, in the order of their names. */
export function readResources<T>(folder: string, form: ResourceForm<T>): T[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => readResource(join(folder, name), form));
}

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const FIXTURES = path.join(import.meta.dirname, '..', '..', '..', 'fixtures', 'merging');

/** Reads one entry of a file of known answers after another, by its keys from the outside in. */
export function knownIn(file: string): <T>(schema: z.ZodType<T>, ...keys: readonly string[]) => T {
  const known: unknown = JSON.parse(readFileSync(path.join(FIXTURES, file), 'utf8'));
  return (schema, ...keys) => {
    let value = known;
    for (const key of keys) value = z.record(z.string(), z.unknown()).parse(value)[key];
    return schema.parse(value);
  };
}

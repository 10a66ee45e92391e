import type { z } from 'zod';

/** Reads what this browser remembered; the fallback when it is missing, of another shape or storage is denied. */
export function recall<T>(key: string, schema: z.ZodType<T>, fallback: T): T {
  try {
    const text = localStorage.getItem(`touchstone.${key}`);
    if (text === null) return fallback;
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : fallback;
  } catch {
    return fallback;
  }
}

/** Remembers a small value; a full or denied storage only means it is forgotten at the next start. */
export function remember(key: string, value: unknown): void {
  try {
    localStorage.setItem(`touchstone.${key}`, JSON.stringify(value));
  } catch {
    // Nothing depends on it.
  }
}

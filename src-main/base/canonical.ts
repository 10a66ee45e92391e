import { hash } from 'node:crypto';

/**
 * JSON with object keys sorted at every depth and no white space, so that equal values have equal text. Throws
 * TypeError for a number that JSON cannot carry (NaN, ±Infinity): it would silently become null and make two values
 * look equal.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new TypeError(`canonical JSON cannot carry ${String(value)}`);
  if (Array.isArray(value))
    return `[${value.map((item) => canonicalJson(item === undefined ? null : item)).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`).join(',')}}`;
  }
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`canonical JSON cannot carry a ${typeof value}`);
  return text;
}

/** SHA-256 in hexadecimal of text (as UTF-8) or bytes. */
export function sha256(content: string | Uint8Array): string {
  return hash('sha256', content);
}

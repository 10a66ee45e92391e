import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { claimsFile, type ClaimsFile } from '../metrics/claims.ts';

/** Every claims file of a folder (`resources/claims`), in the order of file names. Throws with the file and the field when one is not as the schema wants it. */
export function loadClaims(folder: string): ClaimsFile[] {
  return readdirSync(folder).filter((name) => name.endsWith('.json')).sort().map((name) => parseClaims(readFileSync(join(folder, name), 'utf8'), join(folder, name)));
}

/** One claims file from its text. `name` is said in errors. */
export function parseClaims(text: string, name: string): ClaimsFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${name} is not JSON; compare it with a copy from the repository`, { cause });
  }
  const parsed = claimsFile.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, 5).map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`);
  throw new Error(`${name} is no claims file of format 1: ${problems.join('; ')}`);
}

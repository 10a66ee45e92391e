import { claimsFile, type ClaimsFile } from '../metrics/claims/file.ts';
import { parseResource, readResources } from './resources.ts';

const FORM = { name: 'claims file of format 2', schema: claimsFile };

/**
 * Every claims file of a folder (`resources/claims`), in the order of file names. Throws with the file and the field
 * when one is not as the schema wants it.
 */
export function loadClaims(folder: string): ClaimsFile[] {
  return readResources(folder, FORM);
}

/** One claims file from its text. `name` is said in errors. */
export function parseClaims(text: string, name: string): ClaimsFile {
  return parseResource(text, name, FORM);
}

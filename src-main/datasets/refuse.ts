import { DatasetError } from './types.ts';

/** The four things a person needs to know about data that was refused. */
export interface Refusal {
  /** File, with the row, record or byte where known. */
  readonly where: string;
  readonly expected: string;
  readonly found: string;
  /** What to do about it, as a full sentence. */
  readonly remedy: string;
  /** See DatasetError; of the data unless said. */
  readonly of?: DatasetError['of'];
}

/** A DatasetError in the one wording that every refusal has. */
export function refusal({ where, expected, found, remedy, of = 'data' }: Refusal): DatasetError {
  return new DatasetError(`${where}: expected ${expected}, found ${found}. ${remedy}`, { of });
}

export const DOWNLOAD_AGAIN = 'Get the file again from its publisher (`touchstone data get`) or import an intact copy.';

/** An error's message, whatever was thrown. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The system's code of an input/output error (ENOENT, EACCES, …), or ''. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

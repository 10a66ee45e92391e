import { sha256OfFile } from '../base/file-hash.ts';
import { onFile } from './checkpoint.ts';

/**
 * The SHA-256 of a file that a person named, in hexadecimal. Open it first: a pipe would keep this waiting for ever.
 *
 * @throws CheckpointError where it cannot be read.
 */
export const fileHash = (path: string): Promise<string> =>
  sha256OfFile(path).catch((error: unknown) =>
    onFile(path, () => {
      throw error;
    }),
  );

import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { onFile } from './checkpoint.ts';

const PART_BYTES = 2 ** 20;

/** The SHA-256 of a file in hexadecimal. @throws CheckpointError where it cannot be read. */
export function fileHash(path: string): string {
  return onFile(path, () => {
    const hash = createHash('sha256');
    const descriptor = openSync(path, 'r');
    try {
      const part = new Uint8Array(PART_BYTES);
      for (let count = readSync(descriptor, part); count > 0; count = readSync(descriptor, part))
        hash.update(part.subarray(0, count));
    } finally {
      closeSync(descriptor);
    }
    return hash.digest('hex');
  });
}

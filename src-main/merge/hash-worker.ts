import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';

/** A thread of its own that answers the SHA-256 of files, in their order, while others read them too. */
const paths = z.array(z.string()).parse(workerData);
const buffer = new Uint8Array(4 * 2 ** 20);
for (const path of paths) {
  const hash = createHash('sha256');
  const descriptor = openSync(path, 'r');
  for (let count = readSync(descriptor, buffer); count > 0; count = readSync(descriptor, buffer))
    hash.update(buffer.subarray(0, count));
  closeSync(descriptor);
  parentPort?.postMessage({ path, sha256: hash.digest('hex') });
}

import { gunzip } from 'node:zlib';
import { errorCode, reason, refusal, DOWNLOAD_AGAIN } from '../refuse.ts';

/**
 * Bytes that are decompressed at once: with the 16 KiB that Node takes by itself MNIST's images need three times as
 * long, most of it for going from thread to thread.
 */
export const GZIP_CHUNK = 2 ** 20;

export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * The content of `bytes`: decompressed off the main thread when they are a gzip stream, else as they are. `limit`
 * bounds the decompressed size, so that a wrong or hostile file can't fill the memory.
 *
 * @throws DatasetError when the stream is truncated or corrupt, or holds more than `limit` bytes.
 */
export async function decompressed(bytes: Uint8Array, where: string, limit: number): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes;
  return new Promise((resolve, reject) => {
    gunzip(bytes, { maxOutputLength: limit, chunkSize: GZIP_CHUNK }, (error, content) => {
      if (error === null) return resolve(content);
      if (errorCode(error) === 'ERR_BUFFER_TOO_LARGE') {
        return reject(
          refusal({
            where,
            expected: `at most ${limit} bytes after decompression`,
            found: 'more',
            remedy: 'Check that this is the file of this name and of this dataset.',
          }),
        );
      }
      reject(
        refusal({
          where,
          expected: 'an intact gzip stream',
          found: `a damaged or truncated one (${reason(error)})`,
          remedy: DOWNLOAD_AGAIN,
        }),
      );
    });
  });
}

import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCifar, writeCifar } from '../../../src-main/datasets/formats/cifar.ts';
import { decompressed } from '../../../src-main/datasets/formats/gzip.ts';
import { readIdx, writeIdx } from '../../../src-main/datasets/formats/idx.ts';
import { scaledPixels } from '../../../src-main/datasets/pixels.ts';
import { refusalOf } from './tiny.ts';

describe('IDX', () => {
  it('reads what it writes, packed or not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(5), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
        async (dimensions, packed, bytes) => {
          const values = Uint8Array.from({ length: dimensions.reduce((a, b) => a * b, 1) }, () => bytes.next().value);
          const file = writeIdx({ dimensions, values });
          const content = await decompressed(packed ? gzipSync(file) : file, 'x', 10_000);
          const read = readIdx(content, dimensions.length, 'x');
          expect(read.dimensions).toEqual(dimensions);
          expect([...read.values]).toEqual([...values]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('has the layout of the published format', () => {
    // Written by hand from the format's description, not by writeIdx.
    const file = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 10, 20, 30, 40);
    expect(readIdx(file, 3, 'x')).toEqual({ dimensions: [2, 1, 2], values: Uint8Array.of(10, 20, 30, 40) });
  });

  it.each([
    ['an empty file', new Uint8Array(0), /expected an IDX header of 8 bytes, found 0 bytes/],
    ['a wrong magic number', Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), /magic 16909060 \(0x01020304\)/],
    [
      'images in place of labels',
      writeIdx({ dimensions: [1, 1, 1], values: Uint8Array.of(1) }),
      /expected a label file \(magic 2049\), found an image file \(magic 2051\).*mislabelled/,
    ],
    ['a header that ends early', Uint8Array.of(0, 0, 8, 1, 0, 0), /expected an IDX header of 8 bytes, found 6 bytes/],
    [
      'missing values',
      writeIdx({ dimensions: [5], values: Uint8Array.of(1, 2, 3, 4, 5) }).subarray(0, 11),
      /expected 5 bytes of values \(5, from the header\), found 3, the file is truncated/,
    ],
    ['too many values', Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 1, 1), /too long/],
  ])('refuses %s and says where', async (_, file, message) => {
    const refused = await refusalOf(async () => readIdx(file, 1, '/data/labels'));
    expect(refused).toMatch(message);
    expect(refused).toMatch(/^\/data\/labels: /);
  });
});

describe('gzip', () => {
  it('refuses a truncated, a damaged and an oversized stream', async () => {
    const packed = gzipSync(new Uint8Array(5000).map((_, i) => (i * 7919) % 251));
    const damaged = packed.map((byte, i) => (i === packed.length - 6 ? byte ^ 0xff : byte));
    expect(await refusalOf(() => decompressed(packed.subarray(0, packed.length - 30), 'f.gz', 10_000))).toMatch(
      /f\.gz: expected an intact gzip stream, found a damaged or truncated one/,
    );
    expect(await refusalOf(() => decompressed(damaged, 'f.gz', 10_000))).toMatch(/damaged/);
    expect(await refusalOf(() => decompressed(packed, 'f.gz', 4999))).toMatch(/at most 4999 bytes after decompression/);
  });
});

describe('CIFAR binary', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom(1, 2),
        fc.integer({ min: 0, max: 255 }),
        (rows, labelBytes, seed) => {
          const records = {
            rows,
            pixels: Uint8Array.from({ length: rows * 3072 }, (_, i) => (i * 17 + seed) % 256),
            labels: Uint8Array.from({ length: rows * labelBytes }, (_, i) => i + (seed % 7)),
          };
          expect(readCifar(writeCifar(records), labelBytes, 'x')).toEqual(records);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('takes red, green and blue planes apart', () => {
    const record = new Uint8Array(3073);
    record[0] = 7;
    record.set([11, 12], 1);
    record.set([21, 22], 1 + 1024);
    record.set([31, 32], 1 + 2048);
    const { rows, labels, pixels } = readCifar(record, 1, 'x');
    expect([rows, labels[0]]).toEqual([1, 7]);
    expect([...pixels.subarray(0, 6)]).toEqual([11, 21, 31, 12, 22, 32]);
  });

  it.each([0, 3072, 3074, 2 * 3073 - 1])('refuses %i bytes', async (length) => {
    expect(await refusalOf(async () => readCifar(new Uint8Array(length), 1, 'b.bin'))).toMatch(
      new RegExp(`b\\.bin: expected a whole number of records of 3073 bytes, found ${length} bytes`),
    );
  });
});

it('pixels become the nearest float32 of value / 255', () => {
  const pixels = scaledPixels(Uint8Array.from({ length: 256 }, (_, i) => i));
  expect([...pixels]).toEqual(Array.from({ length: 256 }, (_, i) => Math.fround(i / 255)));
});

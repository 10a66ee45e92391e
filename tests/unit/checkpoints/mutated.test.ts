import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../src-main/checkpoints/checkpoint.ts';
import { CheckpointError } from '../../../src-main/checkpoints/error.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';
import type { Stream } from '../../../src-main/engine/random/streams.ts';
import { fileOf } from './files.ts';
import { temporaryFolder } from '../../fixtures/fake-workbench.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const SOUND = {
  __metadata__: { format: 'pt' },
  'a.weight': { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
  'a.bias': { dtype: 'BF16', shape: [3], data_offsets: [24, 30] },
  steps: { dtype: 'I64', shape: [], data_offsets: [30, 38] },
};
const BYTES = 38;

const STRANGE: readonly unknown[] = [
  null,
  true,
  -1,
  0.5,
  1e300,
  2 ** 53,
  '',
  'F32',
  [],
  {},
  [1, 2, 3],
  [-1],
  [[1]],
  'x'.repeat(5000),
  '__proto__',
  [0, 0],
];

/** A header that is JSON still, with one value, name or list changed somewhere. */
function changedHeader(random: Stream): string {
  const header: Record<string, unknown> = structuredClone(SOUND);
  const names = Object.keys(header);
  const name = names[random.integer(names.length)];
  const value = STRANGE[random.integer(STRANGE.length)];
  const entry = header[name];
  const kind = random.integer(5);
  if (kind === 0) header[name] = value;
  else if (kind === 1) header[String(value)] = entry;
  else if (kind === 2) Reflect.deleteProperty(header, name);
  else if (typeof entry === 'object' && entry !== null) {
    const fields = Object.keys(entry);
    const field = fields[random.integer(fields.length)];
    const old: unknown = Reflect.get(entry, field);
    if (kind === 3 || !Array.isArray(old)) Reflect.set(entry, field, value);
    else Reflect.set(entry, field, [...old, random.integer(60)].slice(random.integer(2)));
  }
  return JSON.stringify(header);
}

/** A sound file with bytes turned over, cut off, doubled or put in. */
function changedBytes(random: Stream): Buffer {
  const sound = fileOf(SOUND, new Uint8Array(BYTES));
  const from = random.integer(sound.length);
  const kind = random.integer(4);
  if (kind === 0) return sound.subarray(0, from);
  if (kind === 1) return Buffer.concat([sound.subarray(0, from), sound.subarray(random.integer(sound.length))]);
  const changed = Buffer.from(sound);
  const count = 1 + random.integer(4);
  // Half of them in the first bytes, which say how long the header is.
  for (let i = 0; i < count; i += 1) changed[kind === 2 ? random.integer(8) : from] = random.integer(256);
  return changed;
}

describe('2,000 files, each changed in one way, half of them with a header that is JSON', () => {
  it('are read, or refused by a sentence that names the file', () => {
    const path = join(folder.path, 'changed.safetensors');
    const random = stream(0, 'mutated safetensors');
    let refused = 0;
    for (let count = 0; count < 2000; count += 1) {
      const file = count % 2 === 0 ? fileOf(changedHeader(random), new Uint8Array(BYTES)) : changedBytes(random);
      writeFileSync(path, file);
      try {
        openCheckpoint(path).close();
      } catch (error) {
        if (!(error instanceof CheckpointError) || !error.message.includes(path)) throw error;
        refused += 1;
      }
    }
    // Bytes of the tensors themselves may be anything.
    expect(refused).toBeGreaterThan(1500);
    expect(refused).toBeLessThan(2000);
  });
});

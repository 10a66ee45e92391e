import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { z } from 'zod';
import type { NetworkSpec } from '../engine/networks/specification.ts';
import type { JsonValue } from '../methods/contract.ts';
import { errorCode, removeTemporaries, writeFileAtomic } from '../base/files.ts';
import type { ChunkWriter } from '../base/files.ts';
import { savedCurves } from './curve-keeper.ts';
import type { SavedCurves } from './curve-keeper.ts';
import { savedMeasures } from './measure-keeper.ts';
import type { SavedMeasures } from './measure-keeper.ts';

export interface SavedArray {
  /** Resident variables and host arrays have separate name spaces. */
  readonly place: 'variable' | 'host';
  readonly name: string;
  readonly dtype: 'float32' | 'int32';
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** A model by name; its values are among the arrays. */
export interface SavedModel {
  readonly name: string;
  readonly spec: NetworkSpec;
}

export interface MeterCounts {
  readonly steps: number;
  readonly calls: number;
  readonly flops: number;
  readonly examples: number;
  readonly forwardPasses: number;
  readonly backwardPasses: number;
  readonly bytesStored: number;
}

/** Everything of a running trial that survives a kill. */
export interface Checkpoint {
  /** Id of the trial, which is the hash of all that identifies it: a checkpoint of anything else is no trial's. */
  readonly trial: string;
  readonly cursor: JsonValue;
  /** What the suite has measured so far. */
  readonly suite: JsonValue;
  readonly meter: MeterCounts;
  /** As the method said last. */
  readonly place: { readonly done: number; readonly total: number; readonly task: number | null };
  readonly curves: SavedCurves;
  /** The points that the method measured itself. */
  readonly measures: SavedMeasures;
  /** Seconds of work up to here, over all attempts. */
  readonly elapsed: number;
  readonly models: readonly SavedModel[];
  readonly arrays: readonly SavedArray[];
}

const MAGIC = Buffer.from('TSCKPT04');
const DIGEST_BYTES = 32;

const number = z.number();
/** The engine judges the layers when the network is built. */
const networkSpec = z.custom<NetworkSpec>(
  (value) => value !== null && typeof value === 'object' && 'layers' in value && 'heads' in value,
  'must be a network made of layers',
);
const header = z.object({
  trial: z.string(),
  cursor: z.json(),
  suite: z.json(),
  elapsed: number,
  place: z.object({ done: number, total: number, task: number.nullable() }),
  curves: savedCurves,
  measures: savedMeasures,
  meter: z.object({
    steps: number,
    calls: number,
    flops: number,
    examples: number,
    forwardPasses: number,
    backwardPasses: number,
    bytesStored: number,
  }),
  models: z.array(z.object({ name: z.string(), spec: networkSpec })),
  arrays: z.array(
    z.object({
      place: z.enum(['variable', 'host']),
      name: z.string(),
      dtype: z.enum(['float32', 'int32']),
      shape: z.array(number),
      bytes: number,
    }),
  ),
});

/** A checkpoint file that cannot be used: what was expected and what was found. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
}

/** JSON loses NaN, ±Infinity and -0; evaluators may have measured them, and a resumed trial must see the same. */
function protect(value: JsonValue): JsonValue {
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { $number: Object.is(value, -0) ? '-0' : String(value) };
  if (value === null || typeof value !== 'object') return value;
  if (isList(value)) return value.map(protect);
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, protect(field)]));
}

function unprotect(value: JsonValue): JsonValue {
  if (value === null || typeof value !== 'object') return value;
  if (isList(value)) return value.map(unprotect);
  const entries = Object.entries(value);
  const special = entries.length === 1 ? entries[0] : undefined;
  if (special !== undefined && special[0] === '$number') return Number(special[1]);
  return Object.fromEntries(entries.map(([name, field]) => [name, unprotect(field)]));
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/**
 * Layout: magic, header length (uint32 little-endian), header (JSON), arrays in order (little-endian), SHA-256 over all
 * before it.
 */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array[] {
  const text = Buffer.from(
    JSON.stringify({
      trial: checkpoint.trial,
      cursor: protect(checkpoint.cursor),
      suite: protect(checkpoint.suite),
      elapsed: checkpoint.elapsed,
      meter: checkpoint.meter,
      place: checkpoint.place,
      curves: checkpoint.curves,
      measures: checkpoint.measures,
      models: checkpoint.models,
      arrays: checkpoint.arrays.map(({ place, name, dtype, shape, data }) => ({
        place,
        name,
        dtype,
        shape,
        bytes: data.byteLength,
      })),
    }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  const chunks: Uint8Array[] = [
    MAGIC,
    length,
    text,
    ...checkpoint.arrays.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ];
  const digest = createHash('sha256');
  for (const chunk of chunks) digest.update(chunk);
  return [...chunks, digest.digest()];
}

/** Inverse of `encodeCheckpoint`. Throws CheckpointError when the bytes are cut, changed or of another format. */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < MAGIC.length + 4 + DIGEST_BYTES)
    throw new CheckpointError(`the checkpoint is cut off: ${file.length} bytes`);
  if (!file.subarray(0, MAGIC.length).equals(MAGIC))
    throw new CheckpointError('this is not a checkpoint of this version (wrong magic)');
  const end = file.length - DIGEST_BYTES;
  if (!createHash('sha256').update(file.subarray(0, end)).digest().equals(file.subarray(end)))
    throw new CheckpointError('the checkpoint is damaged: its checksum does not match its content');
  const start = MAGIC.length + 4;
  const length = file.readUInt32LE(MAGIC.length);
  const parsed = header.parse(JSON.parse(file.toString('utf8', start, start + length)));
  let offset = start + length;
  const arrays = parsed.arrays.map((entry): SavedArray => {
    // A copy: typed arrays need an aligned start, which offsets in the file do not give.
    const raw = Uint8Array.from(file.subarray(offset, offset + entry.bytes));
    offset += entry.bytes;
    return {
      place: entry.place,
      name: entry.name,
      dtype: entry.dtype,
      shape: entry.shape,
      data: entry.dtype === 'float32' ? new Float32Array(raw.buffer) : new Int32Array(raw.buffer),
    };
  });
  if (offset !== end) throw new CheckpointError(`the checkpoint names ${offset} bytes but holds ${end}`);
  return {
    trial: parsed.trial,
    cursor: unprotect(parsed.cursor),
    suite: unprotect(parsed.suite),
    meter: parsed.meter,
    place: parsed.place,
    curves: parsed.curves,
    measures: parsed.measures,
    elapsed: parsed.elapsed,
    models: parsed.models,
    arrays,
  };
}

/** Where a trial's checkpoint is kept: the newest and, as long as the trial runs, the one before it. */
export interface CheckpointStore {
  /** Throws on failure (disk full: code ENOSPC); the checkpoint before stays usable. */
  save(checkpoint: Checkpoint): void;
  /**
   * The newest usable checkpoint of this trial, or null; `complain` hears of damaged ones, and of others' that are
   * thrown away.
   */
  load(trial: string, complain: (message: string) => void): Checkpoint | null;
  clear(): void;
}

export function fileCheckpoints(path: string, write?: ChunkWriter): CheckpointStore {
  const previous = `${path}.previous`;
  return {
    save(checkpoint) {
      writeFileAtomic(path, encodeCheckpoint(checkpoint), {
        ...(write === undefined ? {} : { write }),
        beforeRename: () => {
          if (existsSync(path)) renameSync(path, previous);
        },
      });
    },
    load(trial, complain) {
      for (const [candidate, next] of [
        [path, 'the one before it is tried'],
        [previous, 'the trial starts again'],
      ] as const) {
        if (!existsSync(candidate)) continue;
        try {
          const checkpoint = decodeCheckpoint(readFileSync(candidate));
          if (checkpoint.trial === trial) return checkpoint;
          rmSync(candidate, { force: true });
          complain(`The checkpoint belongs to trial ${checkpoint.trial.slice(0, 12)}: it was thrown away; ${next}.`);
        } catch (error) {
          complain(
            `The checkpoint could not be used (${error instanceof Error ? error.message : String(error)}); ${next}.`,
          );
        }
      }
      return null;
    },
    clear() {
      rmSync(path, { force: true });
      rmSync(previous, { force: true });
      removeTemporaries(path);
    },
  };
}

/**
 * Gives the checkpoints of a trial its present id, where it had another one when they were written. What cannot be used
 * goes.
 */
export function adoptCheckpoints(
  former: { readonly path: string; readonly trial: string },
  now: { readonly path: string; readonly trial: string },
): void {
  for (const end of ['', '.previous']) {
    const [from, to] = [`${former.path}${end}`, `${now.path}${end}`];
    if (!existsSync(from)) continue;
    if (!existsSync(to)) {
      try {
        const checkpoint = decodeCheckpoint(readFileSync(from));
        if (checkpoint.trial === former.trial)
          writeFileAtomic(to, encodeCheckpoint({ ...checkpoint, trial: now.trial }));
      } catch {
        // Damaged, or of an older form: the trial starts again.
      }
    }
    rmSync(from, { force: true });
  }
}

/** Why a checkpoint could not be written, in a sentence that says what to do. */
export function checkpointTrouble(error: unknown): string {
  const code = errorCode(error);
  const reason =
    code === 'ENOSPC' || code === 'EDQUOT'
      ? 'the disk is full: free some space'
      : code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
        ? 'the data folder cannot be written: check its permissions'
        : error instanceof Error
          ? error.message
          : String(error);
  return (
    `No checkpoint could be written (${reason}). The trial goes on; if it is interrupted it resumes ` +
    'from the checkpoint before.'
  );
}

import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { joinedAtMost, shortText } from '../base/shortened.ts';
import { CheckpointError } from './error.ts';
import { refuseForeign } from './foreign.ts';
import { headerLength, LENGTH_BYTES, named, readHeader } from './header.ts';
import type { TensorInfo } from './header.ts';

const ENDING = '.safetensors';
const INDEX_ENDING = '.safetensors.index.json';
const BRACE = 0x7b;
const LARGEST_INDEX = 100_000_000;

/** A tensor of a checkpoint, with the file that it lies in. */
export interface CheckpointTensor extends TensorInfo {
  readonly file: TensorFile;
}

/** One safetensors file, open for reading in parts. */
export class TensorFile {
  readonly path: string;
  readonly bytes: number;
  readonly tensors: readonly TensorInfo[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly #descriptor: number;

  /** @throws CheckpointError where it is not there, of another format, or damaged. */
  constructor(path: string) {
    this.path = path;
    // A pipe would keep `open` waiting for ever.
    this.#descriptor = onFile(path, () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
    try {
      const stat = fstatSync(this.#descriptor);
      if (!stat.isFile()) throw new CheckpointError(`${path} is no file.`, 'Name a safetensors file.');
      this.bytes = stat.size;
      const start = new Uint8Array(Math.min(LENGTH_BYTES + 1, stat.size));
      this.read(0, start);
      // The length of a header may look like the beginning of another format.
      if (start[LENGTH_BYTES] !== BRACE) refuseForeign(path, start);
      const header = new Uint8Array(headerLength(path, start, stat.size));
      this.read(LENGTH_BYTES, header);
      ({ tensors: this.tensors, metadata: this.metadata } = readHeader(path, header, stat.size));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Fills `into` with the bytes from a place on.
   *
   * @throws CheckpointError where the file ends before.
   */
  read(position: number, into: Uint8Array): void {
    let done = 0;
    while (done < into.length) {
      const count = onFile(this.path, () =>
        readSync(this.#descriptor, into, done, into.length - done, position + done),
      );
      if (count === 0)
        throw new CheckpointError(
          `${this.path} ends at byte ${position + done}, before its tensors do: somebody is writing it.`,
          'Wait until it is whole.',
        );
      done += count;
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** A model's tensors from one file, or from several with an index. */
export interface Checkpoint {
  readonly path: string;
  readonly files: readonly TensorFile[];
  /** By name, in the order in which they lie in the files. */
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  readonly metadata: Readonly<Record<string, string>>;
  close(): void;
}

/**
 * Opens a safetensors file, the index of a checkpoint in several files, or a folder that holds one of these.
 *
 * @throws CheckpointError with a sentence on what is wrong with it, and where.
 */
export function openCheckpoint(given: string): Checkpoint {
  const path = isFolder(given) ? checkpointIn(given) : given;
  return path.endsWith('.json') ? openShards(path) : checkpointOf(path, [new TensorFile(path)]);
}

function checkpointOf(path: string, files: readonly TensorFile[]): Checkpoint {
  const tensors = files.flatMap((file) => file.tensors.map((tensor) => [tensor.name, { ...tensor, file }] as const));
  const close = (): void => files.forEach((file) => file.close());
  if (tensors.length === 0) {
    close();
    throw new CheckpointError(`${path} holds no tensors.`);
  }
  return { path, files, tensors: new Map(tensors), metadata: files[0]?.metadata ?? {}, close };
}

/** The one checkpoint in a folder: its index, else its only safetensors file. */
function checkpointIn(folder: string): string {
  const names = onFile(folder, () => readdirSync(folder)).filter((name) => !name.startsWith('.'));
  const indices = names.filter((name) => name.endsWith(INDEX_ENDING));
  const found = indices.length > 0 ? indices : names.filter((name) => name.endsWith(ENDING));
  if (found.length === 1) return join(folder, found[0]);
  throw new CheckpointError(
    found.length === 0
      ? `The folder ${folder} holds no safetensors file.`
      : `The folder ${folder} holds ${found.length} checkpoints: ${joinedAtMost(found.sort(), 4, ', ')}.`,
    'Name the file, or the .index.json of a checkpoint in several files.',
  );
}

function openShards(path: string): Checkpoint {
  const places = readIndex(path);
  const opened: TensorFile[] = [];
  try {
    for (const name of [...new Set(places.values())].sort()) {
      const file = join(dirname(path), name);
      if (!existsSync(file))
        throw new CheckpointError(`${path} names the file ${name}, which is not beside it.`, 'Copy it there.');
      opened.push(new TensorFile(file));
    }
    checkPlaces(path, places, opened);
    return checkpointOf(path, opened);
  } catch (error) {
    opened.forEach((file) => file.close());
    throw error;
  }
}

/** The file of every tensor, as an index says. */
function readIndex(path: string): ReadonlyMap<string, string> {
  const wrong = (what: string): CheckpointError => new CheckpointError(`${path}: ${what}`);
  if (onFile(path, () => statSync(path)).size > LARGEST_INDEX) throw wrong('it is too large to be an index.');
  let value: unknown;
  try {
    value = JSON.parse(onFile(path, () => readFileSync(path, 'utf8')));
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    throw wrong(`it is no JSON: ${shortText(error instanceof Error ? error.message : String(error), 200)}.`);
  }
  const map = typeof value === 'object' && value !== null && 'weight_map' in value ? value.weight_map : null;
  if (typeof map !== 'object' || map === null || Array.isArray(map))
    throw wrong('it has no weight_map, so it is no index of a checkpoint in several files.');
  const entries = Object.entries(map).map(([name, file]: [string, unknown]): [string, string] => {
    if (typeof file !== 'string' || file !== basename(file) || !file.endsWith(ENDING))
      throw wrong(
        `the tensor ${named(name)} is said to be in ${shortText(JSON.stringify(file) ?? 'nothing', 80)}; a file ` +
          `beside the index that ends in ${ENDING} is meant to stand there.`,
      );
    return [name, file];
  });
  return new Map(entries);
}

/** Every tensor lies in the file that the index says, and in no other. */
function checkPlaces(path: string, places: ReadonlyMap<string, string>, files: readonly TensorFile[]): void {
  const found = new Map<string, string>();
  for (const file of files)
    for (const { name } of file.tensors) {
      const here = basename(file.path);
      const other = found.get(name);
      if (other !== undefined)
        throw new CheckpointError(`${path}: the tensor ${named(name)} lies in ${other} and in ${here}.`);
      if (places.get(name) !== here)
        throw new CheckpointError(
          `${path}: ${here} holds the tensor ${named(name)}; the index ` +
            `${places.has(name) ? `says that it is in ${String(places.get(name))}` : 'does not name it'}.`,
        );
      found.set(name, here);
    }
  for (const [name, file] of places)
    if (!found.has(name))
      throw new CheckpointError(`${path} says that ${file} holds the tensor ${named(name)}; it does not.`);
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** What the system says about a file that a person named becomes a sentence. */
export function onFile<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    const reasons: Readonly<Record<string, string>> = {
      ENOENT: 'is not there',
      EACCES: 'may not be read or written by you',
      EISDIR: 'is a folder',
      ENOSPC: 'found no more room on its disk',
    };
    const reason = reasons[String(error.code)] ?? `could not be used (${error.message})`;
    throw new CheckpointError(`${path} ${reason}.`, 'Check the path.', { cause: error });
  }
}

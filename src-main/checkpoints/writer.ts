import { closeSync, existsSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { errorCode, makeFolder, placeFile, syncFolder } from '../base/files.ts';
import { onFile } from './checkpoint.ts';
import { CheckpointError } from './error.ts';
import { LENGTH_BYTES } from './header.ts';
import { bytesOf, headerOf } from './new-header.ts';
import type { Metadata, NewTensor } from './new-header.ts';

export interface WriterOptions {
  /** Replace what has the name already. */
  readonly force: boolean;
  /** As many bytes of tensors in one file at most; all in one file where it is null. */
  readonly shardBytes: number | null;
}

interface Part {
  readonly target: string;
  readonly temporary: string;
  readonly tensors: readonly NewTensor[];
  /** Of the header with what aligns it, without its length. */
  readonly headerBytes: number;
  readonly descriptor: number;
  isOpen: boolean;
  position: number;
}

/**
 * Writes a checkpoint tensor by tensor: into temporary files beside it, which get their names when all of it is on the
 * disk. So a reader sees the whole of it or nothing. A checkpoint of several files gets an index, last of all.
 */
export class CheckpointWriter {
  readonly #target: string;
  readonly #options: WriterOptions;
  readonly #parts: readonly Part[];
  bytesWritten = 0;
  readonly #queue: { part: Part; tensor: NewTensor; left: number }[];

  /**
   * @param tensors everything that will be written, in this order.
   * @param metadata what the header will say; `finish` may give other values that are as long.
   * @throws CheckpointError where the file is there already, or cannot be made.
   */
  constructor(target: string, tensors: readonly NewTensor[], metadata: Metadata, options: WriterOptions) {
    this.#target = target;
    this.#options = options;
    checkTarget(target, options);
    onFile(dirname(target), () => makeFolder(dirname(target)));
    removeAbandoned(target);
    const groups = shardsOf(tensors, options.shardBytes);
    const opened: Part[] = [];
    try {
      for (const [index, group] of groups.entries())
        opened.push(openPart(target, group, metadata, index, groups.length));
    } catch (error) {
      opened.forEach(discard);
      throw error;
    }
    this.#parts = opened;
    this.#queue = opened.flatMap((part) => part.tensors.map((tensor) => ({ part, tensor, left: bytesOf(tensor) })));
    this.#skipEmpty();
  }

  /** The next bytes of the tensors in their order; those of one tensor may come in several calls. */
  append(name: string, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const next = this.#queue.at(0);
    if (next?.tensor.name !== name || next.left < bytes.length)
      throw new Error(`${bytes.length} bytes of ${name} were given where ${next?.tensor.name ?? 'nothing'} is due.`);
    writeAt(next.part, bytes, next.part.position);
    next.part.position += bytes.length;
    next.left -= bytes.length;
    this.bytesWritten += bytes.length;
    this.#skipEmpty();
  }

  /** Gives the files their names; answers them, the index last. */
  finish(metadata: Metadata): readonly string[] {
    const [due] = this.#queue;
    if (due !== undefined) throw new Error(`The tensor ${due.tensor.name} was not written.`);
    for (const part of this.#parts) {
      const header = headerOf(part.tensors, metadata);
      if (header.length > part.headerBytes) throw new Error('The header has become longer than was left for it.');
      const length = new Uint8Array(LENGTH_BYTES);
      new DataView(length.buffer).setBigUint64(0, BigInt(part.headerBytes), true);
      writeAt(part, Buffer.concat([length, header, Buffer.alloc(part.headerBytes - header.length, ' ')]), 0);
      onFile(part.target, () => fsyncSync(part.descriptor));
      close(part);
    }
    for (const { temporary, target } of this.#parts) this.#name(temporary, target);
    const files = this.#parts.map(({ target }) => target);
    if (files.length > 1) files.push(this.#writeIndex());
    syncFolder(dirname(this.#target));
    return files;
  }

  /** Leaves nothing behind. */
  abort(): void {
    this.#parts.forEach(discard);
  }

  #skipEmpty(): void {
    while (this.#queue[0]?.left === 0) this.#queue.shift();
  }

  #name(temporary: string, target: string): void {
    try {
      if (this.#options.force) renameSync(temporary, target);
      else placeFile(temporary, target);
    } catch (error) {
      if (errorCode(error) === 'EEXIST') throw isThere(target);
      throw error;
    } finally {
      rmSync(temporary, { force: true });
    }
  }

  #writeIndex(): string {
    const target = `${this.#target}.index.json`;
    const places = this.#parts.flatMap((part) =>
      part.tensors.map(({ name }) => [name, basename(part.target)] as const),
    );
    const total = this.#parts.flatMap(({ tensors }) => tensors).reduce((sum, tensor) => sum + bytesOf(tensor), 0);
    const map = `{\n${places.map(([name, file]) => `    ${JSON.stringify(name)}: ${JSON.stringify(file)}`).join(',\n')}\n  }`;
    const text = `{\n  "metadata": { "total_size": ${total} },\n  "weight_map": ${map}\n}\n`;
    const temporary = temporaryName(target);
    const descriptor = onFile(target, () => openSync(temporary, 'wx'));
    writeSync(descriptor, text);
    fsyncSync(descriptor);
    closeSync(descriptor);
    this.#name(temporary, target);
    return target;
  }
}

/** The files that a checkpoint of this name would be: itself, and the index of one in several files. */
export function checkTarget(target: string, { force, shardBytes }: WriterOptions): void {
  if (!target.endsWith('.safetensors'))
    throw new CheckpointError(`${target} does not end in .safetensors, which is what is written.`);
  const index = `${target}.index.json`;
  // Beside a file in one piece an index would be read in its place, and the other way round.
  const other = shardBytes === null ? index : target;
  if (existsSync(other))
    throw new CheckpointError(
      `${other} is there, and programs would read it in place of the result.`,
      'Remove it, or choose another name or folder.',
    );
  const own = shardBytes === null ? target : index;
  if (!force && existsSync(own)) throw isThere(own);
}

const isThere = (file: string): CheckpointError =>
  new CheckpointError(
    `${file} is there already, and nothing was overwritten.`,
    'Choose another name, or replace it with --force.',
  );

function openPart(
  target: string,
  tensors: readonly NewTensor[],
  metadata: Metadata,
  index: number,
  count: number,
): Part {
  const shard = `-${String(index + 1).padStart(5, '0')}-of-${String(count).padStart(5, '0')}.safetensors`;
  const own = count === 1 ? target : target.replace(/\.safetensors$/, shard);
  const length = headerOf(tensors, metadata).length;
  // Tensors begin at a place that eight divides.
  const headerBytes = Math.ceil((LENGTH_BYTES + length) / 8) * 8 - LENGTH_BYTES;
  const temporary = temporaryName(own);
  const descriptor = onFile(own, () => openSync(temporary, 'wx'));
  return {
    target: own,
    temporary,
    tensors,
    headerBytes,
    descriptor,
    isOpen: true,
    position: LENGTH_BYTES + headerBytes,
  };
}

/** Once: the number of a closed file may be another's. */
function close(part: Part): void {
  if (part.isOpen) closeSync(part.descriptor);
  part.isOpen = false;
}

function discard(part: Part): void {
  close(part);
  rmSync(part.temporary, { force: true });
}

/** Tensors in their order, cut where the next one would be too much; one that is larger lies alone. */
function shardsOf(tensors: readonly NewTensor[], most: number | null): readonly (readonly NewTensor[])[] {
  const shards: NewTensor[][] = [[]];
  let bytes = 0;
  for (const tensor of tensors) {
    if (most !== null && bytes > 0 && bytes + bytesOf(tensor) > most) {
      shards.push([]);
      bytes = 0;
    }
    shards.at(-1)?.push(tensor);
    bytes += bytesOf(tensor);
  }
  return shards;
}

function writeAt({ descriptor, target }: Part, bytes: Uint8Array, position: number): void {
  let done = 0;
  while (done < bytes.length)
    done += onFile(target, () => writeSync(descriptor, bytes, done, bytes.length - done, position + done));
}

const temporaryName = (target: string): string =>
  join(dirname(target), `.${basename(target)}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`);

/** What writers of this name left behind that were killed in the middle. */
function removeAbandoned(target: string): void {
  const stem = `.${basename(target, '.safetensors')}`;
  for (const name of readdirSync(dirname(target))) {
    const [, writer] = /\.(\d+)-[0-9a-f]{8}\.tmp$/.exec(name) ?? [];
    if (writer === undefined || !name.startsWith(stem) || !name.includes('.safetensors') || isAlive(Number(writer)))
      continue;
    rmSync(join(dirname(target), name), { force: true });
  }
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

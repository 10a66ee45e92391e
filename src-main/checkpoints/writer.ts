import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { errorCode, makeFolder, placeFile, syncFolder, temporaryName } from '../base/files.ts';
import { removeAbandoned } from '../base/temporaries.ts';
import { onFile } from './checkpoint.ts';
import { CheckpointError } from './error.ts';
import { beginningOf, bytesOf } from './new-header.ts';
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
  /** Where its tensors begin. */
  readonly dataStart: number;
  readonly descriptor: number;
  isOpen: boolean;
  position: number;
}

const ENDING = '.safetensors';

/**
 * Writes a checkpoint tensor by tensor: into temporary files beside it, which get their names when all of it is on the
 * disk. So a reader sees the whole of it or nothing. A checkpoint of several files gets an index, last of all.
 */
export class CheckpointWriter {
  readonly #target: string;
  readonly #options: WriterOptions;
  readonly #parts: readonly Part[];
  readonly #index: string | null;
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
    const { parts, index } = checkedNames(target, tensors, options);
    onFile(dirname(target), () => makeFolder(dirname(target)));
    const stem = basename(target, ENDING);
    // Also the results of steps before, whose names begin with another dot.
    removeAbandoned(dirname(target), (name) => name.replace(/^\.+/, '').startsWith(stem) && name.includes(ENDING));
    this.#index = index;
    const opened: Part[] = [];
    try {
      for (const part of parts) opened.push(openPart(part, metadata));
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
      const beginning = beginningOf(part.tensors, metadata, part.dataStart);
      if (beginning.length > part.dataStart) throw new Error('The header has become longer than was left for it.');
      writeAt(part, beginning, 0);
      onFile(part.target, () => fsyncSync(part.descriptor));
      close(part);
    }
    for (const { temporary, target } of this.#parts) this.#name(temporary, target);
    const files = this.#parts.map(({ target }) => target);
    if (this.#index !== null) files.push(this.#writeIndex(this.#index));
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

  #writeIndex(target: string): string {
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

/** The files that a checkpoint will be, and the one that programs would read in its place. */
interface CheckpointNames {
  readonly parts: readonly { readonly target: string; readonly tensors: readonly NewTensor[] }[];
  /** Null where it is a single file. */
  readonly index: string | null;
  readonly rival: string;
}

function namesOf(target: string, tensors: readonly NewTensor[], most: number | null): CheckpointNames {
  const shards = shardsOf(tensors, most);
  const index = `${target}.index.json`;
  if (shards.length === 1) return { parts: [{ target, tensors }], index: null, rival: index };
  const digits = (count: number): string => String(count).padStart(5, '0');
  const stem = target.slice(0, -ENDING.length);
  const parts = shards.map((shard, at) => ({
    target: `${stem}-${digits(at + 1)}-of-${digits(shards.length)}${ENDING}`,
    tensors: shard,
  }));
  return { parts, index, rival: target };
}

/**
 * The files that a checkpoint of these tensors will be, the index last.
 *
 * @throws CheckpointError where one is there already, or another that would be read in its place.
 */
export function filesOf(target: string, tensors: readonly NewTensor[], options: WriterOptions): readonly string[] {
  if (!target.endsWith(ENDING))
    throw new CheckpointError(`${target} does not end in ${ENDING}, which is what is written.`);
  const { parts, index } = checkedNames(target, tensors, options);
  return [...parts.map((part) => part.target), ...(index === null ? [] : [index])];
}

function checkedNames(target: string, tensors: readonly NewTensor[], options: WriterOptions): CheckpointNames {
  const names = namesOf(target, tensors, options.shardBytes);
  const { parts, index, rival } = names;
  if (existsSync(rival))
    throw new CheckpointError(
      `${rival} is there, and programs would read it in place of the result.`,
      'Remove it, or choose another name or folder.',
    );
  const taken = [...(index === null ? [] : [index]), ...parts.map((part) => part.target)].find((file) =>
    existsSync(file),
  );
  if (!options.force && taken !== undefined) throw isThere(taken);
  return names;
}

const isThere = (file: string): CheckpointError =>
  new CheckpointError(
    `${file} is there already, and nothing was overwritten.`,
    'Choose another name, or replace it with --force.',
  );

function openPart({ target, tensors }: CheckpointNames['parts'][number], metadata: Metadata): Part {
  const dataStart = beginningOf(tensors, metadata).length;
  const temporary = temporaryName(target);
  const descriptor = onFile(target, () => openSync(temporary, 'wx'));
  return { target, temporary, tensors, dataStart, descriptor, isOpen: true, position: dataStart };
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

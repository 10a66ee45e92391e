import { joinedAtMost, shortText } from '../base/shortened.ts';
import { DTYPES, isDtype } from './dtypes.ts';
import type { Dtype } from './dtypes.ts';
import { CheckpointError } from './error.ts';

/** A tensor as the header of a safetensors file describes it. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly entries: number;
  readonly bytes: number;
  /** Where its first byte lies in the file. */
  readonly begin: number;
}

export interface SafetensorsHeader {
  /** In the order in which they lie in the file. */
  readonly tensors: readonly TensorInfo[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The length of the header stands in so many bytes before it. */
export const LENGTH_BYTES = 8;
/** As in the format's own library. */
const LARGEST_HEADER = 100_000_000;
const MOST_TENSORS = 100_000;
const MOST_AXES = 16;
const METADATA = '__metadata__';
const NOT_WHOLE = 'The file is damaged, was not copied to its end, or is no safetensors file. Copy or save it again.';

/** A tensor's name as it stands in a sentence. */
export const named = (name: string): string => `"${shortText(name, 120)}"`;

/**
 * The length of the header that a file with these first bytes has.
 *
 * @throws CheckpointError where it cannot be so long.
 */
export function headerLength(file: string, start: Uint8Array, fileBytes: number): number {
  if (fileBytes < LENGTH_BYTES + 2 || start.length < LENGTH_BYTES)
    throw new CheckpointError(
      `${file} has ${fileBytes} bytes; a safetensors file begins with the ${LENGTH_BYTES} bytes of its header's length.`,
      NOT_WHOLE,
    );
  const length = Number(new DataView(start.buffer, start.byteOffset, start.byteLength).getBigUint64(0, true));
  if (length + LENGTH_BYTES > fileBytes)
    throw new CheckpointError(
      `${file}: its first ${LENGTH_BYTES} bytes say that the header has ${length} bytes, and only ` +
        `${fileBytes - LENGTH_BYTES} follow.`,
      NOT_WHOLE,
    );
  if (length > LARGEST_HEADER)
    throw new CheckpointError(
      `${file}: its header has ${length} bytes; at most ${LARGEST_HEADER} are read, as the format says.`,
      NOT_WHOLE,
    );
  return length;
}

/**
 * What the header of a safetensors file says, all of it checked against itself and against the length of the file.
 *
 * @throws CheckpointError that names the file, the tensor and what is wrong with it.
 */
export function readHeader(file: string, bytes: Uint8Array, fileBytes: number): SafetensorsHeader {
  const wrong = (what: string): CheckpointError => new CheckpointError(`${file}: ${what}`, NOT_WHOLE);
  const entries = Object.entries(headerObject(bytes, wrong));
  const dataStart = LENGTH_BYTES + bytes.length;
  const dataBytes = fileBytes - dataStart;
  let metadata: Readonly<Record<string, string>> = {};
  const tensors: TensorInfo[] = [];
  for (const [name, value] of entries) {
    if (name === METADATA) metadata = checkedMetadata(value, wrong);
    else tensors.push(checkedTensor(name, value, { dataStart, dataBytes, wrong }));
  }
  tensors.sort((a, b) => a.begin - b.begin || a.bytes - b.bytes);
  checkPlaces(tensors, dataStart, dataBytes, wrong);
  return { tensors, metadata };
}

type Wrong = (what: string) => CheckpointError;

function headerObject(bytes: Uint8Array, wrong: Wrong): object {
  if (bytes[0] !== 0x7b) throw wrong('its header does not begin with {.');
  const count = occurrences(bytes, '"data_offsets"', MOST_TENSORS);
  if (count > MOST_TENSORS)
    throw wrong(`it has more than ${MOST_TENSORS} tensors; a checkpoint of so many is not read.`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw wrong('its header is no text in UTF-8.');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong(`its header is no JSON: ${shortText(error instanceof Error ? error.message : String(error), 200)}.`);
  }
  if (typeof value !== 'object' || value === null) throw wrong('its header is no JSON object.');
  if (Object.keys(value).length > MOST_TENSORS + 1)
    throw wrong(`it has more than ${MOST_TENSORS} tensors; a checkpoint of so many is not read.`);
  const twice = repeatedKey(text);
  if (twice !== null) throw wrong(`its header names ${named(twice)} twice.`);
  return value;
}

/** How often a text stands in bytes, counted until it is more than `most`. */
function occurrences(bytes: Uint8Array, text: string, most: number): number {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let count = 0;
  for (let at = buffer.indexOf(text); at >= 0 && count <= most; at = buffer.indexOf(text, at + text.length)) count += 1;
  return count;
}

const COLON = /\s*:/y;

/** A key that an object of a JSON text has twice, of which `JSON.parse` keeps the last; null where there is none. */
function repeatedKey(json: string): string | null {
  const open: (Set<string> | null)[] = [];
  for (let at = 0; at < json.length; at += 1) {
    const letter = json[at];
    if (letter === '{') open.push(new Set());
    else if (letter === '[') open.push(null);
    else if (letter === '}' || letter === ']') open.pop();
    else if (letter === '"') {
      const from = at;
      for (at += 1; json[at] !== '"'; at += 1) if (json[at] === '\\') at += 1;
      const keys = open.at(-1);
      COLON.lastIndex = at + 1;
      if (keys == null || !COLON.test(json)) continue;
      const key = String(JSON.parse(json.slice(from, at + 1)));
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return null;
}

function checkedMetadata(value: unknown, wrong: Wrong): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(`its ${METADATA} is no list of names and texts.`);
  const entries = Object.entries(value).map(([name, text]) => {
    if (typeof text !== 'string') throw wrong(`its ${METADATA} has something else than a text under ${named(name)}.`);
    return [name, text] as const;
  });
  return Object.fromEntries(entries);
}

interface TensorPlace {
  readonly dataStart: number;
  readonly dataBytes: number;
  readonly wrong: Wrong;
}

const FIELDS = ['dtype', 'shape', 'data_offsets'];

function checkedTensor(name: string, value: unknown, { dataStart, dataBytes, wrong }: TensorPlace): TensorInfo {
  const tensor = `the tensor ${named(name)}`;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(`${tensor} is not described by type, shape and place.`);
  const fields = new Map<string, unknown>(Object.entries(value));
  const missing = FIELDS.filter((field) => !fields.has(field));
  if (missing.length > 0) throw wrong(`${tensor} has no ${missing.join(' and no ')}.`);
  const extra = [...fields.keys()].filter((field) => !FIELDS.includes(field));
  if (extra.length > 0)
    throw wrong(`${tensor} has something that the format does not know: ${joinedAtMost(extra, 3)}.`);
  const dtype = fields.get('dtype');
  if (typeof dtype !== 'string' || !isDtype(dtype))
    throw wrong(
      `${tensor} has the type ${shortText(JSON.stringify(dtype), 60)}; known are ${Object.keys(DTYPES).join(', ')}.`,
    );
  const shape = numbers(fields.get('shape'));
  if (shape === null || shape.length > MOST_AXES)
    throw wrong(`${tensor} has the shape ${shown(fields.get('shape'))}: at most ${MOST_AXES} whole numbers from 0 on.`);
  const entries = shape.reduce((product, size) => product * size, 1);
  const offsets = numbers(fields.get('data_offsets'));
  if (offsets?.length !== 2)
    throw wrong(`${tensor} has the place ${shown(fields.get('data_offsets'))}: begin and end, two whole numbers.`);
  const [begin, end] = offsets;
  if (end < begin) throw wrong(`${tensor} ends at byte ${end} of the data, before it begins at ${begin}.`);
  if (end > dataBytes)
    throw wrong(`${tensor} ends at byte ${end} of the data, and the file has only ${dataBytes} of them.`);
  const bytes = entries * DTYPES[dtype];
  if (bytes !== end - begin)
    throw wrong(
      `${tensor} of type ${dtype} and shape [${shape.join(', ')}] takes ${bytes} bytes; its place has ${end - begin}.`,
    );
  return { name, dtype, shape, entries, bytes, begin: dataStart + begin };
}

const shown = (value: unknown): string => shortText(JSON.stringify(value) ?? 'nothing', 60);

function numbers(value: unknown): readonly number[] | null {
  if (!Array.isArray(value)) return null;
  const list: readonly unknown[] = value;
  const found = list.filter(
    (size): size is number => typeof size === 'number' && Number.isSafeInteger(size) && size >= 0,
  );
  return found.length === list.length ? found : null;
}

/** Tensors lie one behind another, from the header to the end of the file. */
function checkPlaces(tensors: readonly TensorInfo[], dataStart: number, dataBytes: number, wrong: Wrong): void {
  let end = dataStart;
  let before: TensorInfo | null = null;
  for (const tensor of tensors) {
    const { name, begin, bytes } = tensor;
    if (begin < end && before !== null)
      throw wrong(`the tensors ${named(before.name)} and ${named(name)} lie over each other in ${end - begin} bytes.`);
    if (begin > end)
      throw wrong(
        `${begin - end} bytes before the tensor ${named(name)} belong to no tensor, which the format forbids.`,
      );
    end = begin + bytes;
    before = tensor;
  }
  if (end !== dataStart + dataBytes)
    throw wrong(`the last ${dataStart + dataBytes - end} bytes belong to no tensor, which the format forbids.`);
}

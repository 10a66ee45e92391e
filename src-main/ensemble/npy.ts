import { unzipSync } from 'fflate';
import { reason, refusal } from '../datasets/refuse.ts';

/** Numbers of a NumPy array, row-major whatever its order in the file. */
export interface NumberArray {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

const MAGIC = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]);
const REMEDY = 'Write it again with numpy.save; arrays of numbers alone are read, of one or two dimensions.';

type Read = (view: DataView, at: number, little: boolean) => number;
/** NumPy's codes of numbers → bytes of each, and how one is read. */
const TYPES: Readonly<Record<string, { readonly bytes: number; readonly read: Read }>> = {
  f2: { bytes: 2, read: (view, at, little) => halfOf(view.getUint16(at, little)) },
  f4: { bytes: 4, read: (view, at, little) => view.getFloat32(at, little) },
  f8: { bytes: 8, read: (view, at, little) => view.getFloat64(at, little) },
  i1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  i2: { bytes: 2, read: (view, at, little) => view.getInt16(at, little) },
  i4: { bytes: 4, read: (view, at, little) => view.getInt32(at, little) },
  i8: { bytes: 8, read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  u1: { bytes: 1, read: (view, at) => view.getUint8(at) },
  u2: { bytes: 2, read: (view, at, little) => view.getUint16(at, little) },
  u4: { bytes: 4, read: (view, at, little) => view.getUint32(at, little) },
  u8: { bytes: 8, read: (view, at, little) => Number(view.getBigUint64(at, little)) },
  b1: { bytes: 1, read: (view, at) => view.getUint8(at) },
};

function halfOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

export const isNpy = (bytes: Uint8Array): boolean => MAGIC.equals(bytes.subarray(0, MAGIC.length));
export const isZip = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b;

/**
 * An array as numpy.save writes it (NEP 1), format 1 to 3. Objects are never read: they are programs.
 *
 * @throws DatasetError that names what is wrong and where.
 */
export function readNpy(bytes: Uint8Array, where: string): NumberArray {
  const wrong = (expected: string, found: string): Error => refusal({ where, expected, found, remedy: REMEDY });
  if (!isNpy(bytes) || bytes.length < 10) throw wrong('a NumPy array', 'a file that does not begin as one');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const long = view.getUint8(6) > 1;
  if (long && bytes.length < 12) throw wrong('a whole header', `${bytes.length} bytes`);
  const length = long ? view.getUint32(8, true) : view.getUint16(8, true);
  const begins = (long ? 12 : 10) + length;
  if (begins > bytes.length) throw wrong(`a header of ${length} bytes`, `${bytes.length} bytes in all`);
  const header = Buffer.from(bytes.subarray(begins - length, begins)).toString('latin1');
  const descr = /'descr':\s*'([<>|=])([a-zA-Z]\d{1,2})'/.exec(header);
  const order = /'fortran_order':\s*(True|False)/.exec(header);
  const shape = /'shape':\s*\(([\d\s,L]*)\)/.exec(header);
  if (descr === null || order === null || shape === null)
    throw wrong('a header with one type of numbers, an order and a shape', JSON.stringify(header.trim().slice(0, 120)));
  const [, byteOrder = '', code = ''] = descr;
  const type = Object.hasOwn(TYPES, code) ? TYPES[code] : undefined;
  if (type === undefined) throw wrong('floating-point or whole numbers', `the type ${byteOrder}${code}`);
  const sizes = (shape[1] ?? '').split(',').map((text) => text.replace('L', '').trim());
  const dimensions = sizes.filter((text) => text !== '').map(Number);
  if (dimensions.length < 1 || dimensions.length > 2)
    throw wrong('one or two dimensions', `${dimensions.length} (shape ${dimensions.join(' × ')})`);
  const count = dimensions.reduce((product, size) => product * size, 1);
  if (count * type.bytes !== bytes.length - begins)
    throw wrong(
      `${count * type.bytes} bytes of numbers, for the shape ${dimensions.join(' × ')}`,
      `${bytes.length - begins}`,
    );
  const [rows = 0, width = 1] = dimensions;
  const columnMajor = order[1] === 'True';
  const values = new Float64Array(count);
  for (let at = 0; at < count; at += 1) {
    const to = columnMajor ? (at % rows) * width + Math.floor(at / rows) : at;
    values[to] = type.read(view, begins + at * type.bytes, byteOrder !== '>');
  }
  return { shape: dimensions, values };
}

/** Most that the arrays of one .npz may be, unpacked. */
const UNPACKED_AT_MOST = 2 ** 30;

/**
 * The array of an .npz file (numpy.savez), by its name where there are several.
 *
 * @throws DatasetError
 */
export function readNpz(bytes: Uint8Array, name: string | null, where: string): NumberArray {
  const names: string[] = [];
  let parts: Record<string, Uint8Array>;
  try {
    parts = unzipSync(bytes, {
      filter: (file) => {
        names.push(file.name.replace(/\.npy$/, ''));
        const wanted = file.name.endsWith('.npy') && (name === null || file.name === `${name}.npy`);
        return wanted && file.originalSize <= UNPACKED_AT_MOST;
      },
    });
  } catch (error) {
    throw refusal({
      where,
      expected: 'an intact .npz file',
      found: `a damaged one (${reason(error)})`,
      remedy: 'Write it again with numpy.savez.',
    });
  }
  const found = Object.entries(parts);
  const [one] = found;
  if (one === undefined || found.length > 1)
    throw refusal({
      where,
      expected: name === null ? 'one array' : `an array "${name}"`,
      found: names.length === 0 ? 'none' : names.slice(0, 20).join(', '),
      remedy: 'Say which, as in predictions.npz:name.',
    });
  return readNpy(one[1], `${where}, array ${one[0]}`);
}

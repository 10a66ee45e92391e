import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openCheckpoint, TensorFile } from '../../../src-main/checkpoints/checkpoint.ts';
import { isFloat, narrow, widen } from '../../../src-main/checkpoints/dtypes.ts';
import { CheckpointError } from '../../../src-main/checkpoints/error.ts';
import { CheckpointWriter } from '../../../src-main/checkpoints/writer.ts';
import { f32, fileOf, writeTensors } from './files.ts';
import { temporaryFolder } from '../../fixtures/fake-workbench.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/checkpoints');
const folder = temporaryFolder();
afterAll(() => folder.remove());
const at = (name: string): string => join(folder.path, name);

/** All numbers of a tensor. */
function valuesOf(path: string, name: string): number[] {
  const checkpoint = openCheckpoint(path);
  const tensor = checkpoint.tensors.get(name);
  if (tensor === undefined || !isFloat(tensor.dtype)) throw new Error(`${name} is no tensor of floats`);
  const bytes = new Uint8Array(tensor.bytes);
  tensor.file.read(tensor.begin, bytes);
  const out = new Float32Array(tensor.entries);
  widen(tensor.dtype, bytes, out);
  checkpoint.close();
  return [...out];
}

/** The sentence with which a file is refused. */
function refusal(file: Uint8Array, name = 'wrong.safetensors'): string {
  writeFileSync(at(name), file);
  try {
    new TensorFile(at(name)).close();
    return 'it is read';
  } catch (error) {
    if (error instanceof CheckpointError) return error.message.replace(`${folder.path}/`, '');
    throw error;
  }
}

describe('numbers', () => {
  const rounding = z
    .object({ float32: z.array(z.number()), float16: z.array(z.number()), bfloat16: z.array(z.number()) })
    .parse(JSON.parse(readFileSync(join(FIXTURES, 'rounding.json'), 'utf8')));
  const float32 = new Float32Array(Uint32Array.from(rounding.float32).buffer);

  it.each([
    ['F16', rounding.float16],
    ['BF16', rounding.bfloat16],
  ] as const)('round to %s as numpy and ml_dtypes do', (dtype, wanted) => {
    expect([...new Uint16Array(narrow(dtype, float32).buffer)]).toEqual(wanted);
  });

  it.each(['F16', 'BF16'] as const)('of %s come back as they were, every pattern that is a number', (dtype) => {
    const all = Uint16Array.from({ length: 65_536 }, (_, pattern) => pattern);
    const wide = new Float32Array(all.length);
    const first = dtype === 'F16' ? 0x7c00 : 0x7f80;
    expect(widen(dtype, new Uint8Array(all.buffer), wide)).toBe(first);
    const back = new Uint16Array(narrow(dtype, wide).buffer);
    const isKept = (pattern: number): boolean =>
      (pattern & 0x7fff) <= first ? back[pattern] === pattern : Number.isNaN(wide[pattern]);
    expect(all.findIndex((pattern) => !isKept(pattern))).toBe(-1);
  });
});

describe('reading', () => {
  it("reads what the format's own library wrote", () => {
    const wanted = z
      .record(z.string(), z.array(z.number()))
      .parse(JSON.parse(readFileSync(join(FIXTURES, 'small.json'), 'utf8')));
    const path = join(FIXTURES, 'small.safetensors');
    const checkpoint = openCheckpoint(path);
    expect(checkpoint.metadata).toEqual({ format: 'pt' });
    expect([...checkpoint.tensors.keys()].sort()).toEqual(Object.keys(wanted).sort());
    expect(checkpoint.tensors.get('layer.0.weight')?.shape).toEqual([3, 2]);
    expect(checkpoint.tensors.get('steps')).toMatchObject({ dtype: 'I64', entries: 1 });
    for (const [name, values] of Object.entries(wanted))
      if (name !== 'steps') expect(valuesOf(path, name)).toEqual(values);
    checkpoint.close();
  });

  it('reads a checkpoint in several files, by its index or its folder', () => {
    mkdirSync(at('shards'));
    writeTensors(at('shards/x-1.safetensors'), { a: f32([2], [1, 2]) });
    writeTensors(at('shards/x-2.safetensors'), { b: f32([1], [3]) });
    const index = at('shards/x.safetensors.index.json');
    const weightMap = { a: 'x-1.safetensors', b: 'x-2.safetensors' };
    writeFileSync(index, JSON.stringify({ metadata: { total_size: 12 }, weight_map: weightMap }));
    expect(valuesOf(index, 'b')).toEqual([3]);
    expect(valuesOf(at('shards'), 'a')).toEqual([1, 2]);
    const wrong = (map: object): string => {
      writeFileSync(index, JSON.stringify({ weight_map: map }));
      try {
        openCheckpoint(index);
        return '';
      } catch (error) {
        return error instanceof CheckpointError ? error.message : String(error);
      }
    };
    expect(wrong({ a: 'x-1.safetensors', b: 'x-3.safetensors' })).toContain('x-3.safetensors, which is not beside it');
    expect(wrong({ a: 'x-2.safetensors', b: 'x-2.safetensors' })).toContain(
      'says that x-2.safetensors holds the tensor "a"',
    );
    expect(wrong({ a: 'x-1.safetensors', c: 'x-2.safetensors' })).toContain(
      'holds the tensor "b"; the index does not name it',
    );
    expect(wrong({ a: '../x-1.safetensors' })).toContain('a file beside the index');
    expect(wrong([])).toContain('no weight_map');
  });

  it('refuses what is no safetensors file with the line that converts it', () => {
    const line = (name: string, content: string): string => {
      writeFileSync(at(name), Buffer.from(content, 'latin1'));
      try {
        openCheckpoint(at(name));
        return '';
      } catch (error) {
        return error instanceof CheckpointError ? `${error.message} ${String(error.remedy)}` : String(error);
      }
    };
    expect(line('a model.pt', 'PK\x03\x04 and more')).toMatch(
      /checkpoint of PyTorch.*torch\.load.*'.*a model\.safetensors'$/,
    );
    expect(line('x.bin', '\x80\x02 a pickle')).toContain('weights_only=True');
    expect(line('x.ckpt', 'whatever it is')).toContain('checkpoint of PyTorch');
    expect(line('x.safetensors', 'GGUF\x03\0\0\0\0')).toMatch(/GGUF file.*GGUFReader/);
    expect(line('x.npz', 'PK\x03\x04 and more')).toContain('numpy.load');
  });
});

describe('a file that is damaged or not what it says', () => {
  const tensor = (over: object): object => ({ w: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...over } });
  const data = new Uint8Array(8);
  const two = (first: readonly number[], second: readonly number[]): object => ({
    a: { dtype: 'F32', shape: [1], data_offsets: first },
    b: { dtype: 'F32', shape: [1], data_offsets: second },
  });

  it.each<[string, Uint8Array, string]>([
    ['is empty', new Uint8Array(0), 'wrong.safetensors has 0 bytes'],
    ['has a header longer than itself', fileOf(tensor({}), data, 5000), 'say that the header has 5000 bytes, and only'],
    [
      'has a header of 2⁶³ bytes',
      Buffer.concat([Buffer.alloc(8, 0xff), Buffer.alloc(90)]),
      'say that the header has 18446',
    ],
    ['has no JSON', fileOf('{"w": [', data), 'its header is no JSON'],
    ['has a list', fileOf('[1, 2]', data), 'does not begin with {'],
    ['has a header that is not text', fileOf(`{"\\u0000${String.fromCharCode(0xd800)}": `, data), 'its header'],
    [
      'names a tensor twice',
      fileOf('{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"w" : {}}', data),
      '"w" twice',
    ],
    ['has an unknown type', fileOf(tensor({ dtype: 'F7' }), data), 'the tensor "w" has the type "F7"; known are BOOL'],
    ['has a negative size', fileOf(tensor({ shape: [-2] }), data), 'the tensor "w" has the shape [-2]'],
    ['has no shape', fileOf({ w: { dtype: 'F32', data_offsets: [0, 8] } }, data), 'the tensor "w" has no shape'],
    ['has too few bytes for a shape', fileOf(tensor({ shape: [3] }), data), '[3] takes 12 bytes; its place has 8'],
    ['is cut off', fileOf(tensor({}), data.subarray(1)), 'ends at byte 8 of the data, and the file has only 7'],
    ['ends before it begins', fileOf(tensor({ data_offsets: [8, 0] }), data), 'ends at byte 0 of the data, before'],
    ['has offsets of a text', fileOf(tensor({ data_offsets: 'x' }), data), 'the tensor "w" has the place "x"'],
    ['has tensors over each other', fileOf(two([0, 4], [2, 6]), data), '"a" and "b" lie over each other in 2 bytes'],
    [
      'has a gap',
      fileOf(two([0, 4], [8, 12]), new Uint8Array(12)),
      '4 bytes before the tensor "b" belong to no tensor',
    ],
    ['has bytes behind its tensors', fileOf(tensor({}), new Uint8Array(11)), 'the last 3 bytes belong to no tensor'],
    [
      'has numbers as metadata',
      fileOf({ __metadata__: { a: 1 }, ...tensor({}) }, data),
      'something else than a text under "a"',
    ],
    ['has an unknown field', fileOf(tensor({ stride: 1 }), data), 'does not know: stride'],
  ])('%s: is refused by name and place', (_, file, sentence) => {
    expect(refusal(file)).toContain(sentence);
  });

  it('is refused before it takes much memory where it has 10⁶ tensors', () => {
    const entry = '"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},';
    const file = fileOf(`{${entry.repeat(1_000_000)}"v":1}`, new Uint8Array(0));
    expect(refusal(file)).toContain('more than 100000 tensors');
  });
});

describe('writing', () => {
  it('puts tensors in one file or several, under their names when all is there', () => {
    const tensors = [
      { name: '10', dtype: 'F32', shape: [3] },
      { name: '2', dtype: 'BF16', shape: [2] },
      { name: 'none', dtype: 'F32', shape: [0] },
    ] as const;
    const write = (name: string, shardBytes: number | null): readonly string[] => {
      const writer = new CheckpointWriter(at(name), tensors, { hash: '000' }, { force: false, shardBytes });
      writer.append('10', narrow('F32', Float32Array.of(1, 2)));
      writer.append('10', narrow('F32', Float32Array.of(3)));
      expect(readdirSync(folder.path)).not.toContain(name);
      writer.append('2', narrow('BF16', Float32Array.of(4, 5)));
      return writer.finish({ hash: 'abc' });
    };
    expect(write('one.safetensors', null)).toEqual([at('one.safetensors')]);
    expect(readFileSync(at('one.safetensors')).readBigUInt64LE() % 8n).toBe(0n);
    const read = openCheckpoint(at('one.safetensors'));
    expect([...read.tensors.keys()].sort()).toEqual(['10', '2', 'none']);
    expect(read.metadata).toEqual({ hash: 'abc' });
    read.close();
    expect(valuesOf(at('one.safetensors'), '10')).toEqual([1, 2, 3]);
    expect(write('more.safetensors', 12).map((file) => file.replace(`${folder.path}/`, ''))).toEqual([
      'more-00001-of-00002.safetensors',
      'more-00002-of-00002.safetensors',
      'more.safetensors.index.json',
    ]);
    expect(valuesOf(at('more.safetensors.index.json'), '2')).toEqual([4, 5]);
    expect(() => write('one.safetensors', null)).toThrow('is there already, and nothing was overwritten');
    expect(readdirSync(folder.path).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('leaves nothing behind where it is given up', () => {
    const tensors = [{ name: 'w', dtype: 'F32', shape: [2] }] as const;
    const writer = new CheckpointWriter(at('given-up.safetensors'), tensors, {}, { force: false, shardBytes: null });
    writer.append('w', narrow('F32', Float32Array.of(1)));
    expect(() => writer.finish({})).toThrow('was not written');
    writer.abort();
    expect(readdirSync(folder.path).filter((name) => name.includes('given-up'))).toEqual([]);
  });
});

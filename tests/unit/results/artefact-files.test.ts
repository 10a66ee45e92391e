import { expect, test } from 'vitest';
import { mlp } from '../../../src-main/engine/networks/architectures/mlp.ts';
import type { Artefact } from '../../../src-main/methods/contract.ts';
import { packArtefact, unpackArtefact } from '../../../src-main/results/artefact-files.ts';

const odd = new Float32Array(new Uint32Array([0x7fc00001, 0x80000000, 0x00000001, 0x7f800000]).buffer);
const artefacts: readonly Artefact[] = [
  {
    kind: 'model',
    spec: mlp({ input: 2, hidden: [3], outputs: 2, init: 'he-normal' }),
    arrays: { 'dense0/kernel': odd, empty: new Float32Array(0) },
    note: 'a net',
  },
  { kind: 'arrays', arrays: { gram: Float32Array.of(1, 2, 2, 5) }, note: '' },
  {
    kind: 'samples',
    splits: {
      test: { kind: 'logits', width: 2, values: Float32Array.of(1, 2, 3, 4), rows: Int32Array.of(7, 2 ** 30 + 1) },
      validation: {
        kind: 'numbers',
        width: 1,
        values: Float32Array.of(5),
        deviations: Float32Array.of(0.5),
        rows: Int32Array.of(0),
      },
    },
    note: 'out of fold',
  },
  { kind: 'bytes', bytes: Uint8Array.of(0, 255, 7), note: 'a tree' },
];

test.each(artefacts)('$kind: what is stored is what comes back, to the bit', (artefact) => {
  const { chunks, about } = packArtefact(artefact);
  const back = unpackArtefact({ kind: artefact.kind, about, note: artefact.note }, Buffer.concat(chunks));
  expect({ ...back, bytes: undefined }).toEqual({ ...artefact, bytes: undefined });
  if (artefact.kind === 'bytes') expect([...(back.kind === 'bytes' ? back.bytes : [])]).toEqual([...artefact.bytes]);
  if (artefact.kind === 'model' && back.kind === 'model')
    expect(new Uint32Array(back.arrays['dense0/kernel']?.buffer ?? new ArrayBuffer())).toEqual(
      new Uint32Array(odd.buffer),
    );
});

test('floats are stored as before there were other numbers, so that the same network is the same file', () => {
  const header = Buffer.from(JSON.stringify([{ name: 'w', length: 1 }]));
  const { chunks } = packArtefact({ kind: 'arrays', arrays: { w: Float32Array.of(1) }, note: '' });
  expect(Buffer.concat(chunks)).toEqual(
    Buffer.concat([Buffer.from([header.length, 0, 0, 0]), header, Buffer.from([0, 0, 128, 63])]),
  );
});

test('a file that is cut off, or answers without rows, is refused', () => {
  const { chunks, about } = packArtefact(artefacts[0] ?? { kind: 'bytes', bytes: new Uint8Array(), note: '' });
  const cut = Buffer.concat(chunks).subarray(0, -4);
  expect(() => unpackArtefact({ kind: 'model', about, note: '' }, cut)).toThrow(/names .* bytes but holds/);
  const arrays = packArtefact({ kind: 'arrays', arrays: {}, note: '' });
  const asSamples = { kind: 'samples', about: '{"test":{"kind":"logits","width":1}}', note: '' } as const;
  expect(() => unpackArtefact(asSamples, Buffer.concat(arrays.chunks))).toThrow(/no values or rows of "test"/);
});

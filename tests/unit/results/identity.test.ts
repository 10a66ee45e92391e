import { describe, expect, test } from 'vitest';
import { formerSourceOf, formerTrialId } from '../../../src-main/results/former-identity.ts';
import {
  artefactIn,
  artefactReference,
  cellId,
  configurationKey,
  identityDifferences,
  originOfConfiguration,
  trialId,
  trialIn,
} from '../../../src-main/results/identity.ts';
import type { CellVersion, TrialIdentity } from '../../../src-main/results/identity.ts';

const identity: TrialIdentity = {
  suite: 'split-mnist/class-il',
  suiteVersion: 2,
  protocolHash: 'ab'.repeat(32),
  data: ['cd'.repeat(32)],
  method: 'er',
  methodVersion: 2,
  sourceHash: null,
  driver: 1,
  hyperParameters: { memory: 200, lr: 0.1, reservoir: true, kind: 'x' },
  seed: 3,
  fold: null,
  backend: 'tensorflow-cpu',
  numerics: 'recorded-6',
  artefacts: {},
};

/** Every field of an identity with another value. */
const others: readonly Partial<TrialIdentity>[] = [
  { suite: 'other' },
  { suiteVersion: 3 },
  { protocolHash: 'ba'.repeat(32) },
  { data: ['dc'.repeat(32)] },
  { data: ['cd'.repeat(32), 'cd'.repeat(32)] },
  { method: 'der' },
  { methodVersion: 1 },
  { sourceHash: '1'.repeat(64) },
  { driver: 2 },
  { hyperParameters: { ...identity.hyperParameters, memory: 201 } },
  { seed: 4 },
  { fold: 0 },
  { backend: 'wasm' },
  { numerics: 'recorded-7' },
  { artefacts: { 'member/0': '2'.repeat(64) } },
  { artefacts: { 'member/0': '3'.repeat(64) } },
  { artefacts: { 'member/0': `${'3'.repeat(64)}#gram` } },
];

describe('the id of a trial', () => {
  test('changes with every field, and a difference names it', () => {
    expect(new Set([{}, ...others].map((more) => trialId({ ...identity, ...more }))).size).toBe(others.length + 1);
    for (const more of others) expect(identityDifferences(identity, { ...identity, ...more })).toHaveLength(1);
    expect(identityDifferences(identity, { ...identity, methodVersion: 3 })).toEqual([
      { what: 'method version', first: '2', second: '3' },
    ]);
    expect(identityDifferences(identity, identity)).toEqual([]);
  });

  test('of before: as the program computed it (48ed523), with own files and artefacts of such', () => {
    expect(formerTrialId(identity)).toBe('d6df9f1ac91fbe756097df5317d8d548af4b3640d559ea49d3bad9e2d016a898');
    expect(formerTrialId({ ...identity, data: ['cd'.repeat(32), 'ef'.repeat(32)] })).toBe(
      '618404d623830550d3fbd4fecd14fd911f18b0e00625e64cb8142f7f8721a2d8',
    );
    const [first, second] = ['1'.repeat(64), '2'.repeat(64)];
    expect(formerSourceOf(undefined, [null, null])).toBeNull();
    expect(formerSourceOf(first, [null])).toBe(first);
    expect(formerSourceOf(first, [second, null, first])).toBe(formerSourceOf(first, [first, second]));
    expect(new Set([formerSourceOf(first, [second]), formerSourceOf(undefined, [first]), first]).size).toBe(3);
  });
});

describe('the identity of a cell', () => {
  const version: CellVersion = {
    suiteVersion: 2,
    protocolHash: identity.protocolHash,
    data: 'cd'.repeat(32),
    methodVersion: 2,
    sourceHash: null,
    driver: 1,
    numerics: 'recorded-6',
    artefacts: { 'member/0': 'e'.repeat(64) },
  };
  test('changes with everything but seed and fold', () => {
    const id = (more: Partial<CellVersion>, of = identity, configuration = 'c'): string =>
      cellId(of, configuration, { ...version, ...more });
    const ids = [
      id({}),
      id({ suiteVersion: 3 }),
      id({ protocolHash: 'x' }),
      id({ data: 'x' }),
      id({ methodVersion: 3 }),
      id({ sourceHash: 'x' }),
      id({ driver: 2 }),
      id({ numerics: 'recorded-7' }),
      id({ artefacts: { 'member/0': 'f'.repeat(64) } }),
      id({}, { ...identity, backend: 'wasm' }),
      id({}, { ...identity, hyperParameters: {} }),
      id({}, identity, 'c^file'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
    expect(id({}, { ...identity, seed: 9, fold: 1 })).toBe(id({}));
  });
});

test('an artefact is named by its trial alone where it is the model, so that ids of before stay', () => {
  const id = 'a'.repeat(64);
  expect([artefactReference(id), artefactReference(id, 'model'), artefactReference(id, 'snapshot/3')]).toEqual([
    id,
    id,
    `${id}#snapshot/3`,
  ]);
  for (const artefact of ['model', 'snapshot/3', 'odd#name']) {
    const reference = artefactReference(id, artefact);
    expect([trialIn(reference), artefactIn(reference)]).toEqual([id, artefact]);
  }
});

test('a configuration says in its key where it was imported from', () => {
  expect(configurationKey('er', identity.hyperParameters)).toBe('er@9ebfcdc8f068');
  const origin = { file: '1'.repeat(64), checked: false };
  const key = configurationKey('der++', { a: 1 }, origin);
  expect(key).toBe(`${configurationKey('der++', { a: 1 })}^111111111111!`);
  expect(originOfConfiguration(key)).toEqual({ file: '111111111111', checked: false });
  expect(originOfConfiguration(configurationKey('der++', { a: 1 }))).toBeNull();
});

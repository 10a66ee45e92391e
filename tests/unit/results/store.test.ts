import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packArrays, unpackArrays } from '../../../src-main/results/blobs.ts';
import { canonicalJson } from '../../../src-main/results/canonical.ts';
import { configurationKey, trialId } from '../../../src-main/results/identity.ts';
import { ResultsStore } from '../../../src-main/results/store.ts';
import { cost, environment, identity, planned, result, study } from '../../fixtures/results.ts';

let folder = '';
let store: ResultsStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-results-'));
  store = ResultsStore.open(folder);
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the identity of a trial', () => {
  it('changes with everything a result depends on, and with nothing else', () => {
    const base = trialId(identity());
    // Independent of the code: SHA-256 of the canonical JSON, made with Python's json.dumps(sort_keys=True, separators=(",", ":")) and hashlib.
    expect(trialId({ suite: 's', suiteVersion: 1, protocolHash: 'p', data: ['d'], method: 'm', methodVersion: 1, hyperParameters: { b: 0.5, a: true }, seed: 0, backend: 'wasm', numerics: 'n' })).toBe('8437d0505711ec8901cd828474c48dd407bf7093ad6ab0f3b1d56f3973d0fc54');
    const others = [
      identity({ suite: 't' }), identity({ suiteVersion: 2 }), identity({ protocolHash: 'q' }), identity({ data: ['e'] }), identity({ data: ['d', 'd'] }), identity({ method: 'n' }), identity({ methodVersion: 2 }),
      identity({ hyperParameters: { lambda: 2 } }), identity({ hyperParameters: { lambda: '1' } }), identity({ seed: 1 }), identity({ backend: 'tensorflow-cpu' }), identity({ numerics: 'n-2' }),
    ].map(trialId);
    expect(new Set([base, ...others]).size).toBe(others.length + 1);
    expect(trialId({ ...identity(), hyperParameters: { z: 1, a: 2 } })).toBe(trialId({ ...identity(), hyperParameters: { a: 2, z: 1 } }));
  });

  it('is told by canonical JSON that parses back to the same value, whatever the order of keys', () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }));
    expect(canonicalJson({ b: 1, a: [{ d: 1, c: 2 }] })).toBe('{"a":[{"c":2,"d":1}],"b":1}');
    expect(() => canonicalJson({ a: Number.NaN })).toThrow(TypeError);
  });

  it('keeps rows apart by method and values', () => {
    expect(configurationKey('m', { a: 1, b: 2 })).toBe(configurationKey('m', { b: 2, a: 1 }));
    expect(configurationKey('m', { a: 1 })).not.toBe(configurationKey('m', { a: 2 }));
  });
});

describe('results', () => {
  it('come back as they were measured, with NaN and bits', () => {
    const trial = planned();
    store.createStudy(study('one'), [trial]);
    const odd = new Float32Array([Number.NaN, -0, 1 / 3]);
    store.finish(trial.id, result({ artefact: { arrays: { w: odd, empty: new Float32Array(0) }, note: 'expert' } }), [{ id: 'acc.test', value: 0.5 }, { id: 'nll.test', value: Number.NaN }], 0.5, 2);
    const { notes, ...primitives } = store.primitives(trial.id) ?? { notes: null };
    expect(primitives).toEqual(result().primitives);
    expect(notes).toEqual(['noted']);
    expect(store.metrics(trial.id)).toEqual([{ id: 'acc.test', split: 'test', step: -1, value: 0.5 }]);
    expect(store.cost(trial.id)).toEqual(cost);
    expect(store.environment(trial.id)).toEqual(environment);
    expect(store.artefact(trial.id)?.note).toBe('expert');
    expect(new Uint8Array(store.artefact(trial.id)?.arrays['w']?.buffer ?? new ArrayBuffer(0))).toEqual(new Uint8Array(odd.buffer));
    expect(store.trial(trial.id)).toMatchObject({ state: 'done', headline: 0.5, seconds: 2, finishedAt: 2 });
  });

  it('of a trial are stored at once or not at all', () => {
    const trial = planned();
    store.createStudy(study('one'), [trial]);
    const broken = result();
    expect(() => store.finish(trial.id, { ...broken, cost: { ...cost, seconds: Number.NaN } }, [{ id: 'acc.test', value: 0.5 }], 0.5, 2)).toThrow();
    expect(store.trial(trial.id)?.state).toBe('queued');
    expect(store.metrics(trial.id)).toEqual([]);
  });

  it('drop their probabilities when asked, and keep their metrics', () => {
    const trials = [planned({ seed: 0 }), planned({ seed: 1 })];
    store.createStudy(study('one'), trials);
    trials.forEach((trial, index) => {
      const base = result();
      const test = { classes: 2, values: new Float32Array([index, 1 - index]), labels: new Int32Array([1]) };
      store.finish(trial.id, { ...base, primitives: { ...base.primitives, probabilities: { test } } }, [{ id: 'acc.test', value: 0.5 }], 0.5, index);
    });
    // The labels are one file for both trials, and stay for the newer one.
    expect(store.dropOldProbabilities(1)).toBe(1);
    expect(store.primitives(trials[0]?.id ?? '')?.probabilities).toEqual({});
    expect(store.primitives(trials[1]?.id ?? '')?.probabilities['test']?.values[0]).toBe(1);
    expect(store.metrics(trials[0]?.id ?? '')).toHaveLength(1);
  });

  it('a damaged file is noticed by its name', () => {
    const { hash } = store.blobs.put([new Uint8Array([1, 2, 3])]);
    writeFileSync(store.blobs.path(hash), 'other');
    expect(() => store.blobs.get(hash)).toThrow(/damaged/);
    expect(() => store.blobs.path('../../etc/passwd')).toThrow(/not the name/);
  });

  it('files of arrays come back', () => {
    const arrays = { 'dense1/kernel': new Float32Array([1, 2, 3]), 'ü': new Float32Array([Number.NEGATIVE_INFINITY]) };
    expect(unpackArrays(Buffer.concat(packArrays(arrays)))).toEqual(arrays);
  });
});

describe('studies', () => {
  it('share trials, and take only their own with them', () => {
    const [a, b, c] = [planned({ seed: 0 }), planned({ seed: 1 }), planned({ seed: 2 })];
    expect(store.createStudy(study('one'), [a, b])).toEqual([a.id, b.id]);
    expect(store.createStudy(study('two'), [b, c])).toEqual([c.id]);
    for (const trial of [a, b, c]) store.finish(trial.id, result({ artefact: { arrays: { w: new Float32Array([trial.identity.seed]) }, note: '' } }), [], null, 1);
    const artefact = store.artefactFile(a.id)?.path ?? '';
    expect(existsSync(artefact)).toBe(true);
    expect(store.deleteStudy('one', true)).toEqual([a.id]);
    expect(existsSync(artefact)).toBe(false);
    expect(store.trial(b.id)?.state).toBe('done');
    expect(store.primitives(b.id)?.probabilities['test']).toBeDefined();
  });

  it('keep a result whose artefact another trial needs', () => {
    const member = planned({ method: 'member' });
    const ensemble = planned({ method: 'ensemble' }, { 'member/0': member.id });
    store.createStudy(study('makes'), [{ ...member, role: 'cell' }]);
    store.createStudy(study('uses'), [member, ensemble]);
    store.finish(member.id, result(), [], null, 1);
    expect(store.needs(ensemble.id)).toEqual({ 'member/0': member.id });
    expect(store.deleteStudy('makes', true)).toEqual([]);
    expect(store.deleteStudy('uses', true).sort()).toEqual([member.id, ensemble.id].sort());
  });
});

describe('measurements', () => {
  it('follow what is finished, changed and deleted', () => {
    const [a, b] = [planned({ seed: 0 }), planned({ seed: 1 })];
    store.createStudy(study('one'), [a, b]);
    expect(store.measurements({})).toEqual([]);
    store.finish(a.id, result(), [{ id: 'acc.test', value: 0.5 }], 0.5, 1);
    expect(store.measurements({}).map(({ seed, metrics }) => [seed, metrics])).toEqual([[0, { 'acc.test': 0.5 }]]);
    expect(store.measurements({ study: 'one' }).map(({ state }) => state)).toEqual(['done', 'queued']);
    store.addMetrics(a.id, [{ id: 'intransigence.chaudhry18', value: 0.1 }]);
    expect(store.measurements({})[0]?.metrics).toEqual({ 'acc.test': 0.5, 'intransigence.chaudhry18': 0.1 });
    expect(store.measurements({ suites: ['other'] })).toEqual([]);
    expect(store.measurements({ backend: 'tensorflow-cpu' })).toEqual([]);
    store.deleteStudy('one', true);
    expect(store.measurements({})).toEqual([]);
  });
});

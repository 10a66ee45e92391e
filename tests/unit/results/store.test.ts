import { atOnce } from '../../fixtures/at-once.ts';
import { DatabaseSync } from 'node:sqlite';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packArrays, unpackArrays } from '../../../src-main/results/blobs.ts';
import { canonicalJson } from '../../../src-main/base/canonical.ts';
import { configurationKey, trialId } from '../../../src-main/results/identity.ts';
import { openDatabase } from '../../../src-main/results/database.ts';
import { MIGRATIONS } from '../../../src-main/results/migrations/index.ts';
import { CELL_COLUMNS } from '../../../src-main/metrics/records.ts';
import { ResultsStore } from '../../../src-main/results/store.ts';
import type { BoardCell } from '../../../src-main/results/types.ts';
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
    // Independent of the code: SHA-256 of the canonical JSON, made with Python's json.dumps(sort_keys=True,
    // separators=(",", ":")) and hashlib.
    expect(
      trialId({
        suite: 's',
        suiteVersion: 1,
        protocolHash: 'p',
        data: ['d'],
        method: 'm',
        methodVersion: 1,
        hyperParameters: { b: 0.5, a: true },
        seed: 0,
        backend: 'wasm',
        numerics: 'n',
        sourceHash: null,
        driver: 1,
        fold: null,
        artefacts: { 'member/0': 't' },
      }),
    ).toBe('0d0d6a4ff6f435ba6b7e178b9783d125e96733b5aee4bb74f3b1c3f083c3eab3');
    const others = [
      identity({ suite: 't' }),
      identity({ suiteVersion: 2 }),
      identity({ protocolHash: 'q' }),
      identity({ data: ['e'] }),
      identity({ data: ['d', 'd'] }),
      identity({ method: 'n' }),
      identity({ methodVersion: 2 }),
      identity({ hyperParameters: { lambda: 2 } }),
      identity({ hyperParameters: { lambda: '1' } }),
      identity({ seed: 1 }),
      identity({ backend: 'tensorflow-cpu' }),
      identity({ numerics: 'n-2' }),
    ].map(trialId);
    expect(new Set([base, ...others]).size).toBe(others.length + 1);
    expect(trialId({ ...identity(), hyperParameters: { z: 1, a: 2 } })).toBe(
      trialId({ ...identity(), hyperParameters: { a: 2, z: 1 } }),
    );
  });

  it('is told by canonical JSON that parses back to the same value, whatever the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
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
    store.finish(
      trial.id,
      result({
        artefacts: { model: { kind: 'arrays', arrays: { w: odd, empty: new Float32Array(0) }, note: 'expert' } },
      }),
      [
        { id: 'acc.test', value: 0.5 },
        { id: 'nll.test', value: Number.NaN },
      ],
      0.5,
      2,
    );
    const { notes, ...primitives } = store.primitives(trial.id) ?? { notes: null };
    expect(primitives).toEqual(result().primitives);
    expect(notes).toEqual(['noted']);
    expect(store.metrics(trial.id)).toEqual([{ id: 'acc.test', split: 'test', step: -1, value: 0.5 }]);
    expect(store.cost(trial.id)).toEqual(cost);
    expect(store.environment(trial.id)).toEqual(environment);
    const artefact = store.artefact(trial.id, 'model');
    expect(artefact?.note).toBe('expert');
    const arrays = artefact?.kind === 'arrays' ? artefact.arrays : {};
    expect(new Uint8Array(arrays['w']?.buffer ?? new ArrayBuffer(0))).toEqual(new Uint8Array(odd.buffer));
    expect(store.trial(trial.id)).toMatchObject({ state: 'done', headline: 0.5, seconds: 2, finishedAt: 2 });
  });

  it('of a trial are stored at once or not at all', () => {
    const trial = planned();
    store.createStudy(study('one'), [trial]);
    const broken = result();
    expect(() =>
      store.finish(
        trial.id,
        { ...broken, cost: { ...cost, seconds: Number.NaN } },
        [{ id: 'acc.test', value: 0.5 }],
        0.5,
        2,
      ),
    ).toThrow();
    expect(store.trial(trial.id)?.state).toBe('queued');
    expect(store.metrics(trial.id)).toEqual([]);
  });

  it('drop their probabilities when asked, and keep their metrics', () => {
    const trials = [planned({ seed: 0 }), planned({ seed: 1 })];
    store.createStudy(study('one'), trials);
    trials.forEach((trial, index) => {
      const base = result();
      const test = { classes: 2, values: new Float32Array([index, 1 - index]), labels: new Int32Array([1]) };
      store.finish(
        trial.id,
        { ...base, primitives: { ...base.primitives, probabilities: { test } } },
        [{ id: 'acc.test', value: 0.5 }],
        0.5,
        index,
      );
    });
    // The labels are one file for both trials, and stay for the newer one.
    expect(store.dropOldAnswers(1)).toBe(1);
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
    const arrays = { 'dense1/kernel': new Float32Array([1, 2, 3]), ü: new Float32Array([Number.NEGATIVE_INFINITY]) };
    expect(unpackArrays(Buffer.concat(packArrays(arrays)))).toEqual(arrays);
  });
});

describe('studies', () => {
  it('share trials, and take only their own with them', () => {
    const [a, b, c] = [planned({ seed: 0 }), planned({ seed: 1 }), planned({ seed: 2 })];
    expect(store.createStudy(study('one'), [a, b])).toEqual([a.id, b.id]);
    expect(store.createStudy(study('two'), [b, c])).toEqual([c.id]);
    for (const trial of [a, b, c])
      store.finish(
        trial.id,
        result({
          artefacts: { model: { kind: 'arrays', arrays: { w: new Float32Array([trial.identity.seed]) }, note: '' } },
        }),
        [],
        null,
        1,
      );
    const artefact = store.blobs.path(store.artefactFiles(a.id)['model']?.hash ?? '');
    expect(existsSync(artefact)).toBe(true);
    const [told, before] = [atOnce(store.deletion('one', true)), store.blobs.size()];
    expect(atOnce(store.deletion('one', false))).toMatchObject({ trials: [], bytes: 0 });
    expect(told.trials).toMatchObject([{ id: a.id, finished: true }]);
    expect(atOnce(store.deleteStudy('one', true))).toEqual([a.id]);
    expect(before - store.blobs.size()).toBe(told.bytes);
    expect(told.bytes).toBeGreaterThan(0);
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
    expect(atOnce(store.deleteStudy('makes', true))).toEqual([]);
    expect(atOnce(store.deleteStudy('uses', true)).sort()).toEqual([member.id, ensemble.id].sort());
  });
});

describe('measurements', () => {
  const column = ({ cell: { trials, values } }: BoardCell, c: number): number[] => [
    ...values.slice(c * trials.length, (c + 1) * trials.length),
  ];
  const read = (query: Parameters<ResultsStore['measurements']>[0] = {}): unknown =>
    store
      .measurements(query)
      .map((board) => [
        column(board, CELL_COLUMNS.indexOf('seed')),
        Object.fromEntries([...board.cell.metrics].map(([name, c]) => [name, column(board, c)])),
      ]);

  it('follow what is finished, changed and deleted', () => {
    const [a, b] = [planned({ seed: 1 }), planned({ seed: 0 })];
    store.createStudy(study('one'), [a, b]);
    expect(read()).toEqual([]);
    expect(store.measurements({ study: 'one' })).toMatchObject([
      { total: 2, failed: 0, unfinished: 2, cell: { trials: [] } },
    ]);
    store.finish(a.id, result(), [{ id: 'acc.test', value: 0.5 }], 0.5, 1);
    expect(read()).toEqual([[[1], { 'acc.test': [0.5] }]]);
    expect(store.measurements({ study: 'one' })).toMatchObject([
      { total: 2, unfinished: 1, cell: { trials: [a.id], hyperParameters: { lambda: 1 } } },
    ]);
    store.finish(
      b.id,
      result(),
      [
        { id: 'acc.test', value: 0.25 },
        { id: 'nll.test', value: Number.POSITIVE_INFINITY },
      ],
      0.25,
      2,
    );
    expect(read()).toEqual([[[0, 1], { 'acc.test': [0.25, 0.5], 'nll.test': [Number.POSITIVE_INFINITY, Number.NaN] }]]);
    expect(store.measurements({}).map((board) => column(board, CELL_COLUMNS.indexOf('seconds')))).toEqual([[2, 2]]);
    store.addMetrics(a.id, [{ id: 'intransigence.chaudhry18', value: 0.1 }]);
    expect(read()).toMatchObject([[[0, 1], { 'intransigence.chaudhry18': [Number.NaN, 0.1] }]]);
    expect(read({ suites: ['other'] })).toEqual([]);
    expect(read({ backend: 'tensorflow-cpu' })).toEqual([]);
    // Run again for its artefact: not finished meanwhile.
    store.setState(b.id, 'queued');
    expect(store.measurements({})[0]?.cell.trials).toEqual([a.id]);
    atOnce(store.deleteStudy('one', true));
    expect(read()).toEqual([]);
  });

  it('of a study are its own trials, where another has more seeds of the same cell', () => {
    const seeds = [0, 1, 2].map((seed) => planned({ seed }));
    store.createStudy(
      study('one'),
      seeds.slice(0, 2).map((trial) => ({ ...trial, label: 'named' })),
    );
    store.createStudy(study('two'), [...seeds, planned({ seed: 9, method: 'other' })]);
    seeds.forEach(({ id }, seed) => store.finish(id, result(), [{ id: 'acc.test', value: seed / 10 }], null, 1));
    expect(read({ study: 'one' })).toEqual([[[0, 1], { 'acc.test': [0, 0.1] }]]);
    expect(store.measurements({ study: 'one' })).toMatchObject([{ label: 'named', total: 2 }]);
    expect(
      store
        .measurements({ study: 'two' })
        .map(({ cell: { method }, total, unfinished }) => [method, total, unfinished]),
    ).toEqual([
      ['m', 3, 0],
      ['other', 1, 1],
    ]);
  });

  it('are the same from the stored cells, after a change by SQL alone, and where nothing can be written', () => {
    for (let seed = 0; seed < 4; seed++) {
      for (const method of ['m', 'n']) {
        const trial = planned({ seed, method, hyperParameters: { lambda: seed % 2 } });
        store.createStudy(study(`${method}${seed}`), [trial]);
        store.finish(trial.id, result(), [{ id: 'acc.test', value: seed / 8 }], null, 1);
      }
    }
    const before = store.measurements({});
    expect(before).toHaveLength(4);
    // A cell reads its trials' ids when it is asked for them, as long as its store is open.
    const firstTrial = before[0]?.cell.trials[0];
    expect(firstTrial).toMatch(/./);
    store.close();
    const other = new DatabaseSync(join(folder, 'results.sqlite'));
    other.exec(
      // Without their seals: a sealed trial whose rows change is damaged.
      'UPDATE trials SET checksum = NULL; UPDATE metrics SET value = value + 1 WHERE trial = 1; DELETE ' +
        "FROM trials WHERE row = 8; INSERT INTO metrics VALUES (2, 'nll.test', 'test', -1, 3)",
    );
    other.close();
    store = ResultsStore.open(folder);
    // With the ids of the trials, which a stored cell makes when it is asked for them.
    const everything = (): unknown =>
      store.measurements({}).map((board) => ({ ...board, cell: { ...board.cell, trials: [...board.cell.trials] } }));
    const after = everything();
    expect(read()).toMatchObject([
      [[0, 2], { 'acc.test': [1, 0.25] }],
      [[0, 2], { 'nll.test': [3, Number.NaN] }],
      [[1, 3], {}],
      [[1], {}],
    ]);
    store.close();
    store = ResultsStore.open(folder, { writable: () => false });
    expect(everything()).toEqual(after);
    expect(store.measurements({ study: 'm0' })).toMatchObject([{ total: 1, cell: { trials: [firstTrial] } }]);
  });

  it('are there in a folder of the schema before', () => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    const { database } = openDatabase(folder, { migrations: MIGRATIONS.slice(0, 1) });
    database.exec(`INSERT INTO trials (id, suite, suite_version, protocol_hash, data_hash, method, method_version, configuration, hyper_parameters, seed, backend, numerics, state, created_at)
      VALUES ('x', 's', 1, 'p', 'd', 'm', 1, 'm@1', '{"lambda":2}', 5, 'wasm', 'n', 'done', 1), ('y', 's', 1, 'p', 'd', 'm', 1, 'm@1', '{"lambda":2}', 6, 'wasm', 'n', 'failed', 1);
      INSERT INTO metrics VALUES (1, 'acc.test', 'test', -1, 0.75)`);
    database.close();
    store = ResultsStore.open(folder, { writable: () => false });
    expect(read()).toEqual([[[5], { 'acc.test': [0.75] }]]);
    store.close();
    store = ResultsStore.open(folder);
    expect(store.messages.join()).toMatch(/upgraded from schema 1/);
    expect(read()).toEqual([[[5], { 'acc.test': [0.75] }]]);
  });
});

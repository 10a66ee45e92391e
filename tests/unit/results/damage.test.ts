import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DamagedBlob } from '../../../src-main/results/blobs.ts';
import { DATABASE_FILE } from '../../../src-main/results/database.ts';
import { ResultsStore } from '../../../src-main/results/store.ts';
import { planned, result, study } from '../../fixtures/results.ts';

const seeds = [0, 1, 2].map((seed) => planned({ seed }));
const [first, second, third] = seeds.map(({ id }) => id);
const VALUES = [0.25, 0.5, 0.75];
const whole = (): ReturnType<typeof result> =>
  result({ artefacts: { model: { kind: 'arrays', arrays: { w: new Float32Array([1, 2, 3]) }, note: 'net' } } });

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-damage-'));
  const store = ResultsStore.open(folder);
  store.createStudy(study('one'), seeds);
  seeds.forEach(({ id }, i) =>
    store.finish(id, whole(), [{ id: 'acc.test', value: VALUES[i] ?? 0 }], VALUES[i] ?? 0, 2),
  );
  store.close();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Changes what is stored as a fault of the disk would: no trigger runs, no cell is marked. */
function mutate(sql: string): void {
  const database = new DatabaseSync(join(folder, DATABASE_FILE));
  const triggers = database.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all();
  for (const { name } of triggers) database.exec(`DROP TRIGGER ${String(name)}`);
  database.exec(sql);
  for (const { sql: made } of triggers) database.exec(String(made));
  database.close();
}

const opened = (work: (store: ResultsStore) => void, options?: { writable: () => boolean }): void => {
  const store = ResultsStore.open(folder, options);
  try {
    work(store);
  } finally {
    store.close();
  }
};

const boardOf = (store: ResultsStore, of?: string): unknown =>
  store.measurements(of === undefined ? {} : { study: of }).map(({ cell, failed }) => {
    const at = cell.metrics.get('acc.test') ?? Number.NaN;
    return { values: [...cell.values.subarray(at * cell.count, (at + 1) * cell.count)], failed };
  });

const FIRST = '(SELECT row FROM trials WHERE seed = 0)';

describe('a trial whose rows are damaged', () => {
  it.each([
    ['a metric', `UPDATE metrics SET value = 0.99 WHERE trial = ${FIRST}`],
    ['a metric that is gone', `DELETE FROM metrics WHERE trial = ${FIRST}`],
    ['a matrix', `UPDATE primitives SET matrices = replace(matrices, '0.5', '0.7') WHERE trial = ${FIRST}`],
    ['text that is no JSON', `UPDATE primitives SET curves = '[{' WHERE trial = ${FIRST}`],
    ['a note', `UPDATE primitives SET notes = '["nothing"]' WHERE trial = ${FIRST}`],
    ['its cost', `UPDATE costs SET flops = flops * 2 WHERE trial = ${FIRST}`],
    [
      'its environment',
      `UPDATE environments SET environment = replace(environment, 'linux', 'limux') WHERE trial = ${FIRST}`,
    ],
    ['its artefact', `UPDATE artefacts SET bytes = bytes + 1 WHERE trial = ${FIRST}`],
    ['its samples', `UPDATE probabilities SET classes = 3 WHERE trial = ${FIRST}`],
    ['its settings', `UPDATE trials SET hyper_parameters = '{"lambda":2}' WHERE row = ${FIRST}`],
    ['its headline', `UPDATE trials SET headline = 0.9 WHERE row = ${FIRST}`],
  ])('(%s) is named, out of the means, and can be run again', (_, sql) => {
    mutate(sql);
    opened((store) => {
      expect(store.examine(first ?? '')).toMatch(/is damaged in the database.*Retry/);
      expect(store.trial(first ?? '')).toMatchObject({ state: 'failed', failure: { kind: 'damaged' } });
      expect(boardOf(store)).toMatchObject([{ values: [0.5, 0.75] }]);
      expect(boardOf(store, 'one')).toMatchObject([{ values: [0.5, 0.75], failed: 1 }]);
      for (const id of [second, third]) expect(store.examine(id ?? '')).toBeNull();
      store.setState(first ?? '', 'queued');
      store.finish(first ?? '', whole(), [{ id: 'acc.test', value: 0.25 }], 0.25, 3);
      expect(store.examine(first ?? '')).toBeNull();
    });
  });

  it('is noticed when its cell is filled again', () => {
    mutate(`UPDATE metrics SET value = 0.99 WHERE trial = ${FIRST}; UPDATE cells SET stale = 1`);
    opened((store) => {
      expect(boardOf(store)).toMatchObject([{ values: [0.5, 0.75] }]);
      expect(store.trial(first ?? '')?.state).toBe('failed');
    });
  });

  it('is noticed when its primitives are read, and never sealed anew by what changes them', () => {
    mutate(`UPDATE metrics SET value = 0.99 WHERE trial = ${FIRST}`);
    opened((store) => {
      store.addMetrics(first ?? '', [{ id: 'forgetting', value: 0.1 }]);
      expect(store.primitives(first ?? '')).toBeNull();
      expect(store.trial(first ?? '')?.state).toBe('failed');
    });
  });

  it('in a folder that cannot be written is named there too', () => {
    mutate(`UPDATE costs SET flops = 1 WHERE trial = ${FIRST}`);
    opened(
      (store) => {
        expect(store.examine(first ?? '')).toContain('damaged');
        expect(store.primitives(first ?? '')).toBeNull();
        expect(store.primitives(second ?? '')).not.toBeNull();
      },
      { writable: () => false },
    );
  });

  it('is not what changes in good order leave', () => {
    opened((store) => {
      store.addMetrics(first ?? '', [{ id: 'forgetting', value: 0.1 }]);
      store.renewMetrics(first ?? '', [{ id: 'acc.test', value: 0.3 }], ['forgetting'], 0.3);
      store.dropOldAnswers(1);
      for (const { id } of seeds) expect(store.examine(id)).toBeNull();
    });
  });
});

describe('a cell that is damaged', () => {
  it.each([
    ['values', `UPDATE cells SET "columns" = CAST(zeroblob(length("columns")) AS BLOB)`],
    ['names', `UPDATE cells SET metrics = '["forgetting"]'`],
    ['count', 'UPDATE cells SET trials = 2'],
    ['text', `UPDATE cells SET metrics = '["acc'`],
    ['suite', `UPDATE cells SET suite = 'other'`],
    ['method', `UPDATE cells SET method = 'other'`],
    ['version', `UPDATE versions SET content = replace(content, 'pppp', hex(randomblob(2)))`],
    ['version, unreadable', `UPDATE versions SET content = '{' || hex(randomblob(4))`],
    ['settings', `UPDATE cells SET hyper_parameters = '{'`],
  ])('(its %s) is filled again from its trials, on both kinds of boards', (_, sql) => {
    mutate(sql);
    opened((store) => {
      expect(boardOf(store)).toEqual([{ values: VALUES, failed: 0 }]);
      expect(boardOf(store, 'one')).toEqual([{ values: VALUES, failed: 0 }]);
    });
    mutate(sql);
    opened((store) => expect(boardOf(store, 'one')).toEqual([{ values: VALUES, failed: 0 }]));
  });
});

describe('a stored file that is damaged', () => {
  const flip = (store: ResultsStore, hash: string): void => {
    const path = store.blobs.path(hash);
    const content = readFileSync(path);
    content[content.length - 2] = (content.at(-2) ?? 0) ^ 1;
    writeFileSync(path, content);
  };

  it('is never handed out, and makes its trial one that can be run again; the same content then repairs it', () => {
    opened((store) => {
      const hash = store.artefactFiles(first ?? '')['model']?.hash ?? '';
      flip(store, hash);
      expect(() => store.blobs.read(hash)).toThrow(DamagedBlob);
      expect(() => store.artefact(first ?? '', 'model')).toThrow(DamagedBlob);
      expect(store.examine(first ?? '')).toContain(store.blobs.path(hash));
      expect(store.trial(first ?? '')).toMatchObject({
        state: 'failed',
        failure: { message: expect.stringContaining(store.blobs.path(hash)) },
      });
      store.setState(first ?? '', 'queued');
      store.finish(first ?? '', whole(), [{ id: 'acc.test', value: 0.25 }], 0.25, 3);
      expect(store.artefact(first ?? '', 'model')).toMatchObject({ arrays: { w: new Float32Array([1, 2, 3]) } });
    });
  });

  it('with samples makes reading the trial answer that there is nothing, and name it', () => {
    opened((store) => {
      const hash = new DatabaseSync(join(folder, DATABASE_FILE), { readOnly: true })
        .prepare(`SELECT labels FROM probabilities WHERE trial = ${FIRST}`)
        .get()?.['labels'];
      flip(store, String(hash));
      expect(store.primitives(first ?? '')).toBeNull();
      expect(store.trial(first ?? '')?.failure?.message).toContain(String(hash));
    });
  });
});

it('a board that is asked for again is read again once anything has changed, here or by another program', () => {
  opened((store) => {
    const board = (): unknown => boardOf(store);
    const before = board();
    expect(board()).toEqual(before);
    // What has not changed is the very same.
    expect(store.measurements({})[0]?.cell).toBe(store.measurements({})[0]?.cell);
    // One bit in a cell's columns, under an open store.
    mutate(`UPDATE cells SET "columns" = zeroblob(length("columns"))`);
    expect(board()).toEqual(before);
    mutate(`UPDATE metrics SET value = 0.99 WHERE trial = ${FIRST}; UPDATE cells SET stale = 1`);
    expect(board()).toMatchObject([{ values: [0.5, 0.75] }]);
    store.setState(first ?? '', 'queued');
    store.finish(first ?? '', whole(), [{ id: 'acc.test', value: 0.125 }], 0.125, 2);
    expect(board()).toMatchObject([{ values: [0.125, 0.5, 0.75] }]);
  });
});

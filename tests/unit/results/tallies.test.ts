import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DATABASE_FILE } from '../../../src-main/results/database.ts';
import { ResultsStore } from '../../../src-main/results/store.ts';
import { TRIAL_STATES } from '../../../src-main/results/states.ts';
import { atOnce } from '../../fixtures/at-once.ts';
import { planned, study } from '../../fixtures/results.ts';

/** What is counted beside the database is what a look at every row says, whatever was done before. */

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-tallies-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const STUDIES = ['one', 'two', 'three'];
const act = fc.oneof(
  fc.record({
    kind: fc.constant('create' as const),
    study: fc.constantFrom(...STUDIES),
    seeds: fc.uniqueArray(fc.nat(6), { maxLength: 5 }),
    method: fc.constantFrom('a', 'b'),
  }),
  fc.record({ kind: fc.constant('state' as const), seed: fc.nat(6), state: fc.constantFrom(...TRIAL_STATES) }),
  fc.record({ kind: fc.constant('delete' as const), study: fc.constantFrom(...STUDIES), results: fc.boolean() }),
  fc.record({ kind: fc.constant('count' as const), most: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant('reopen' as const) }),
  fc.record({ kind: fc.constant('ask' as const), study: fc.constantFrom(...STUDIES) }),
);

it('for any order of changes, also while only a part is counted', () => {
  let run = 0;
  fc.assert(
    fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
      const here = join(folder, String((run += 1)));
      let store = ResultsStore.open(here);
      let at = 0;
      for (const one of acts) {
        at += 1;
        switch (one.kind) {
          case 'create': {
            const trials = one.seeds.map((seed) => planned({ seed, method: one.method }));
            if (store.study(one.study) === null) store.createStudy({ ...study(one.study), createdAt: at }, trials);
            else store.addToStudy(one.study, trials, at, store.nextPosition(one.study));
            break;
          }
          case 'state':
            for (const method of ['a', 'b']) store.setState(planned({ seed: one.seed, method }).id, one.state);
            break;
          case 'delete':
            atOnce(store.deleteStudy(one.study, one.results));
            break;
          case 'count':
            store.countTrials(one.most);
            break;
          case 'reopen':
            store.close();
            store = ResultsStore.open(here);
            break;
          case 'ask':
            store.studyCounts(one.study);
        }
      }
      const rows = new DatabaseSync(join(here, DATABASE_FILE), { readOnly: true });
      for (const name of STUDIES) {
        const counted = rows
          .prepare(
            'SELECT s.role, t.state, count(*) AS count FROM study_trials s JOIN trials t ON t.row = s.trial ' +
              'WHERE s.study = ? GROUP BY s.role, t.state',
          )
          .all(name)
          .map((row) => ({ ...row }));
        expect(store.studyCounts(name)).toEqual(counted);
        const open = ['queued', 'waiting', 'running', 'paused'];
        expect(store.isStudyOpen(name)).toBe(counted.some(({ state }) => open.includes(String(state))));
        const found = store.study(name);
        if (found === null) continue;
        const { own } = store.openWork(found);
        const openTrials = counted.reduce(
          (sum, { state, count }) => sum + (open.includes(String(state)) ? Number(count) : 0),
          0,
        );
        expect(own.reduce((sum, { count }) => sum + count, 0)).toBe(openTrials);
      }
      rows.close();
      store.close();
      rmSync(here, { recursive: true });
    }),
    { numRuns: 60 },
  );
});

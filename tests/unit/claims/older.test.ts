import { expect, test } from 'vitest';
import { PROGRAM_NUMERICS } from '../../../src-main/engine/numerics.ts';
import { olderThanNow } from '../../../src-main/workbench/claims/older.ts';

const present = { suite: 1, method: 2, driver: 3 };
const numerics = `tensorflow-2.21.0/${PROGRAM_NUMERICS.recorded}/onednn/no-xla`;

test('the same versions on any machine are of today', () => {
  expect(olderThanNow({ suiteVersion: 1, methodVersion: 2, driver: 3, numerics }, present)).toEqual([]);
  const elsewhere = `tensorflow-2.15.0/${PROGRAM_NUMERICS.recorded}/cuda+Own/no-xla`;
  expect(olderThanNow({ suiteVersion: 1, methodVersion: 2, driver: 3, numerics: elsewhere }, present)).toEqual([]);
});

test('what differs is named; what was not recorded cannot be today’s', () => {
  expect(
    olderThanNow({ suiteVersion: 0, methodVersion: 1, driver: 2, numerics: 'tensorflow-2.21.0/recorded-1' }, present),
  ).toEqual([
    'suite version 0, now 1',
    'method version 1, now 2',
    'driver version 2, now 3',
    `numerics recorded-1, now ${PROGRAM_NUMERICS.recorded}`,
  ]);
  expect(
    olderThanNow({ suiteVersion: null, methodVersion: 2, driver: 3, numerics }, { ...present, method: undefined }),
  ).toEqual(['suite version not recorded, now 1', 'method version 2, now not there']);
});

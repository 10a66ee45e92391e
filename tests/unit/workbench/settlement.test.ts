import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StorageError, storageError } from '../../../src-main/results/errors.ts';
import { Settlement } from '../../../src-main/workbench/settlement.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A store that fails with what `faults` holds, one after another, and then takes everything. */
function setUp(faults: readonly unknown[]): {
  settlement: Settlement<string>;
  stored: string[];
  given: string[];
  said: string[];
} {
  const left = [...faults];
  const stored: string[] = [];
  const given: string[] = [];
  const said: string[] = [];
  const settlement = new Settlement<string>({
    become(id, ending) {
      if (left.length > 0) throw left.shift();
      stored.push(`${id} ${ending}`);
    },
    tell: () => undefined,
    describe: (id, ending, why) => `${id} ${ending}: ${why}`,
    giveUp: (id) => given.push(id),
    resume: () => undefined,
    log: (_trial, _level, message) => said.push(message),
  });
  return { settlement, stored, given, said };
}

describe('a result that cannot be stored', () => {
  const system = (code: string): unknown => storageError(Object.assign(new Error(code), { code }), '/data');

  it.each([
    ['too many open files', system('EMFILE')],
    ['a fault of the disk', system('EIO')],
    ['a damaged database', new StorageError('corrupt', 'damaged', 'start again')],
  ])('because of %s stays in memory until it can, and nothing new starts meanwhile', (_, fault) => {
    const { settlement, stored, said } = setUp([fault, fault, fault]);
    expect(settlement.settle('t', 'done')).toBe(false);
    expect(settlement.blocked).toBe(true);
    vi.advanceTimersByTime(2_000 + 4_000);
    expect(stored).toEqual([]);
    vi.advanceTimersByTime(8_000);
    expect(stored).toEqual(['t done']);
    expect(settlement.blocked).toBe(false);
    expect(said).toHaveLength(2);
    expect(said[1]).toContain('the results that waited are stored');
  });

  it('because of a fault that nobody thought of stays in memory too, and others go on', () => {
    const { settlement, stored, said } = setUp([new TypeError('odd'), new TypeError('odd')]);
    expect(settlement.settle('t', 'done')).toBe(false);
    expect(settlement.blocked).toBe(false);
    expect(settlement.settle('other', 'done')).toBe(false);
    vi.advanceTimersByTime(2_000);
    expect(stored).toEqual(['t done', 'other done']);
    expect(said).toEqual(['t done: odd', 'other done: odd']);
  });

  it('is given up only after minutes of the same', () => {
    const { settlement, given } = setUp(Array.from({ length: 50 }, () => new TypeError('odd')));
    settlement.settle('t', 'done');
    vi.advanceTimersByTime(3 * 60_000);
    expect(given).toEqual([]);
    vi.advanceTimersByTime(3 * 60_000);
    expect(given).toEqual(['t']);
  });

  it('is tried once more at the end', () => {
    const { settlement, stored } = setUp([system('EMFILE')]);
    settlement.settle('t', 'done');
    expect(settlement.close()).toEqual([]);
    expect(stored).toEqual(['t done']);
    const other = setUp([system('EMFILE'), system('EMFILE')]).settlement;
    other.settle('t', 'done');
    expect(other.close()).toEqual(['t']);
  });
});

it('a wrong statement of ours is no fault of the data folder', () => {
  const constraint = Object.assign(new Error('UNIQUE constraint failed'), { errcode: 2067, code: 'ERR_SQLITE_ERROR' });
  expect(storageError(constraint, '/data')).toBe(constraint);
  const argument = Object.assign(new TypeError('bad argument'), { code: 'ERR_INVALID_ARG_TYPE' });
  expect(storageError(argument, '/data')).toBe(argument);
});

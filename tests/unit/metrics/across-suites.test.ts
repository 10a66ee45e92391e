import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { acrossSuites } from '../../../src-main/metrics/across-suites.ts';
import type { AcrossSuites, MeasuredBoard } from '../../../src-main/metrics/across-suites.ts';
import { nemenyiQ } from '../../../src-main/metrics/statistics/ranks.ts';
import {
  acrossSentences,
  acrossTable,
  criticalDifferencePicture,
  scorePicture,
  winPicture,
} from '../../../src-main/reports/across-suites.ts';

const known = z
  .object({
    scores: z.array(z.array(z.number())),
    meanRanks: z.array(z.number()),
    chiSquare: z.number(),
    p: z.number(),
    f: z.number(),
    fP: z.number(),
    q: z.record(z.string(), z.number()),
    difference: z.number(),
    groups: z.array(z.array(z.number())),
    holm: z.record(z.string(), z.number()),
  })
  .parse(JSON.parse(readFileSync(new URL('../../fixtures/metrics-across.json', import.meta.url), 'utf8')));

/** A board of accuracies, one column a table, methods `m0`, `m1`, …; null: not measured. */
const board = (scores: readonly (readonly (number | null)[])[], names?: readonly string[]): MeasuredBoard => ({
  columns: scores.map((_, at) => ({ suite: `rows/t${at}`, metric: 'acc.test' })),
  rows: (scores[0] ?? []).map((_, method) => ({
    key: `m${method}`,
    name: `m${method}`,
    method: names?.[method] ?? `m${method}`,
    reference: names?.[method] === 'majority-class' ? 'lower' : null,
    cells: scores.map((row) => {
      const mean = row[method] ?? null;
      return { estimate: mean === null ? null : { mean } };
    }),
  })),
});
const compared = (given: MeasuredBoard, metric?: string): AcrossSuites => {
  const across = acrossSuites(given, metric);
  if (across === null) throw new Error('nothing is compared');
  return across;
};

describe('eight tables and four methods', () => {
  const across = compared(board(known.scores));
  const placeOf = (method: number): number => across.rows.findIndex(({ key }) => key === `m${method}`);

  it('has the known mean ranks, the best first', () => {
    expect(across.rows.map(({ key }) => key)).toEqual(['m3', 'm1', 'm0', 'm2']);
    known.meanRanks.forEach((rank, method) => expect(across.rows[placeOf(method)]?.meanRank).toBeCloseTo(rank, 12));
  });

  it('has the known tests of Friedman, and of Iman and Davenport', () => {
    expect(across.friedman?.chiSquare).toBeCloseTo(known.chiSquare, 10);
    expect(across.friedman?.p).toBeCloseTo(known.p, 10);
    expect(across.friedman?.f).toBeCloseTo(known.f, 10);
    expect(across.friedman?.fP).toBeCloseTo(known.fP, 12);
  });

  it('has the known critical difference, its factors and its groups', () => {
    expect(across.critical?.difference).toBeCloseTo(known.difference, 6);
    for (const [k, q] of Object.entries(known.q)) expect(nemenyiQ(Number(k))).toBeCloseTo(q, 6);
    expect(across.critical?.groups.map((group) => group.map((place) => across.rows[place]?.key))).toEqual(
      known.groups.map((group) => group.map((method) => `m${method}`)),
    );
  });

  it('has the known p of each pair, adjusted by Holm', () => {
    for (const [pair, p] of Object.entries(known.holm)) {
      const places = pair.split('-').map((method) => placeOf(Number(method)));
      const found = across.pairs.find(({ a, b }) => places.includes(a) && places.includes(b));
      expect(found?.p, pair).toBeCloseTo(p, 9);
    }
  });

  it('counts wins, ties half, and rates by Elo in the same order', () => {
    // m3 beats m1 on tables 0, 2, 3 and 6, and ties on the fifth.
    expect(across.wins[0]?.[1]).toBeCloseTo(4.5 / 8, 12);
    expect(across.wins[1]?.[0]).toBeCloseTo(3.5 / 8, 12);
    const ratings = across.rows.map(({ elo }) => elo.rating);
    expect([...ratings].sort((a, b) => b - a)).toEqual(ratings);
    for (const { elo } of across.rows) expect(elo.low < elo.rating && elo.rating < elo.high).toBe(true);
  });
});

describe('what is compared', () => {
  it('leaves out a suite that one method lacks, and a method that has none', () => {
    const across = compared(
      board([
        [0.8, 0.7, null],
        [0.9, null, null],
        [0.6, 0.7, null],
      ]),
    );
    expect(across.suites.map(({ suite }) => suite)).toEqual(['rows/t0', 'rows/t2']);
    expect(across.leftOut).toEqual(['rows/t1']);
    expect(across.rows.map(({ key }) => key)).toEqual(['m0', 'm1']);
    expect(across.critical).toBeNull();
    expect(across.friedman).toBeNull();
  });

  it('is nothing with one suite, one method, or a metric that was not measured', () => {
    expect(acrossSuites(board([[0.8, 0.7]]))).toBeNull();
    expect(acrossSuites(board([[0.8], [0.7]]))).toBeNull();
    expect(acrossSuites(board(known.scores), 'nll.test')).toBeNull();
  });

  it('puts the lower reference at 0 and the forest at 1', () => {
    const scores = [
      [0.5, 0.9, 0.7],
      [0.2, 0.6, 0.7],
    ];
    const across = compared(board(scores, ['majority-class', 'random-forest', 'other']));
    const normalised = Object.fromEntries(across.rows.map(({ key, normalised: score }) => [key, score]));
    expect(normalised['m0']).toBeCloseTo(0, 12);
    expect(normalised['m1']).toBeCloseTo(1, 12);
    expect(normalised['m2']).toBeCloseTo((0.2 / 0.4 + 0.5 / 0.4) / 2, 12);
    // 1 − best/error of the errors .5 .1 .3 and .8 .4 .3.
    expect(across.rows.find(({ key }) => key === 'm2')?.improvability).toBeCloseTo((1 - 0.1 / 0.3 + 0) / 2, 12);
  });

  it('takes what is better when lower as it is', () => {
    const losses = board([
      [0.2, 0.4],
      [0.3, 0.5],
    ]);
    const columns = losses.columns.map(({ suite }) => ({ suite, metric: 'nll.test' }));
    expect(compared({ ...losses, columns }).rows.map(({ key }) => key)).toEqual(['m0', 'm1']);
  });
});

describe('its pictures and words', () => {
  const across = compared(board(known.scores));
  it('name every method once, and the groups', () => {
    const drawn = criticalDifferencePicture(across)?.text ?? '';
    for (const { key } of across.rows) expect(drawn.split(`>${key} (`).length, key).toBe(2);
    expect(drawn.split('stroke-width="3"').length - 1).toBe(known.groups.length);
    expect(drawn).toContain('critical difference 1.66');
    expect(winPicture(across).text).toContain('m3, m1: 56.3 %');
    expect(scorePicture(across).text).toContain('rows/t7');
    expect(`${drawn}${winPicture(across).text}${scorePicture(across).text}`).not.toMatch(/NaN|undefined/);
  });
  it('say what was left out and what the numbers are', () => {
    expect(acrossTable(across).rows[0]?.slice(0, 2)).toEqual(['m3', '1.44']);
    const said = acrossSentences(across).join(' ');
    expect(said).toContain('4 configurations on 8 suites');
    expect(said).toContain('χ² 18.08, p below .001');
  });
});

import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { sidesOf } from '../../../src-main/metrics/claims/file.ts';
import { metric } from '../../../src-main/metrics/registry.ts';
import { loadClaims, parseClaims } from '../../../src-main/reports/claims-files.ts';
import { claimRecord } from '../../../src-main/workbench/contract/contract.ts';
import { ACC, file, claim, measured, judge } from './paper.ts';

describe('orderings', () => {
  const ordering = {
    id: 'ewc-over-naive',
    protocol: 'published',
    suite: 's/task-il',
    metric: ACC,
    better: { method: 'ewc' },
    worse: { method: 'naive' },
    value: 0.05,
  };
  test('the paired interval lies on its side of zero, though the unpaired ones overlap', () => {
    const [record] = judge({ orderings: [ordering] }, [
      measured('ewc', [0.2, 0.5, 0.8, 0.3, 0.6]),
      measured('naive', [0.19, 0.49, 0.785, 0.29, 0.585]),
    ]);
    expect(record).toMatchObject({
      id: 'paper/ewc-over-naive',
      kind: 'ordering',
      method: 'ewc > naive',
      methods: ['ewc', 'naive'],
      verdict: 'reproduced',
      published: { value: 0.05 },
    });
    // By hand: differences .01, .01, .015, .01, .015; mean .012, deviation .0027386, t(4, .975) = 2.7764: ± .0034004.
    expect(record?.measured).toMatchObject({
      n: 5,
      mean: expect.closeTo(0.012, 9),
      low: expect.closeTo(0.0085996, 6),
      high: expect.closeTo(0.0154004, 6),
    });
  });
  test('seeds are paired by number, whatever their order; seeds of one side only count nothing', () => {
    const bySeed = (values: Readonly<Record<number, number>>) => ({
      values: { [ACC]: Object.entries(values).map(([seed, value]) => ({ seed: Number(seed), value })) },
    });
    const [record] = judge({ orderings: [ordering] }, [
      measured('ewc', [], bySeed({ 0: 0.9, 3: 0.6, 4: 0.5, 8: 0 })),
      measured('naive', [], {
        values: {
          [ACC]: [
            { seed: 4, value: 0.4 },
            { seed: 3, value: 0.5 },
            { seed: 0, value: 0.8 },
            { seed: 9, value: 1 },
          ],
        },
      }),
    ]);
    expect(record?.measured).toMatchObject({ n: 3, mean: expect.closeTo(0.1, 12) });
  });
  test.each([
    ['an interval that holds zero', [0.5, 0.6, 0.7, 0.5, 0.6], [0.6, 0.5, 0.65, 0.55, 0.5]],
    ['the wrong side', [0.1, 0.1, 0.1, 0.1, 0.1], [0.9, 0.91, 0.9, 0.9, 0.91]],
  ])('%s is off, and what was tried is said', (_what, ewc, naive) => {
    expect(
      judge({ orderings: [{ ...ordering, tried: 'Longer training.' }] }, [
        measured('ewc', ewc),
        measured('naive', naive),
      ])[0],
    ).toMatchObject({ verdict: 'off', note: expect.stringContaining('Longer training.') });
  });
  test('lower is better for losses', () => {
    const losses = (values: readonly number[]) => ({
      values: { 'nll.test': values.map((value, seed) => ({ seed, value })) },
    });
    const [low, high] = [losses([0.1, 0.2, 0.15, 0.1, 0.2]), losses([0.3, 0.41, 0.36, 0.32, 0.4])];
    const claimed = { ...ordering, metric: 'nll.test', value: -0.2 };
    expect(metric('nll.test').direction).toBe('lower');
    expect(judge({ orderings: [claimed] }, [measured('ewc', [], low), measured('naive', [], high)])[0]).toMatchObject({
      verdict: 'reproduced',
      note: expect.stringContaining('lower is better'),
    });
    expect(judge({ orderings: [claimed] }, [measured('ewc', [], high), measured('naive', [], low)])[0]?.verdict).toBe(
      'off',
    );
  });
  test('a source that gives the order only: 0 is the bound, and the note says so', () => {
    const { value: _value, ...order } = ordering;
    const [record] = judge({ orderings: [order] }, [
      measured('ewc', [0.5, 0.6, 0.7, 0.5, 0.6]),
      measured('naive', [0.4, 0.5, 0.61, 0.4, 0.5]),
    ]);
    expect(claimRecord.parse(record)).toMatchObject({
      verdict: 'reproduced',
      published: { value: 0, spread: null, n: null, source: 'A & B 2018; Table 2' },
      note: expect.stringContaining('the order only'),
    });
  });
  test('fewer than five shared seeds cannot say; none neither', () => {
    const four = [measured('ewc', [0.9, 0.9, 0.9, 0.9]), measured('naive', [0.1, 0.11, 0.1, 0.11])];
    expect(judge({ orderings: [{ ...ordering, tried: 'Nothing.' }] }, four)[0]).toMatchObject({
      verdict: 'not run',
      measured: { n: 4 },
      note: expect.stringMatching(/Only 4 shared seeds: two methods are judged from 5 on\.$/),
    });
    expect(judge({ orderings: [ordering] }, [measured('ewc', [0.9]), measured('naive', [0.1])])[0]).toMatchObject({
      verdict: 'not run',
      note: expect.stringMatching(/Only 1 shared seed:/),
    });
    const elsewhere = measured('naive', [], { values: { [ACC]: [{ seed: 7, value: 0.1 }] } });
    expect(judge({ orderings: [ordering] }, [measured('ewc', [0.9]), elsewhere])[0]).toMatchObject({
      verdict: 'not run',
      note: expect.stringMatching(/no seed in common/),
    });
  });
});

describe('an order that the source states on another protocol', () => {
  const ours = {
    id: 'o',
    protocol: 'ours',
    suite: 's/task-il',
    metric: ACC,
    better: { method: 'ewc' },
    worse: { method: 'naive' },
    note: 'Published for CIFAR-10.',
    tried: 'Other strengths.',
  };
  const [five, less] = [
    [0.5, 0.6, 0.7, 0.5, 0.6],
    [0.4, 0.5, 0.61, 0.4, 0.5],
  ];
  test('holds here or does not; it is never reproduced, and never off', () => {
    const holds = judge({ orderings: [ours] }, [measured('ewc', five), measured('naive', less)])[0];
    expect(holds).toMatchObject({ verdict: 'holds here', protocol: 'ours' });
    expect(holds?.note).not.toContain('Other strengths.');
    expect(judge({ orderings: [ours] }, [measured('ewc', less), measured('naive', five)])[0]).toMatchObject({
      verdict: 'does not hold here',
      note: expect.stringContaining('Other strengths.'),
    });
  });
  test('a file must say where it was published, and has no published difference', () => {
    expect(() => file({ orderings: [{ ...ours, note: '' }] })).toThrow(/its note says where/);
    expect(() => file({ orderings: [{ ...ours, value: 0.1 }] })).toThrow(/no published difference/);
    expect(() => file({ values: [claim({ protocol: 'ours' })] })).toThrow(/names them/);
    expect(() => file({ values: [claim(), claim({ value: 0.8 })] })).toThrow(/same id/);
    const { protocol: _protocol, ...unsaid } = ours;
    expect(() => file({ orderings: [unsaid] })).toThrow(/protocol/);
  });
});

describe('identities', () => {
  const same = {
    id: 'ewc-is-naive',
    protocol: 'ours',
    suite: 's/task-il',
    metric: ACC,
    one: { method: 'ewc', hyperParameters: { lambda: 0 } },
    other: { method: 'naive' },
    note: 'Stated for any network.',
    tried: 'Another order of the batches.',
  };
  const zero = { hyperParameters: { lambda: 0 } };
  const five = [0.5, 0.6, 0.7, 0.5, 0.6];
  test('hold where every shared seed gives the same number, up to single precision', () => {
    const rounded = five.map((value) => value + 5e-7);
    const [record] = judge({ identities: [same] }, [measured('ewc', rounded, zero), measured('naive', five)]);
    expect(claimRecord.parse(record)).toMatchObject({
      id: 'paper/ewc-is-naive',
      kind: 'identity',
      method: 'ewc (lambda 0) = naive',
      methods: ['ewc', 'naive'],
      verdict: 'holds here',
      measured: { n: 5 },
    });
  });
  test('do not where one seed differs, though the mean is the same', () => {
    const one = [0.501, 0.599, 0.7, 0.5, 0.6];
    expect(judge({ identities: [same] }, [measured('ewc', one, zero), measured('naive', five)])[0]).toMatchObject({
      verdict: 'does not hold here',
      note: expect.stringContaining('Another order of the batches.'),
    });
  });
  test('are not judged by four seeds; they are reproduced on the published protocol', () => {
    const four = five.slice(0, 4);
    expect(judge({ identities: [same] }, [measured('ewc', four, zero), measured('naive', four)])[0]).toMatchObject({
      verdict: 'not run',
      note: expect.stringContaining('Only 4 shared seeds'),
    });
    const published = { ...same, protocol: 'published', note: '' };
    expect(judge({ identities: [published] }, [measured('ewc', five, zero), measured('naive', five)])[0]?.verdict).toBe(
      'reproduced',
    );
    expect(() => file({ identities: [{ ...same, note: '' }] })).toThrow(/where it was published/);
  });
});

describe('what older code measured', () => {
  const old = { older: ['method version 1, now 2'] };
  test('is outdated, however near the number, and the values are still shown', () => {
    expect(judge({ values: [claim({ tried: 'Adam' })] }, [measured('ewc', [0.1, 0.1], old)])[0]).toMatchObject({
      verdict: 'outdated',
      measured: { n: 2, mean: expect.closeTo(0.1, 12) },
      note: 'Measured by older code: method version 1, now 2.',
    });
  });
  test('gives way to fewer seeds of today’s code', () => {
    expect(
      judge({ values: [claim()] }, [measured('ewc', [0.1, 0.1, 0.1], old), measured('ewc', [0.9, 0.9])])[0],
    ).toMatchObject({ verdict: 'reproduced', measured: { n: 2 } });
  });
  test('makes an order outdated on either side', () => {
    const orderings = [
      {
        id: 'o',
        protocol: 'published',
        suite: 's/task-il',
        metric: ACC,
        better: { method: 'ewc' },
        worse: { method: 'naive' },
      },
    ];
    const values = [0.5, 0.6, 0.7, 0.5, 0.6];
    expect(judge({ orderings }, [measured('ewc', values), measured('naive', values, old)])[0]?.verdict).toBe(
      'outdated',
    );
  });
});

describe('files', () => {
  const files = loadClaims(fileURLToPath(new URL('../../../resources/claims', import.meta.url)));
  const hsu = files.find(({ id }) => id === 'split-mnist-hsu');
  test('Hsu et al.: ten comparable rows in three scenarios, LwF apart, shares not per cents', () => {
    const comparable = hsu?.values.filter(({ differences }) => differences.length === 0) ?? [];
    expect(comparable).toHaveLength(30);
    expect(comparable.every(({ protocol }) => protocol === 'published')).toBe(true);
    expect(new Set(comparable.map(({ suite, row }) => `${suite} ${row}`)).size).toBe(30);
    expect(
      hsu?.values.filter(({ method }) => method === 'lwf').every(({ differences }) => differences.length > 0),
    ).toBe(true);
    for (const { value, spread, n } of hsu?.values ?? [])
      expect(value > 0 && value < 1 && (spread ?? 0) < 0.05 && n === 10).toBe(true);
  });
  test('spot checks against the table', () => {
    const value = (row: string, suite: string) =>
      hsu?.values.find((candidate) => candidate.row === row && candidate.suite === suite);
    expect(value('SI', 'split-mnist/domain-il')).toMatchObject({ value: 0.6476, spread: 0.0309 });
    expect(value('Naive rehearsal', 'split-mnist/class-il')).toMatchObject({
      value: 0.9078,
      hyperParameters: { memory: 1100 },
    });
    expect(value('Offline (upper bound)', 'split-mnist/task-il')).toMatchObject({ value: 0.9952, method: 'joint' });
  });
  test('orderings point the way the source does', () => {
    expect(hsu?.orderings.length).toBeGreaterThanOrEqual(11);
    for (const { values, orderings, identities, bounds } of files) {
      expect(values.length + orderings.length + identities.length + bounds.length).toBeGreaterThan(0);
      for (const { metric: id, value } of orderings)
        if (value !== null) expect(metric(id).direction === 'lower' ? -value : value).toBeGreaterThan(0);
    }
  });
  test('issue 3, bar 2: the orderings of Split MNIST are all there', () => {
    const has = (suite: string, better: string, worse: string) =>
      hsu?.orderings.some(
        (each) => each.suite === `split-mnist/${suite}` && each.better.method === better && each.worse.method === worse,
      );
    for (const method of ['ewc', 'si', 'lwf']) expect(has('task-il', method, 'naive'), method).toBe(true);
    expect(has('domain-il', 'si', 'naive')).toBe(true);
    for (const memory of [1100, 4400]) {
      const beaten = hsu?.orderings
        .filter(
          ({ suite, better }) =>
            suite === 'split-mnist/class-il' &&
            better.method === 'rehearsal' &&
            !Array.isArray(better.hyperParameters) &&
            better.hyperParameters['memory'] === memory,
        )
        .map(({ worse }) => worse.method);
      expect(beaten?.sort()).toEqual(['ewc', 'lwf', 'online-ewc', 'si']);
    }
  });
  test('every metric exists and every suite has its own file name', () => {
    for (const { claim: entry } of files.flatMap(sidesOf)) expect(() => metric(entry.metric)).not.toThrow();
    expect(new Set(files.map(({ id }) => id)).size).toBe(files.length);
  });
  test('a broken file names itself and the field', () => {
    expect(() => parseClaims('{', 'x.json')).toThrow(/x\.json is not JSON/);
    expect(() => parseClaims(JSON.stringify({ ...hsu, spreadKind: 'range' }), 'x.json')).toThrow(/x\.json.*spreadKind/);
    expect(() => parseClaims(JSON.stringify({ ...hsu, tolerance: 0.5 }), 'x.json')).toThrow(/tolerance/);
  });
});

import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  claimForCell,
  claimsFile,
  judgeClaims,
  matches,
  publishedSem,
  tolerance,
  type MeasuredConfiguration,
} from '../../../src-main/metrics/claims.ts';
import { isOrdering, methodsOfClaim } from '../../../src-main/metrics/claim-names.ts';
import { metric } from '../../../src-main/metrics/registry.ts';
import { loadClaims, parseClaims } from '../../../src-main/reports/claims-files.ts';
import { claimRecord } from '../../../src-main/workbench/contract/contract.ts';

const ACC = 'acc.final-mean-tasks';
const file = (part: { values?: unknown[]; orderings?: unknown[]; spreadKind?: string }) =>
  claimsFile.parse({
    format: 1,
    id: 'paper',
    title: 'Paper',
    source: { citation: 'A & B 2018', location: 'Table 2' },
    protocol: 'as ours',
    spreadKind: 'standard deviation',
    values: [],
    orderings: [],
    ...part,
  });
const claim = (more: Record<string, unknown> = {}) => ({
  suite: 's/task-il',
  method: 'ewc',
  metric: ACC,
  row: 'EWC',
  value: 0.9,
  spread: 0.01,
  n: 10,
  ...more,
});
const measured = (
  method: string,
  values: readonly number[],
  more: Partial<MeasuredConfiguration> = {},
): MeasuredConfiguration => ({
  suite: 's/task-il',
  methodKey: `${method}#1`,
  method,
  hyperParameters: {},
  published: true,
  values: { [ACC]: values.map((value, seed) => ({ seed, value })) },
  ...more,
});
const scenario = (suite: string): string => suite.split('/')[1] ?? suite;
const judge = (part: Parameters<typeof file>[0], configurations: readonly MeasuredConfiguration[]) =>
  judgeClaims(file(part), configurations, scenario);

describe('the rule of values', () => {
  test('tolerance: never under .02, three standard errors beyond', () => {
    expect(tolerance(0, 0)).toBe(0.02);
    expect(tolerance(0.03, 0.04)).toBeCloseTo(0.15, 12);
  });
  test('a standard deviation over n runs becomes a standard error; an unknown spread counts nothing', () => {
    expect(publishedSem(0.02, 4, 'standard deviation')).toBe(0.01);
    expect(publishedSem(0.02, 4, 'standard error')).toBe(0.02);
    expect(publishedSem(0.02, null, 'standard deviation')).toBe(0);
    expect(publishedSem(null, 10, 'standard deviation')).toBe(0);
  });
  test.each([
    [0.88, 'reproduced'],
    [0.92, 'reproduced'],
    [0.8799, 'off'],
    [0.9201, 'off'],
  ])('measured %f against .90: %s', (value, verdict) => {
    const [record] = judge({ values: [claim({ spread: 0, tried: 'Adam and SGD' })] }, [
      measured('ewc', [value, value]),
    ]);
    expect(record?.verdict).toBe(verdict);
    expect(record?.note.includes('Adam and SGD')).toBe(verdict === 'off');
  });
  test('a wide spread widens the tolerance: 3·√(.1²/10 + SEM²)', () => {
    // published .9 ± .1 (n 10): SEM .0316; measured .80 exactly: off by .10 > .0949; .81 is within
    expect(judge({ values: [claim({ spread: 0.1 })] }, [measured('ewc', [0.8, 0.8])])[0]?.verdict).toBe('off');
    expect(judge({ values: [claim({ spread: 0.1 })] }, [measured('ewc', [0.81, 0.81])])[0]?.verdict).toBe('reproduced');
  });
  test('not run; not comparable names the fields, however near the value', () => {
    expect(judge({ values: [claim()] }, [])[0]).toMatchObject({
      verdict: 'not run',
      measured: null,
      scenario: 'task-il',
    });
    const differences = [{ field: 'epochs', published: '10', here: '4' }];
    expect(judge({ values: [claim({ differences })] }, [measured('ewc', [0.9, 0.9])])[0]).toMatchObject({
      verdict: 'not comparable',
      note: expect.stringContaining('epochs (published: 10; here: 4)'),
    });
  });
  test('records are what the contract carries', () => {
    const [record] = judge({ values: [claim()] }, [measured('ewc', [0.9, 0.91])]);
    expect(claimRecord.parse(record)).toMatchObject({
      verdict: 'reproduced',
      published: { value: 0.9, spread: 0.01, n: 10 },
      measured: { n: 2 },
    });
  });
});

describe('which configuration is meant', () => {
  test('a partial match of settings; another method never', () => {
    expect(
      matches(
        { method: 'naive', hyperParameters: { optimiser: 'sgd' } },
        { method: 'naive', hyperParameters: { optimiser: 'sgd', learningRate: 0.01 } },
      ),
    ).toBe(true);
    expect(
      matches(
        { method: 'naive', hyperParameters: { optimiser: 'sgd' } },
        { method: 'naive', hyperParameters: { optimiser: 'adam' } },
      ),
    ).toBe(false);
    expect(matches({ method: 'naive', hyperParameters: {} }, { method: 'ewc', hyperParameters: {} })).toBe(false);
  });
  test('published settings before others', () => {
    const [record] = judge({ values: [claim()] }, [
      measured('ewc', [0.1, 0.1, 0.1], { published: false, methodKey: 'tuned' }),
      measured('ewc', [0.9, 0.9]),
    ]);
    expect(record).toMatchObject({ methodKey: 'ewc#1', verdict: 'reproduced' });
  });
  test('where the source leaves settings open, the nearest, and the note says which', () => {
    const open = claim({ method: 'gem', hyperParameters: [{ memory: 1100 }, { memory: 4400 }] });
    const [record] = judge({ values: [open] }, [
      measured('gem', [0.7, 0.7], { hyperParameters: { memory: 1100 } }),
      measured('gem', [0.9, 0.9], { hyperParameters: { memory: 4400 }, methodKey: 'gem#2', published: false }),
    ]);
    expect(record).toMatchObject({
      methodKey: 'gem#2',
      verdict: 'reproduced',
      note: expect.stringMatching(/does not say.*memory 4400/),
    });
  });
  test('the cell shows the comparable claim', () => {
    const claims = judge(
      { values: [claim({ differences: [{ field: 'a', published: 'b', here: 'c' }], value: 0.5 }), claim()] },
      [measured('ewc', [0.9, 0.9])],
    );
    expect(claimForCell(claims, 's/task-il', 'ewc#1', ACC)?.published.value).toBe(0.9);
    expect(claimForCell(claims, 's/task-il', 'other', ACC)).toBeNull();
  });
});

describe('the rule of orderings', () => {
  const ordering = {
    suite: 's/task-il',
    metric: ACC,
    better: { method: 'ewc' },
    worse: { method: 'naive' },
    value: 0.05,
  };
  test('the paired interval lies on its side of zero, though the unpaired ones overlap', () => {
    const [record] = judge({ orderings: [ordering] }, [
      measured('ewc', [0.2, 0.5, 0.8]),
      measured('naive', [0.19, 0.49, 0.785]),
    ]);
    expect(record).toMatchObject({
      kind: 'ordering',
      method: 'ewc > naive',
      verdict: 'reproduced',
      published: { value: 0.05 },
    });
    // By hand: differences .01, .01, .015; mean 7/600, deviation .0028868, t(2, .975) = 4.3027: ± .0071713.
    expect(record?.measured).toMatchObject({
      n: 3,
      mean: expect.closeTo(0.0116667, 6),
      low: expect.closeTo(0.0044953, 6),
      high: expect.closeTo(0.018838, 6),
    });
  });
  test('seeds are paired by number, whatever their order; seeds of one side only count nothing', () => {
    const seeds = (values: Readonly<Record<number, number>>) => ({
      values: { [ACC]: Object.entries(values).map(([seed, value]) => ({ seed: Number(seed), value })) },
    });
    const [record] = judge({ orderings: [ordering] }, [
      measured('ewc', [], seeds({ 0: 0.9, 3: 0.6, 4: 0.5, 8: 0 })),
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
  test('an interval that holds zero is off; the wrong side too', () => {
    expect(
      judge({ orderings: [ordering] }, [measured('ewc', [0.5, 0.6, 0.7]), measured('naive', [0.6, 0.5, 0.65])])[0]
        ?.verdict,
    ).toBe('off');
    const wrong = judge({ orderings: [{ ...ordering, tried: 'Longer training.' }] }, [
      measured('ewc', [0.1, 0.1, 0.1]),
      measured('naive', [0.9, 0.91, 0.9]),
    ])[0];
    expect(wrong).toMatchObject({ verdict: 'off', note: expect.stringContaining('Longer training.') });
  });
  test('lower is better for losses', () => {
    const nll = {
      'nll.test': [
        { seed: 0, value: 0.1 },
        { seed: 1, value: 0.2 },
        { seed: 2, value: 0.15 },
      ],
    };
    const worse = {
      'nll.test': [
        { seed: 0, value: 0.3 },
        { seed: 1, value: 0.41 },
        { seed: 2, value: 0.36 },
      ],
    };
    expect(metric('nll.test').direction).toBe('lower');
    const losses = { ...ordering, metric: 'nll.test', value: -0.2 };
    expect(
      judge({ orderings: [losses] }, [
        measured('ewc', [], { values: nll }),
        measured('naive', [], { values: worse }),
      ])[0],
    ).toMatchObject({ verdict: 'reproduced', note: expect.stringContaining('lower is better') });
    expect(
      judge({ orderings: [losses] }, [
        measured('ewc', [], { values: worse }),
        measured('naive', [], { values: nll }),
      ])[0]?.verdict,
    ).toBe('off');
  });
  test('a source that gives the order only: 0 is the bound, and the note says so', () => {
    const { value: _value, ...order } = ordering;
    const [record] = judge({ orderings: [order] }, [
      measured('ewc', [0.5, 0.6, 0.7]),
      measured('naive', [0.4, 0.5, 0.61]),
    ]);
    expect(claimRecord.parse(record)).toMatchObject({
      verdict: 'reproduced',
      published: { value: 0, spread: null, n: null, source: 'A & B 2018; Table 2' },
      note: expect.stringContaining('the order only'),
    });
  });
  test('fewer than three shared seeds cannot say; none neither', () => {
    expect(
      judge({ orderings: [ordering] }, [measured('ewc', [0.9, 0.9]), measured('naive', [0.1, 0.11])])[0],
    ).toMatchObject({ verdict: 'not run', measured: { n: 2 }, note: expect.stringMatching(/Only 2 shared seeds/) });
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

describe('what a record is about', () => {
  test('a value names one method, an ordering two, without their settings', () => {
    expect(methodsOfClaim('ewc')).toEqual(['ewc']);
    expect(methodsOfClaim('rehearsal (memory 1100) > ewc (lambda 1200)')).toEqual(['rehearsal', 'ewc']);
    const [record] = judge(
      {
        orderings: [
          {
            suite: 's/task-il',
            metric: ACC,
            better: { method: 'ewc', hyperParameters: { lambda: 200 } },
            worse: { method: 'naive' },
          },
        ],
      },
      [],
    );
    expect([methodsOfClaim(record?.method ?? ''), isOrdering(record?.method ?? ''), isOrdering('ewc')]).toEqual([
      ['ewc', 'naive'],
      true,
      false,
    ]);
  });
});

describe('files', () => {
  const files = loadClaims(fileURLToPath(new URL('../../../resources/claims', import.meta.url)));
  const hsu = files.find(({ id }) => id === 'split-mnist-hsu');
  test('Hsu et al.: ten comparable rows in three scenarios, LwF apart, shares not per cents', () => {
    const comparable = hsu?.values.filter(({ differences }) => differences.length === 0) ?? [];
    expect(comparable).toHaveLength(30);
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
    for (const { values, orderings } of files) {
      expect(values.length + orderings.length).toBeGreaterThan(0);
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
    for (const { values, orderings } of files)
      for (const entry of [...values, ...orderings]) expect(() => metric(entry.metric)).not.toThrow();
    expect(new Set(files.map(({ id }) => id)).size).toBe(files.length);
  });
  test('a broken file names itself and the field', () => {
    expect(() => parseClaims('{', 'x.json')).toThrow(/x\.json is not JSON/);
    expect(() => parseClaims(JSON.stringify({ ...hsu, spreadKind: 'range' }), 'x.json')).toThrow(/x\.json.*spreadKind/);
    expect(() => parseClaims(JSON.stringify({ ...hsu, tolerance: 0.5 }), 'x.json')).toThrow(/tolerance/);
  });
});

import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBench, request, temporaryFolder } from '../../fixtures/fake-workbench.ts';
import type { Bench } from '../../fixtures/fake-workbench.ts';
import { storeManyTrials } from '../../fixtures/many-trials.ts';
import { fakeSuite } from '../../fixtures/fake-runner.ts';
import { study } from '../../fixtures/results.ts';
import { loadSuites } from '../../../src-main/suites/registry.ts';
import { formatP, formatSigned } from '../../../src-main/metrics/format.ts';

const SUITE = 'fake/suite';
const METRIC = 'acc.test';
const folder = temporaryFolder();
let bench: Bench;

beforeAll(async () => {
  bench = await openBench(folder.path, {
    suites: await loadSuites({ given: [{ ...fakeSuite(SUITE), metrics: [METRIC] }] }),
  });
  const suites = [{ id: SUITE, metrics: [METRIC] }];
  storeManyTrials(
    bench.store,
    { suites, methods: ['fake-walk'], configurations: 7, seeds: 5 },
    study('asked', { name: 'One question', request: JSON.stringify(request(['fake-walk'])) }),
  );
}, 60_000);
afterAll(async () => {
  await bench.workbench.close({ graceful: false });
  folder.remove();
});

const board = (more: object = {}) =>
  bench.workbench.call('leaderboard.get', { study: 'asked', metrics: [METRIC], ...more });

it('one question has one answer on the leaderboard, in Compare and in the report', async () => {
  const { rows } = await board();
  expect(rows).toHaveLength(7);
  const cellOf = (key: string) => rows.find((row) => row.key === key)?.cells[0];
  const best = rows.find(({ cells: [cell] }) => cell?.best)?.key ?? '';
  const others = rows.map(({ key }) => key).filter((key) => key !== best);
  expect(others.every((key) => cellOf(key)?.p !== null)).toBe(true);

  const [report] = (await bench.workbench.call('report.make', { study: 'asked', formats: ['html'] })).files;
  const html = report?.text ?? '';
  for (const other of others) {
    const found = await bench.workbench.call('compare.get', {
      study: 'asked',
      suite: SUITE,
      metric: METRIC,
      rows: [other, best],
    });
    const [pair] = found.pairs;
    expect(found.family).toMatchObject({ configurations: 7, tested: 6, best: { key: best } });
    for (const method of found.methods) {
      const { estimate, rank, p, tiedWithBest } = cellOf(method.key) ?? {};
      expect(method).toMatchObject({ estimate, rank, p, tiedWithBest });
    }
    expect(pair?.familyP).toBe(cellOf(other)?.p);
    expect(html).toContain(`<td>${formatP(pair?.familyP ?? null).replace('<', '&lt;')}</td>`);
    expect(pair === undefined ? '' : html).toMatch(
      new RegExp(`<td>[+−]${formatSigned(Math.abs(pair?.mean ?? 0), 'share', 2).slice(1)}</td>`),
    );
    // As the baseline, the best asks the same question.
    const against = (await board({ baseline: best })).rows.find(({ key }) => key === other)?.cells[0]?.delta;
    expect(against).toMatchObject({ p: cellOf(other)?.p, mean: pair?.mean, low: pair?.low, high: pair?.high, n: 5 });
  }
});

it('a report has every pair, and says what they are adjusted over', async () => {
  const [report] = (await bench.workbench.call('report.make', { study: 'asked', formats: ['html'] })).files;
  const section = /<section id="comparisons">.*?<\/section>/s.exec(report?.text ?? '')?.[0] ?? '';
  const pairs = section.match(/<td>[+−]?\d+\.\d\d<\/td><td>/g) ?? [];
  expect(pairs).toHaveLength(21);
  expect(section).toContain('(Holm, 6)');
  expect(section).toContain('(Holm, 21)');
});

it('internal trials are no rows', async () => {
  const methods = (await bench.workbench.call('leaderboard.get', {})).rows.map(({ method }) => method);
  expect(methods).not.toContain('train-network');
});

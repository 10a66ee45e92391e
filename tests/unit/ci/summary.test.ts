import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SUMMARY = path.join(import.meta.dirname, '..', '..', '..', '.ci', 'summary.mjs');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'touchstone-ci-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const vitest = (...states: string[]): object => ({
  testResults: [
    {
      name: '/x/a.test.ts',
      status: 'passed',
      assertionResults: states.map((status, i) => ({ ancestorTitles: ['suite'], title: `t${i}`, status })),
    },
  ],
});
const playwright = (...states: string[]): object => ({
  suites: [
    {
      title: 'a.spec.ts',
      specs: [],
      suites: [
        {
          title: 'view',
          specs: states.map((status, i) => ({ title: `e${i}`, tests: [{ projectName: 'electron', status }] })),
        },
      ],
    },
  ],
  errors: [],
});

interface Input {
  parts?: readonly (readonly [string, number])[];
  unit?: object;
  e2e?: object;
  allowed?: readonly object[];
}
function summary({
  parts = [
    ['npm test', 0],
    ['end-to-end', 0],
  ],
  unit = vitest('passed'),
  e2e = playwright('expected'),
  allowed = [],
}: Input): { code: number | null; lines: string[] } {
  const put = (name: string, value: unknown): void => {
    writeFileSync(path.join(folder, name), JSON.stringify(value));
  };
  writeFileSync(path.join(folder, 'parts.tsv'), `${parts.map(([name, code]) => `${name}\t${code}\t1`).join('\n')}\n`);
  put('vitest.json', unit);
  if (parts.some(([name]) => name === 'end-to-end')) put('e2e.json', e2e);
  put('allowed.json', allowed);
  const { status, stdout } = spawnSync(process.execPath, [SUMMARY, folder, path.join(folder, 'allowed.json')], {
    encoding: 'utf8',
  });
  return { code: status, lines: stdout.trim().split('\n') };
}

describe('.ci/summary', () => {
  it('adds both runners and ends with the plain line', () => {
    const { code, lines } = summary({ unit: vitest('passed', 'passed'), e2e: playwright('expected', 'flaky') });
    expect(code).toBe(0);
    expect(lines.at(-1)).toBe('4 passed, 0 failed, 0 skipped');
  });

  it('fails on a failed test of either runner', () => {
    expect(summary({ unit: vitest('failed') })).toMatchObject({ code: 1 });
    const { code, lines } = summary({ e2e: playwright('unexpected') });
    expect(code).toBe(1);
    expect(lines).toContain('failed: end-to-end, electron: a.spec.ts > view > e0');
    expect(lines.at(-1)).toBe('1 passed, 1 failed, 0 skipped');
  });

  it.each([['skipped'], ['pending'], ['todo'], ['disabled']])('fails on a %s test that is not listed', (state) => {
    expect(summary({ unit: vitest('passed', state) }).code).toBe(1);
  });

  it('accepts a listed one with a reason, and counts it', () => {
    const entry = {
      runner: 'end-to-end, electron',
      test: 'a.spec.ts > view',
      reason: 'the test Electron has no dark mode',
    };
    const { code, lines } = summary({ e2e: playwright('skipped'), allowed: [entry] });
    expect([code, lines.at(-1)]).toEqual([0, '1 passed, 0 failed, 1 skipped']);
    expect(summary({ e2e: playwright('skipped'), allowed: [{ ...entry, reason: '' }] }).code).toBe(1);
    expect(summary({ e2e: playwright('skipped'), allowed: [{ ...entry, runner: 'npm test' }] }).code).toBe(1);
  });

  it('fails when a part failed though every test passed', () => {
    const { code, lines } = summary({
      parts: [
        ['npm test', 0],
        ['lint', 1],
      ],
    });
    expect(code).toBe(1);
    expect(lines).toContain('lint ended with exit code 1');
  });

  it('fails when nothing ran and when a file could not be loaded', () => {
    expect(summary({ parts: [['npm test', 0]], unit: { testResults: [] } }).lines).toContain('no test ran');
    expect(
      summary({
        parts: [['npm test', 1]],
        unit: {
          testResults: [{ name: '/x/b.test.ts', status: 'failed', message: 'SyntaxError', assertionResults: [] }],
        },
      }).lines,
    ).toContain('failed: npm test: b.test.ts: SyntaxError');
  });
});

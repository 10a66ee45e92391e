import type { MeasuredConfiguration } from '../../../src-main/metrics/claims/choose.ts';
import { claimsFile } from '../../../src-main/metrics/claims/file.ts';
import { judgeClaims } from '../../../src-main/metrics/claims/judge.ts';

/** A paper's claims and what was measured for them, for tests of verdicts. */

export const ACC = 'acc.final-mean-tasks';
export const file = (
  part: { [kind in 'values' | 'orderings' | 'identities' | 'bounds']?: unknown[] } & { spreadKind?: string },
) =>
  claimsFile.parse({
    format: 2,
    id: 'paper',
    title: 'Paper',
    source: { citation: 'A & B 2018', location: 'Table 2' },
    protocol: 'as ours',
    spreadKind: 'standard deviation',
    values: [],
    orderings: [],
    ...part,
  });
export const claim = (more: Record<string, unknown> = {}) => ({
  id: 'ewc',
  protocol: 'published',
  suite: 's/task-il',
  method: 'ewc',
  metric: ACC,
  row: 'EWC',
  value: 0.9,
  spread: 0.01,
  n: 10,
  ...more,
});
export const measured = (
  method: string,
  values: readonly number[],
  more: Partial<MeasuredConfiguration> = {},
): MeasuredConfiguration => ({
  suite: 's/task-il',
  methodKey: `${method}#1`,
  method,
  hyperParameters: {},
  published: true,
  older: [],
  seeds: values.map((_, seed) => seed),
  values: { [ACC]: values.map((value, seed) => ({ seed, value })) },
  ...more,
});
export const scenario = (suite: string): string => suite.split('/')[1] ?? suite;
export const judge = (part: Parameters<typeof file>[0], configurations: readonly MeasuredConfiguration[]) =>
  judgeClaims(file(part), configurations, scenario);

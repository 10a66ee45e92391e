import { describe, expect, test } from 'vitest';
import { claimsFile } from '../../../src-main/metrics/claims/file.ts';
import { studiesThatJudge } from '../../../src-main/workbench/claims/studies.ts';
import { studyRequest } from '../../../src-main/workbench/contract/contract.ts';

const ACC = 'acc.final-mean-tasks';
const differences = [{ field: 'network', published: 'LeNet', here: 'MLP' }];
const paper = claimsFile.parse({
  format: 2,
  id: 'paper',
  title: 'Paper',
  source: { citation: 'A & B 2018', location: 'Table 2' },
  protocol: 'as ours',
  spreadKind: 'standard deviation',
  values: [
    {
      id: 'gem',
      protocol: 'published',
      suite: 's/one',
      method: 'gem',
      hyperParameters: [{ memory: 1100 }, { memory: 4400 }],
      metric: ACC,
      row: 'GEM',
      value: 0.9,
      spread: 0.01,
      n: 10,
    },
    {
      id: 'elsewhere',
      protocol: 'ours',
      suite: 's/one',
      method: 'er',
      metric: ACC,
      row: 'ER',
      value: 0.9,
      spread: null,
      n: 20,
      differences,
    },
  ],
  orderings: [
    {
      id: 'gem-over-naive',
      protocol: 'published',
      suite: 's/one',
      metric: ACC,
      better: { method: 'gem', hyperParameters: { memory: 1100 } },
      worse: { method: 'naive' },
    },
    {
      id: 'er-over-naive',
      protocol: 'ours',
      suite: 's/two',
      metric: ACC,
      better: { method: 'er' },
      worse: { method: 'naive' },
      note: 'Published for CIFAR-10.',
    },
  ],
});
const none = new Map<string, number>();
const judging = (name: string, shipped = none) => studiesThatJudge([paper], name, shipped);

describe('the studies that judge a claim', () => {
  test('a value: every setting that the source leaves open, as many seeds as were published, no references', () => {
    const { claims, studies } = judging('paper/gem');
    expect(claims).toEqual(['paper/gem']);
    expect(studies).toHaveLength(1);
    expect(studyRequest.parse(studies[0])).toMatchObject({
      suites: ['s/one'],
      methods: [
        { method: 'gem', hyperParameters: { memory: 1100 } },
        { method: 'gem', hyperParameters: { memory: 4400 } },
      ],
      seeds: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      references: false,
    });
  });
  test('an ordering: both sides, five seeds, or as many as the reference runs have', () => {
    const seeds = (shipped: ReadonlyMap<string, number>) =>
      studiesThatJudge([paper], 'paper/er-over-naive', shipped).studies.map((study) => study.seeds.length);
    expect(judging('paper/er-over-naive').studies[0]?.methods).toEqual([
      { method: 'er', hyperParameters: {} },
      { method: 'naive', hyperParameters: {} },
    ]);
    expect(seeds(none)).toEqual([5]);
    expect(seeds(new Map([['paper/er-over-naive', 3]]))).toEqual([5]);
    expect(seeds(new Map([['paper/er-over-naive', 10]]))).toEqual([10]);
  });
  test('a source: one study a suite, each configuration once, without what cannot be compared', () => {
    const { claims, studies } = judging('paper');
    expect(claims).toEqual(['paper/gem', 'paper/gem-over-naive', 'paper/er-over-naive']);
    expect(
      studies.map(({ suites, methods, seeds }) => [suites, methods.map(({ method }) => method), seeds.length]),
    ).toEqual([
      [['s/one'], ['gem', 'gem', 'naive'], 10],
      [['s/two'], ['er', 'naive'], 5],
    ]);
  });
  test('what is not there is named with what is near; what no study can judge is refused', () => {
    expect(() => judging('paper/gme')).toThrow('There is no claim "paper/gme". Did you mean "paper/gem"?');
    expect(() => judging('paper/elsewhere')).toThrow('No study can judge paper/elsewhere');
  });
});

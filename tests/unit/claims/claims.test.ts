import { describe, expect, test } from 'vitest';
import { matches } from '../../../src-main/metrics/claims/choose.ts';
import { claimForCell } from '../../../src-main/metrics/claims/judge.ts';
import { claimRecord } from '../../../src-main/workbench/contract/contract.ts';
import { ACC, file, claim, measured, judge } from './paper.ts';

describe('bounds', () => {
  const bound = {
    id: 'late',
    protocol: 'ours',
    suite: 's/task-il',
    method: 'ewc',
    metric: ACC,
    atLeast: 5,
    note: 'Published as a picture.',
    tried: 'one setting',
  };
  test.each([
    [[5, 6, 7, 8, 9], 'holds here', '5 of 5 seeds reach it.'],
    [[4.99, 6, 7, 8, 9], 'holds here', '4 of 5 seeds reach it.'],
    [[4, 4, 7, 8, 9], 'does not hold here', '3 of 5 seeds reach it. one setting'],
    [[5, 6, 7, 8], 'not run', 'Only 4 seeds: a bound is judged from 5 on.'],
  ])('%j against 5: %s', (values, verdict, because) => {
    const [record] = judge({ bounds: [bound] }, [measured('ewc', values)]);
    expect(record).toMatchObject({ kind: 'bound', verdict, published: { value: 5 } });
    expect(record?.note).toBe(`A bound, for at least four seeds of five. Published as a picture. ${because}`);
    expect(claimRecord.parse(record)).toMatchObject({ kind: 'bound' });
  });
  test('a seed that was measured and has no value does not reach it', () => {
    const four = measured('ewc', [9, 9, 9, 9], { seeds: [0, 1, 2, 3, 4, 5] });
    expect(judge({ bounds: [bound] }, [four])[0]).toMatchObject({ verdict: 'does not hold here', measured: { n: 4 } });
    const none = measured('ewc', [], { seeds: [0, 1, 2, 3, 4] });
    expect(judge({ bounds: [bound] }, [none])[0]).toMatchObject({ verdict: 'does not hold here', measured: null });
  });
  test('is never of the published protocol, and says what was published', () => {
    expect(() => file({ bounds: [{ ...bound, protocol: 'published' }] })).toThrow('a bound is ours');
    expect(() => file({ bounds: [{ ...bound, note: '' }] })).toThrow('a bound is ours');
  });
});

describe('values', () => {
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
  test('one seed is shown, and not judged', () => {
    expect(judge({ values: [claim()] }, [measured('ewc', [0.9])])[0]).toMatchObject({
      verdict: 'not run',
      measured: { n: 1, mean: 0.9 },
      note: 'Only one seed: a value is judged from 2 on.',
    });
  });
  test('not run; not comparable names the fields, however near the value', () => {
    expect(judge({ values: [claim()] }, [])[0]).toMatchObject({
      verdict: 'not run',
      measured: null,
      scenario: 'task-il',
    });
    const differences = [{ field: 'epochs', published: '10', here: '4' }];
    expect(
      judge({ values: [claim({ protocol: 'ours', differences })] }, [measured('ewc', [0.9, 0.9])])[0],
    ).toMatchObject({
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
      {
        values: [
          claim({ id: 'x', protocol: 'ours', differences: [{ field: 'a', published: 'b', here: 'c' }], value: 0.5 }),
          claim(),
        ],
      },
      [measured('ewc', [0.9, 0.9])],
    );
    expect(claimForCell(claims, 's/task-il', 'ewc#1', ACC)?.published.value).toBe(0.9);
    expect(claimForCell(claims, 's/task-il', 'other', ACC)).toBeNull();
  });
});

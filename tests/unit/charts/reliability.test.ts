import { describe, expect, it } from 'vitest';
import { reliabilityPicture, reliabilitySentence } from '../../../src-renderer/charts/options/reliability.ts';
import { lightStyle } from '../../../src-renderer/charts/style.ts';

describe('reliability', () => {
  const bin = (from: number, confidence: number | null, accuracy: number | null, count: number) => ({
    from,
    to: from + 0.5,
    confidence,
    accuracy,
    count,
  });
  it('says the error and on which side of the diagonal the samples lie', () => {
    // 30 samples at .7 that are right half the time: 20 points too sure; 10 at .4 that are always right.
    expect(
      reliabilitySentence({
        task: null,
        samples: 30,
        error: 0.2,
        bins: [bin(0, null, null, 0), bin(0.5, 0.7, 0.5, 30)],
      }),
    ).toMatch(/^Over-confident.*20\.00 points.*2 bins, 30 samples/);
    expect(reliabilitySentence({ task: null, samples: 10, error: 0.6, bins: [bin(0, 0.4, 1, 10)] })).toMatch(
      /^Under-confident/,
    );
    expect(
      reliabilitySentence({
        task: null,
        samples: 20,
        error: 0.2,
        bins: [bin(0, 0.4, 0.6, 10), bin(0.5, 0.8, 0.6, 10)],
      }),
    ).toMatch(/in some bins/);
    expect(reliabilitySentence({ task: null, samples: 10, error: 0, bins: [bin(0.5, 0.8, 0.8, 10)] })).toMatch(
      /as often right as it says/,
    );
  });
  it('puts every bin into its table, empty ones too', () => {
    const { table } = reliabilityPicture(
      {
        curve: { task: 1, samples: 30, error: 0.2, bins: [bin(0, null, null, 0), bin(0.5, 0.7, 0.5, 30)] },
        of: 'task 2',
        trial: 't',
      },
      lightStyle,
    );
    expect(table.rows).toEqual([
      [0, 0.5, 0, null, null, 't'],
      [0.5, 1, 30, 0.7, 0.5, 't'],
    ]);
  });
});

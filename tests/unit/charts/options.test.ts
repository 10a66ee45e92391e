import { describe, expect, it } from 'vitest';
import { tableToCsv } from '../../../src-renderer/charts/export.ts';
import { columnUnit, costDecimals, probability, signed, uncertainty } from '../../../src-main/metrics/board/numbers.ts';
import { classScores, confusionPicture, worstConfusions } from '../../../src-renderer/charts/options/confusion.ts';
import { forestPicture } from '../../../src-renderer/charts/options/forest.ts';
import { forgettingPicture, forgettingSeries } from '../../../src-renderer/charts/options/forgetting.ts';
import { barrier, interpolationPicture } from '../../../src-renderer/charts/options/interpolation.ts';
import { linesPicture, smooth, thin } from '../../../src-renderer/charts/options/lines.ts';
import { accuracyMatrixPicture } from '../../../src-renderer/charts/options/matrix.ts';
import { paretoFront, paretoPicture } from '../../../src-renderer/charts/options/pareto.ts';
import { reliabilityPicture, reliabilitySentence } from '../../../src-renderer/charts/options/reliability.ts';
import { seedsPicture } from '../../../src-renderer/charts/options/seeds.ts';
import { tip, type Picture } from '../../../src-renderer/charts/picture.ts';
import { renderSvg } from '../../../src-renderer/charts/render.ts';
import { contrast, darkStyle, inkOn, lightStyle, luminance, rampColor } from '../../../src-renderer/charts/style.ts';

const HOSTILE = 'a_b & <c>';
const STYLES = [
  ['light', lightStyle],
  ['dark', darkStyle],
] as const;

describe('smoothing', () => {
  it('leaves a constant as it is, from the first point on', () => {
    const flat = Array.from({ length: 20 }, (_, x) => ({ x, y: 3 }));
    for (const point of smooth(flat, 0.9)) expect(point.y).toBeCloseTo(3, 12);
  });
  it('is the weighted mean of all points so far', () => {
    const [, second] = smooth(
      [
        { x: 0, y: 1 },
        { x: 1, y: 4 },
      ],
      0.5,
    );
    // weights 0.5·0.5 and 0.5, normed: (0.25·1 + 0.5·4) / 0.75
    expect(second?.y).toBeCloseTo(3, 12);
  });
  it('gives the points back at weight 0', () => {
    const points = [{ x: 0, y: 1 }];
    expect(smooth(points, 0)).toBe(points);
  });
});

describe('thinning', () => {
  it('keeps ends, order and the one spike', () => {
    const points = Array.from({ length: 5000 }, (_, x) => ({ x, y: x === 3210 ? 50 : 0 }));
    const kept = thin(points, 200);
    expect(kept).toHaveLength(200);
    expect(kept[0]?.x).toBe(0);
    expect(kept.at(-1)?.x).toBe(4999);
    expect(kept.some((point) => point.y === 50)).toBe(true);
    expect(kept.every((point, i) => i === 0 || point.x > (kept[i - 1]?.x ?? 0))).toBe(true);
  });
});

describe('barrier', () => {
  it('is the largest height over the straight line between the ends', () => {
    const found = barrier(
      [
        { x: 1, y: 3 },
        { x: 0, y: 1 },
        { x: 0.5, y: 5 },
      ],
      'up',
    );
    expect(found).toEqual({ lambda: 0.5, height: 3, value: 5, chord: 2 });
  });
  it('is zero on a curve that sags, and turns round for accuracies', () => {
    const points = [
      { x: 0, y: 1 },
      { x: 0.5, y: 0.2 },
      { x: 1, y: 1 },
    ];
    expect(barrier(points, 'up')?.height).toBe(0);
    expect(barrier(points, 'down')?.height).toBeCloseTo(0.8, 12);
  });
  it('needs two ends', () => expect(barrier([{ x: 0, y: 1 }], 'up')).toBeNull());
});

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

describe('classes', () => {
  const counts = [
    [8, 2],
    [1, 9],
  ];
  it('scores recall, precision and F1', () => {
    const [first] = classScores(['a', 'b'], counts);
    expect(first).toMatchObject({ support: 10, recall: 0.8 });
    expect(first?.precision).toBeCloseTo(8 / 9, 12);
    expect(first?.f1).toBeCloseTo(16 / 19, 12);
  });
  it('does not invent a score for a class that never occurs', () =>
    expect(
      classScores(
        ['a', 'b'],
        [
          [0, 0],
          [0, 3],
        ],
      )[0]?.recall,
    ).toBeNaN());
  it('lists the worst confusions first', () =>
    expect(worstConfusions(['a', 'b'], counts, 5).map((each) => [each.truth, each.count])).toEqual([
      ['a', 2],
      ['b', 1],
    ]));
});

describe('Pareto front', () => {
  const points = [
    { key: 'a', name: 'a', cost: 1, quality: 0.5 },
    { key: 'b', name: 'b', cost: 2, quality: 0.4 },
    { key: 'c', name: 'c', cost: 3, quality: 0.9 },
    { key: 'd', name: 'd', cost: 3, quality: 0.8 },
  ];
  it('keeps what nothing beats at its cost', () => expect(paretoFront(points, 'higher')).toEqual(['a', 'c']));
  it('is not moved by rounding: the dearer of two equal methods is beaten', () => {
    const sum = 0.1 + 0.2;
    const equal = [
      { key: 'a', name: 'a', cost: 1, quality: 0.3 },
      { key: 'b', name: 'b', cost: 2, quality: sum },
    ];
    expect(sum).toBeGreaterThan(0.3);
    expect(paretoFront(equal, 'higher')).toEqual(['a']);
  });
  it('turns round when lower is better', () => expect(paretoFront(points, 'lower')).toEqual(['a', 'b']));
});

describe('forgetting lines', () => {
  it('start where a task is learnt and carry the mean over seen tasks', () => {
    const series = forgettingSeries(
      [
        [0.9, 0.1],
        [0.5, 0.7],
      ],
      lightStyle,
    );
    expect(series.map((each) => each.points)).toEqual([
      [
        { x: 1, y: 0.9 },
        { x: 2, y: 0.5 },
      ],
      [{ x: 2, y: 0.7 }],
      [
        { x: 1, y: 0.9 },
        { x: 2, y: 0.6 },
      ],
    ]);
  });
});

describe('numbers', () => {
  it('writes signs, uncertainties and p', () => {
    expect([signed(1.234, 2), signed(-1.234, 2), signed(0.001, 2), signed(-0.001, 2)]).toEqual([
      '+1.23',
      '−1.23',
      '0.00',
      '0.00',
    ]);
    expect([uncertainty(0.12, 2), uncertainty(0.001, 2), uncertainty(0, 2)]).toEqual(['0.12', '<0.01', '0.00']);
    expect([probability(null), probability(0.0004), probability(0.0312), probability(0.31), probability(1)]).toEqual([
      '–',
      '< .001',
      '.031',
      '.31',
      '1.0',
    ]);
  });
  it('chooses one unit for a column', () => {
    expect(columnUnit([30, 700, 900], 'seconds')).toEqual({ label: 'min', divisor: 60 });
    expect(columnUnit([3.2e9, 4e9, 1e12], 'flop').label).toBe('GFLOP');
    expect(columnUnit([], 'bytes').label).toBe('B');
    expect(costDecimals([0, 0], { label: 'B', divisor: 1 })).toBe(0);
  });
});

describe('colour', () => {
  it('knows luminance and contrast of black and white', () => {
    expect(luminance('#ffffff')).toBeCloseTo(1, 10);
    expect(contrast('#000000', '#fff')).toBeCloseTo(21, 10);
  });
  it.each(STYLES)('%s: series reach 3:1, texts 4.5:1, labels on every heat colour 4.5:1', (_name, style) => {
    for (const look of style.looks) expect(contrast(look.color, style.surface), look.color).toBeGreaterThanOrEqual(3);
    for (const text of [style.text, style.muted, style.better, style.worse])
      expect(contrast(text, style.surface)).toBeGreaterThanOrEqual(4.5);
    for (let share = 0; share <= 1; share += 0.05) {
      const color = rampColor(style.sequential, share);
      expect(contrast(inkOn(color), color), `${share}`).toBeGreaterThanOrEqual(4.5);
    }
  });
  it.each(STYLES)('%s: the heat ramp leaves the surface step by step', (_name, style) => {
    const distances = style.sequential.map((color) => contrast(color, style.surface));
    expect(distances).toEqual(distances.toSorted((a, b) => a - b));
  });
});

const estimate = {
  mean: 0.9,
  low: 0.89,
  high: 0.91,
  values: [
    { seed: 0, value: 0.9, trial: 'trial-1' },
    { seed: 1, value: 0.91, trial: 'trial-2' },
  ],
};

function allPictures(style: typeof lightStyle): readonly Picture[] {
  const points = Array.from({ length: 5 }, (_, x) => ({ x, y: x / 5, low: x / 6, high: x / 4 }));
  return [
    linesPicture(
      {
        name: 'curves',
        series: [
          { key: 'a', name: HOSTILE, points, trials: ['trial-1'] },
          { key: 'b', name: 'b', points: [] },
        ],
        xLabel: 'step',
        yLabel: 'loss',
        smoothing: 0.6,
      },
      style,
    ),
    accuracyMatrixPicture(
      [
        [0.9, Number.NaN],
        [0.4, 0.8],
      ],
      [0.1, 0.1],
      style,
      'trial-1',
    ),
    forgettingPicture(
      [
        [0.9, 0.1],
        [0.4, 0.8],
      ],
      style,
      'trial-1',
    ),
    interpolationPicture(
      {
        name: 'interpolation',
        series: [
          {
            key: 'a',
            name: HOSTILE,
            points: [
              { x: 0, y: 0.1 },
              { x: 0.5, y: 2 },
              { x: 1, y: 0.2 },
            ],
          },
        ],
        yLabel: 'loss',
        worse: 'up',
        share: false,
      },
      style,
    ),
    confusionPicture(
      {
        classes: [HOSTILE, 'b'],
        counts: [
          [8, 2],
          [0, 9],
        ],
        trial: 'trial-1',
      },
      style,
    ),
    reliabilityPicture(
      {
        curve: {
          task: null,
          samples: 3,
          error: 0.1,
          bins: [
            { from: 0, to: 0.5, confidence: 0.5, accuracy: 0.4, count: 3 },
            { from: 0.5, to: 1, confidence: null, accuracy: null, count: 0 },
          ],
        },
        of: HOSTILE,
        trial: 'trial-1',
      },
      style,
    ),
    seedsPicture(
      {
        name: 'seeds',
        groups: [
          { key: 'a', name: HOSTILE, ...estimate },
          { key: 'b', name: 'b', ...estimate, low: null, high: null },
        ],
        xLabel: 'accuracy (%)',
        scale: 100,
        decimals: 2,
        joined: true,
      },
      style,
    ),
    forestPicture(
      {
        rows: [
          {
            key: 'ab',
            label: `${HOSTILE} − b`,
            mean: 0.01,
            low: 0.001,
            high: 0.02,
            p: 0.03,
            judgement: 'better',
            effectSize: 1.2,
            n: 5,
          },
        ],
        xLabel: 'difference (points)',
        direction: 'higher',
        scale: 100,
        decimals: 2,
        trials: ['trial-1'],
      },
      style,
    ),
    paretoPicture(
      {
        points: [
          { key: 'a', name: HOSTILE, cost: 1, quality: 0.5, low: 0.4, high: 0.6, trials: ['trial-1'] },
          { key: 'b', name: 'b', cost: 200, quality: 0.7 },
        ],
        costLabel: 'time (s)',
        qualityLabel: 'accuracy (%)',
        direction: 'higher',
        formatCost: String,
        formatQuality: String,
      },
      style,
    ),
  ];
}

describe.each(STYLES)('every picture, %s', (_name, style) => {
  const pictures = allPictures(style);
  it.each(pictures.map((picture) => [picture.name, picture] as const))(
    '%s draws without a DOM, describes itself and holds its numbers',
    (_picture, picture) => {
      const svg = renderSvg(picture, style, { width: 640 });
      expect(svg).toMatch(/^<svg role="img"/);
      expect(svg).not.toMatch(/NaN|undefined|<c>/);
      expect(svg).toContain('<title>');
      expect(picture.description.length).toBeGreaterThan(30);
      expect(picture.table.rows.length).toBeGreaterThan(0);
      for (const row of picture.table.rows) expect(row).toHaveLength(picture.table.columns.length);
      expect(picture.table.columns.at(-1)).toMatch(/^trials?$/);
    },
  );
  it('draws empty data without falling over', () => {
    for (const picture of [
      linesPicture({ name: 'none', series: [], xLabel: 'x', yLabel: 'y' }, style),
      confusionPicture({ classes: [], counts: [] }, style),
      accuracyMatrixPicture([], undefined, style),
    ]) {
      expect(renderSvg(picture, style, { width: 400 })).toContain('<svg');
    }
  });
});

describe('texts from people', () => {
  it('are escaped in tooltips and never become attributes', () => {
    expect(tip(HOSTILE, [{ label: '<b>', value: '"', color: 'red;"onmouseover="x' }])).not.toMatch(
      /<b>"|onmouseover|<c>/,
    );
  });
  it('are quoted in CSV and cannot be formulas', () => {
    expect(
      tableToCsv({
        columns: ['a', 'b'],
        rows: [
          ['x, "y"', 1.5],
          ['=1+1', null],
          ['plain', Number.NaN],
        ],
      }),
    ).toBe('a,b\r\n"x, ""y""",1.5\r\n\'=1+1,\r\nplain,\r\n');
  });
});

import { describe, expect, it } from 'vitest';
import { tableToCsv } from '../../../src-renderer/charts/export.ts';
import { confusionPicture } from '../../../src-renderer/charts/options/confusion.ts';
import { forestPicture } from '../../../src-renderer/charts/options/forest.ts';
import { forgettingPicture } from '../../../src-renderer/charts/options/forgetting.ts';
import { interpolationPicture } from '../../../src-renderer/charts/options/interpolation.ts';
import { linesPicture } from '../../../src-renderer/charts/options/lines.ts';
import { accuracyMatrixPicture } from '../../../src-renderer/charts/options/matrix.ts';
import { numbersPicture } from '../../../src-renderer/charts/options/numbers.ts';
import { paretoPicture } from '../../../src-renderer/charts/options/pareto.ts';
import { reliabilityPicture } from '../../../src-renderer/charts/options/reliability.ts';
import { seedsPicture } from '../../../src-renderer/charts/options/seeds.ts';
import { tasksPicture } from '../../../src-renderer/charts/options/tasks.ts';
import { tip, type Picture } from '../../../src-renderer/charts/picture.ts';
import { renderSvg } from '../../../src-renderer/charts/render.ts';
import { darkStyle, lightStyle } from '../../../src-renderer/charts/style.ts';

const HOSTILE = 'a_b & <c>';
const STYLES = [
  ['light', lightStyle],
  ['dark', darkStyle],
] as const;

const look = { color: '#0072b2', marker: 'circle' };
const estimate = {
  mean: 0.9,
  low: 0.89,
  high: 0.91,
  values: [
    { seed: 0, fold: null, value: 0.9, trial: 'trial-1' },
    { seed: 1, fold: null, value: 0.91, trial: 'trial-2' },
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
    numbersPicture(
      {
        name: HOSTILE,
        samples: 3,
        points: [
          [1, 2],
          [3, 3],
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
          { key: 'a', name: HOSTILE, ...look, ...estimate },
          { key: 'b', name: 'b', ...look, ...estimate, low: null, high: null },
        ],
        xLabel: 'accuracy (%)',
        scale: 100,
        decimals: 2,
        joined: true,
      },
      style,
    ),
    tasksPicture(
      {
        name: 'tasks',
        tasks: [HOSTILE, 'task 2'],
        groups: [
          { name: HOSTILE, ...look, values: [0.9, 0.5], trials: ['trial-1'] },
          { name: 'b', ...look, values: [0.8, null], trials: ['trial-1'] },
        ],
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
          { key: 'a', name: HOSTILE, ...look, cost: 1, quality: 0.5, low: 0.4, high: 0.6, trials: ['trial-1'] },
          { key: 'b', name: 'b', ...look, cost: 200, quality: 0.7 },
        ],
        costLabel: 'time (s)',
        qualityLabel: 'accuracy (%)',
        costUnit: 'seconds',
        scale: 100,
        direction: 'higher',
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

import { fixed } from '../../../src-main/metrics/board/numbers.ts';
import { rangeOf, valueText } from '../../../src-main/metrics/pictures/ticks.ts';
import type { Picture, Place } from '../picture.ts';
import type { ChartStyle } from '../style.ts';
import { linesPicture, type LinePoint, type LineSeries } from './lines.ts';

export interface Barrier {
  readonly lambda: number;
  /** Height over the straight line between the ends, in the curve's units; never below 0. */
  readonly height: number;
  readonly value: number;
  readonly chord: number;
}

/**
 * Barrier of a curve between two nets, after Frankle et al. (2020) and Entezari et al. (2022): the largest gap between
 * the curve and the straight line through its ends. `worse`: which way is worse (up for a loss, down for an accuracy).
 */
export function barrier(points: readonly LinePoint[], worse: 'up' | 'down'): Barrier | null {
  const sorted = points
    .filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y))
    .sort((a, b) => a.x - b.x);
  const first = sorted[0];
  const last = sorted.at(-1);
  if (first === undefined || last === undefined || last.x <= first.x) return null;
  let best: Barrier | null = null;
  for (const point of sorted) {
    const chord = first.y + ((point.x - first.x) / (last.x - first.x)) * (last.y - first.y);
    const height = worse === 'up' ? point.y - chord : chord - point.y;
    if (best === null || height > best.height) best = { lambda: point.x, height, value: point.y, chord };
  }
  return best === null ? null : { ...best, height: Math.max(0, best.height) };
}

export interface InterpolationSpec {
  readonly name: string;
  readonly series: readonly LineSeries[];
  readonly yLabel: string;
  readonly worse: 'up' | 'down';
  readonly share: boolean;
  readonly place?: Place;
}

/**
 * Loss or accuracy along (1 − λ)·A + λ·B; the chord between the ends and the barrier of the first curve are drawn and
 * named.
 */
export function interpolationPicture(spec: InterpolationSpec, style: ChartStyle): Picture {
  const heights = rangeOf(spec.series.flatMap(({ points }) => points.map(({ y }) => y)));
  const format = (value: number) => valueText(value, heights, { scale: spec.share ? 100 : 1 });
  const picture = linesPicture(
    {
      name: spec.name,
      series: spec.series,
      xLabel: 'λ from net A (0) to net B (1)',
      yLabel: spec.yLabel,
      integerX: false,
      scale: spec.share ? 100 : 1,
      ...(spec.place === undefined ? {} : { place: spec.place }),
    },
    style,
  );
  const first = spec.series[0];
  const found = first === undefined ? null : barrier(first.points, spec.worse);
  if (first === undefined || found === null) return picture;
  const ends = [...first.points].sort((a, b) => a.x - b.x);
  const [start, end] = [ends[0], ends.at(-1)];
  if (start === undefined || end === undefined) return picture;
  const size = found.height <= 1e-12 ? 'no barrier' : `barrier ${format(found.height)}${spec.share ? ' points' : ''}`;
  const words = found.height <= 1e-12 ? size : `${size} at λ = ${fixed(found.lambda, 2)}`;
  const series = Array.isArray(picture.option.series) ? picture.option.series : [];
  return {
    ...picture,
    description: `${picture.description} ${first.name}: ${words}.`,
    option: {
      ...picture.option,
      series: [
        ...series,
        {
          type: 'line',
          name: 'straight line between the ends',
          silent: true,
          showSymbol: false,
          z: 2,
          data: [
            [start.x, start.y],
            [end.x, end.y],
          ],
          lineStyle: { color: style.muted, width: 1, type: [3, 3] },
          tooltip: { show: false },
        },
        ...(found.height > 1e-12
          ? [
              {
                type: 'line' as const,
                name: 'barrier',
                silent: true,
                z: 10,
                tooltip: { show: false },
                data: [
                  { value: [found.lambda, found.chord], symbol: 'none' },
                  {
                    value: [found.lambda, (found.chord + found.value) / 2],
                    symbol: 'circle',
                    symbolSize: 1,
                    label: {
                      show: true,
                      position: found.lambda > 0.55 ? ('left' as const) : ('right' as const),
                      distance: 8,
                      color: style.worse,
                      fontSize: 12,
                      backgroundColor: style.surface,
                      padding: [1, 4],
                      formatter: size,
                    },
                  },
                  { value: [found.lambda, found.value], symbol: 'none' },
                ],
                lineStyle: { color: style.worse, width: 2 },
                itemStyle: { color: style.worse },
              },
            ]
          : []),
      ],
    },
  };
}

import { shortened } from '../../../src-main/base/shortened.ts';
import type { CustomSeriesOption, LineSeriesOption } from 'echarts/charts';
import { fixed } from '../../../src-main/metrics/board/numbers.ts';
import { axis, base, legend, tip, type Picture, type TableValue } from '../picture.ts';
import { lineTypeOf, lookAt, symbolOf, withAlpha, type ChartStyle, type SeriesLook } from '../style.ts';

export interface LinePoint {
  readonly x: number;
  readonly y: number;
  /** Ends of the band, both or none. */
  readonly low?: number;
  readonly high?: number;
}

export interface LineSeries {
  readonly key: string;
  readonly name: string;
  readonly color?: string;
  readonly marker?: string;
  readonly dash?: SeriesLook['dash'];
  readonly points: readonly LinePoint[];
  /** Trials behind this line, for the export. */
  readonly trials?: readonly string[];
}

export interface LinesSpec {
  readonly name: string;
  readonly series: readonly LineSeries[];
  readonly xLabel: string;
  readonly yLabel: string;
  /** 0 = none, towards 1 = more; the raw line stays, faint. */
  readonly smoothing?: number;
  readonly yMin?: number;
  readonly yMax?: number;
  readonly xScale?: 'linear' | 'log';
  /** Markers on every point; by default only when there are few. */
  readonly markers?: boolean;
  readonly integerX?: boolean;
  readonly formatY?: (value: number) => string;
  /** Shorter names for the legend alone. */
  readonly legendText?: (name: string) => string;
}

/**
 * Exponential moving average in order of x with Adam-style bias correction, so that the start is not pulled to zero.
 * `weight` in [0, 1) is how much of the past stays; 0 gives the points back.
 */
export function smooth(points: readonly LinePoint[], weight: number): readonly LinePoint[] {
  if (!(weight > 0)) return points;
  const keep = Math.min(weight, 0.999);
  let sum = 0;
  let norm = 0;
  return points.map((point) => {
    if (!Number.isFinite(point.y)) return point;
    sum = keep * sum + (1 - keep) * point.y;
    norm = keep * norm + (1 - keep);
    return { ...point, y: sum / norm };
  });
}

/** Largest-triangle-three-buckets (Steinarsson 2013): at most `limit` points that keep the shape; ends stay. */
export function thin(points: readonly LinePoint[], limit: number): readonly LinePoint[] {
  const last = points.length - 1;
  const first = points[0];
  const end = points[last];
  if (points.length <= limit || limit < 3 || first === undefined || end === undefined) return points;
  const kept: LinePoint[] = [first];
  const width = (points.length - 2) / (limit - 2);
  let anchor = first;
  for (let bucket = 0; bucket < limit - 2; bucket += 1) {
    const from = Math.floor(bucket * width) + 1;
    const to = Math.min(Math.floor((bucket + 1) * width) + 1, last);
    const next = points.slice(to, Math.max(to + 1, Math.min(Math.floor((bucket + 2) * width) + 1, points.length)));
    const ax = next.reduce((total, point) => total + point.x, 0) / next.length;
    const ay = next.reduce((total, point) => total + point.y, 0) / next.length;
    let best = points[from] ?? anchor;
    let bestArea = -1;
    for (const point of points.slice(from, Math.max(to, from + 1))) {
      const area = Math.abs((anchor.x - ax) * (point.y - anchor.y) - (anchor.x - point.x) * (ay - anchor.y));
      if (area > bestArea) [best, bestArea] = [point, area];
    }
    kept.push(best);
    anchor = best;
  }
  kept.push(end);
  return kept;
}

const THIN_ABOVE = 1500;

/** A filled band between `low` and `high`; one polygon drawn at the first item. */
export function bandSeries(name: string, points: readonly LinePoint[], color: string): CustomSeriesOption | null {
  const ends = points.flatMap((point) =>
    point.low === undefined || point.high === undefined ? [] : [[point.x, point.low, point.high] as const],
  );
  if (ends.length < 2) return null;
  return {
    type: 'custom',
    name,
    silent: true,
    z: 1,
    clip: true,
    tooltip: { show: false },
    encode: { x: 0, y: [1, 2] },
    itemStyle: { color },
    data: ends.map((end) => [...end]),
    renderItem: (params, api) => {
      if (params.dataIndexInside !== 0) return null;
      const upper = ends.map(([x, , high]) => api.coord([x, high]));
      const lower = ends.map(([x, low]) => api.coord([x, low])).reverse();
      return { type: 'polygon', shape: { points: [...upper, ...lower] }, style: { fill: withAlpha(color, 0.16) } };
    },
  };
}

/** Lines over a shared x, with bands, markers and dashes; a smoothed line keeps its raw one behind it. */
export function linesPicture(spec: LinesSpec, style: ChartStyle): Picture {
  const smoothing = spec.smoothing ?? 0;
  const formatY = spec.formatY ?? ((value: number) => shortNumber(value));
  const drawn: (LineSeriesOption | CustomSeriesOption)[] = [];
  const looks = spec.series.map((series, index) => {
    const look = lookAt(style, index);
    return { color: series.color ?? look.color, marker: series.marker ?? look.marker, dash: series.dash ?? look.dash };
  });
  const bands: CustomSeriesOption[] = [];
  spec.series.forEach((series, index) => {
    const look = looks[index] ?? lookAt(style, index);
    const finite = series.points.filter((point) => Number.isFinite(point.x) && (spec.xScale !== 'log' || point.x > 0));
    const band = bandSeries(series.name, finite, look.color);
    if (band !== null) bands.push(band);
    const few = finite.length <= 40;
    if (smoothing > 0 && finite.length > 3) {
      drawn.push({
        type: 'line',
        name: series.name,
        silent: true,
        showSymbol: false,
        symbol: symbolOf(look.marker),
        z: 2,
        data: thin(finite, THIN_ABOVE).map((point) => [point.x, point.y]),
        lineStyle: { color: look.color, width: 1, opacity: 0.3 },
        itemStyle: { color: look.color },
        tooltip: { show: false },
      });
    }
    drawn.push({
      type: 'line',
      name: series.name,
      z: 3,
      data: thin(smooth(finite, smoothing), THIN_ABOVE).map((point) => [point.x, point.y]),
      showSymbol: spec.markers ?? few,
      symbol: symbolOf(look.marker),
      symbolSize: 7,
      connectNulls: false,
      lineStyle: { color: look.color, width: 2, type: lineTypeOf(look.dash) },
      itemStyle: { color: look.color },
      emphasis: { focus: 'series', lineStyle: { width: 3 } },
    });
  });
  const names = spec.series.map((series) => series.name);
  const integerX =
    spec.integerX ?? spec.series.every((series) => series.points.every((point) => Number.isInteger(point.x)));
  return {
    name: spec.name,
    description: describe(spec, formatY),
    height: null,
    trials: [...new Set(spec.series.flatMap((series) => series.trials ?? []))],
    option: {
      ...base(style),
      legend: {
        ...legend(style, names),
        ...(spec.legendText === undefined ? {} : { formatter: spec.legendText, itemWidth: 16, itemGap: 8 }),
      },
      grid: { left: 56, right: 18, top: names.length > 1 ? 34 : 14, bottom: 42 },
      xAxis: axis(style, 'x', {
        name: spec.xLabel,
        kind: spec.xScale === 'log' ? 'log' : 'value',
        integer: integerX,
        format: shortNumber,
      }),
      yAxis: axis(style, 'y', {
        name: spec.yLabel,
        format: formatY,
        ...(spec.yMin === undefined ? {} : { min: spec.yMin }),
        ...(spec.yMax === undefined ? {} : { max: spec.yMax }),
      }),
      tooltip: {
        ...base(style).tooltip,
        trigger: 'axis',
        axisPointer: {
          type: 'line',
          lineStyle: { color: style.muted, width: 1, type: 'dashed' },
          label: { show: false },
        },
        formatter: (items) => {
          const x = pointX(items);
          return x === null
            ? ''
            : tip(
                `${spec.xLabel} ${shortNumber(x)}`,
                spec.series.flatMap((series, index) => {
                  const point = nearest(series.points, x);
                  if (point === null) return [];
                  const interval =
                    point.low !== undefined && point.high !== undefined
                      ? ` [${formatY(point.low)}, ${formatY(point.high)}]`
                      : '';
                  return [
                    {
                      label: series.name,
                      value: formatY(point.y) + interval,
                      color: looks[index]?.color ?? style.accent,
                    },
                  ];
                }),
              );
        },
      },
      // Bands last: the legend takes its mark from the first series of a name.
      series: [...drawn, ...bands],
    },
    table: {
      columns: ['series', spec.xLabel, spec.yLabel, 'low', 'high', 'trials'],
      rows: spec.series.flatMap((series) =>
        series.points.map((point): readonly TableValue[] => [
          series.name,
          point.x,
          point.y,
          point.low ?? null,
          point.high ?? null,
          (series.trials ?? []).join(' '),
        ]),
      ),
    },
  };
}

function pointX(items: unknown): number | null {
  const first: unknown = Array.isArray(items) ? items[0] : items;
  if (typeof first !== 'object' || first === null || !('value' in first)) return null;
  const value: unknown = Array.isArray(first.value) ? first.value[0] : null;
  return typeof value === 'number' ? value : null;
}

function nearest(points: readonly LinePoint[], x: number): LinePoint | null {
  let best: LinePoint | null = null;
  for (const point of points) if (best === null || Math.abs(point.x - x) < Math.abs(best.x - x)) best = point;
  return best;
}

/** Up to four figures; thousands and millions shortened. For axes and tooltips, never for results. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${trimmed(value / 1e6)} M`;
  if (size >= 1e4) return `${trimmed(value / 1e3)} k`;
  if (size !== 0 && size < 1e-3) return value.toExponential(1).replace('-', '−');
  return trimmed(value);
}

function trimmed(value: number): string {
  const size = Math.abs(value);
  const text = fixed(value, size >= 100 ? 1 : size >= 10 ? 2 : 3);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function describe(spec: LinesSpec, formatY: (value: number) => string): string {
  const { shown, leftOut } = shortened(spec.series, 8);
  const ends = shown.map((series) => {
    const first = series.points[0];
    const last = series.points.at(-1);
    return first === undefined || last === undefined
      ? `${series.name}: no points`
      : `${series.name} goes from ${formatY(first.y)} to ${formatY(last.y)}`;
  });
  return `${spec.yLabel} against ${spec.xLabel}, ${spec.series.length} ${spec.series.length === 1 ? 'line' : 'lines'}. ${ends.join('; ')}${leftOut > 0 ? `; and ${leftOut} more` : ''}.`;
}

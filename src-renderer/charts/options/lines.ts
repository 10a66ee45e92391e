import type { CustomSeriesOption, LineSeriesOption } from 'echarts/charts';
import { shortened } from '../../../src-main/base/shortened.ts';
import { formatInteger, formatSeconds } from '../../../src-main/metrics/format.ts';
import {
  curveFrame,
  isBandCut,
  type AxedCurve,
  type DrawnPoint,
  type FrameAxis,
  type FrameWish,
} from '../../../src-main/metrics/pictures/curves.ts';
import { valueText } from '../../../src-main/metrics/pictures/ticks.ts';
import { base, legend, tip, valueAxis, type Picture, type Place, type TableValue } from '../picture.ts';
import { lineTypeOf, lookAt, symbolOf, withAlpha, type ChartStyle, type SeriesLook } from '../style.ts';
import { smooth, thin } from './smooth.ts';

/** `low` and `high` are the ends of a band, both or none. */
export type LinePoint = DrawnPoint;

export interface LineSeries {
  readonly key: string;
  readonly name: string;
  /** A method's look. Lines that belong to no method (tasks, splits) are told apart by their order. */
  readonly color?: string;
  readonly marker?: string;
  readonly dash?: SeriesLook['dash'];
  readonly points: readonly LinePoint[];
  /** Trials behind this line, for the export. */
  readonly trials?: readonly string[];
}

/** A line with what else its points were measured at. */
export type AxedSeries = LineSeries & AxedCurve<LinePoint>;

export interface LinesSpec extends FrameWish {
  readonly name: string;
  readonly series: readonly LineSeries[];
  readonly xLabel: string;
  readonly yLabel: string;
  /** 0 = none, towards 1 = more; the raw line stays, faint. */
  readonly smoothing?: number;
  /** Markers on every point; by default only when there are few. */
  readonly markers?: boolean;
  /** Shorter names for the legend alone. */
  readonly legendText?: (name: string) => string;
  /** How wide it is drawn, and which lines are not; the others decide the range. */
  readonly place?: Place;
}

const THIN_ABOVE = 1500;
/** The height that a place gives holds one row of names. */
const ONE_ROW = 30;
/** Bands of more lines would cover each other. */
const MOST_STRONG = 6;
/** More markers would cover their line. */
const MOST_MARKED = 24;
const MOST_LOOKED_AT = 12;

/** A filled band between `low` and `high`; one polygon drawn at the first item. */
export function bandSeries(
  name: string,
  points: readonly LinePoint[],
  color: string,
  strength = 0.16,
  floor = Number.NEGATIVE_INFINITY,
): CustomSeriesOption | null {
  const ends = points.flatMap((point) =>
    point.low === undefined || point.high === undefined
      ? []
      : [[point.x, Math.max(floor, point.low), Math.max(floor, point.high)] as const],
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
      return { type: 'polygon', shape: { points: [...upper, ...lower] }, style: { fill: withAlpha(color, strength) } };
    },
  };
}

/** Lines over a shared x, with bands, markers and dashes; a smoothed line keeps its raw one behind it. */
export function linesPicture(spec: LinesSpec, style: ChartStyle): Picture {
  const smoothing = spec.smoothing ?? 0;
  const lines = spec.series.map((series, index) => lineOf(series, lookAt(style, index)));
  const isShown = ({ series }: Line): boolean => spec.place?.hidden.has(series.name) !== true;
  const integerX = spec.integerX ?? lines.every(({ points }) => points.every((point) => Number.isInteger(point.x)));
  const shown = lines.filter(isShown);
  const frame = curveFrame(
    (shown.length === 0 ? lines : shown).map(({ points }) => points),
    { ...spec, integerX },
  );
  // What a logarithmic axis has no place for is not drawn.
  const placed = lines.map((line) => ({
    ...line,
    points: line.points.filter(({ x, y }) => (!frame.x.log || x > 0) && (!frame.y.log || y > 0 || Number.isNaN(y))),
  }));
  const isCut =
    spec.holdsBands === true &&
    isBandCut(
      shown.flatMap(({ points }) => points),
      frame.y,
      spec.scale === 100,
    );
  const strength = 0.16 * Math.min(1, MOST_STRONG / Math.max(1, lines.length));
  const bands = placed.flatMap(({ series, points, look }) => {
    const band = bandSeries(series.name, points, look.color, strength, frame.y.log ? frame.y.low : undefined);
    return band ?? [];
  });
  const names = spec.series.map((series) => series.name);
  const legendBox = legend(style, names, spec);
  const writeX = (value: number) => xText(value, frame.x, integerX, spec.xUnit);
  const writeY = (value: number) => valueText(value, frame.y, spec.scale === undefined ? {} : { scale: spec.scale });
  return {
    name: spec.name,
    description: describe(spec, writeY),
    height: null,
    extra: Math.max(0, legendBox.height - ONE_ROW),
    trials: [...new Set(spec.series.flatMap((series) => series.trials ?? []))],
    option: {
      ...base(style),
      legend: legendBox.option,
      grid: { left: 56, right: 18, top: Math.max(14, legendBox.height + 6), bottom: 42 },
      xAxis: valueAxis(style, 'x', spec.xLabel, frame.x),
      yAxis: valueAxis(style, 'y', isCut ? `${spec.yLabel}; intervals reach beyond` : spec.yLabel, frame.y),
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
          if (x === null) return '';
          const found = placed.filter(isShown).flatMap(({ series, points, look }) => {
            const point = nearest(points, x);
            if (point === null) return [];
            const { low, high } = point;
            const interval = low === undefined || high === undefined ? '' : ` [${writeY(low)}, ${writeY(high)}]`;
            return [{ label: series.name, value: writeY(point.y) + interval, color: look.color }];
          });
          // Three hundred lines have no room beside the pointer.
          const { shown: told, leftOut } = shortened(found, MOST_TOLD);
          const more = leftOut === 0 ? [] : [{ label: `and ${leftOut} more in the table`, value: '' }];
          return tip(`${spec.xLabel} ${writeX(x)}`, [...told, ...more]);
        },
      },
      // Bands last: the legend takes its mark from the first series of a name.
      series: [
        ...placed.flatMap((line) =>
          drawnLine(
            line,
            smoothing,
            spec.markers ?? (line.points.length <= MOST_MARKED && lines.length <= MOST_LOOKED_AT),
          ),
        ),
        ...bands,
        ...(legendBox.rest === null ? [] : [{ type: 'line' as const, name: legendBox.rest, data: [] }]),
      ],
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

/** As many lines a tooltip tells of. */
const MOST_TOLD = 14;

interface Line {
  readonly series: LineSeries;
  readonly look: SeriesLook;
  readonly points: readonly LinePoint[];
}

const lineOf = (series: LineSeries, usual: SeriesLook): Line => ({
  series,
  look: { color: series.color ?? usual.color, marker: series.marker ?? usual.marker, dash: series.dash ?? usual.dash },
  points: series.points.filter((point) => Number.isFinite(point.x)),
});

function drawnLine({ series, look, points }: Line, smoothing: number, markers: boolean): LineSeriesOption[] {
  const raw: LineSeriesOption = {
    type: 'line',
    name: series.name,
    silent: true,
    showSymbol: false,
    symbol: symbolOf(look.marker),
    z: 2,
    data: thin(points, THIN_ABOVE).map((point) => [point.x, point.y]),
    lineStyle: { color: look.color, width: 1, opacity: 0.3 },
    itemStyle: { color: look.color },
    tooltip: { show: false },
  };
  const line: LineSeriesOption = {
    type: 'line',
    name: series.name,
    z: 3,
    data: thin(smooth(points, smoothing), THIN_ABOVE).map((point) => [point.x, point.y]),
    showSymbol: markers,
    symbol: symbolOf(look.marker),
    symbolSize: 7,
    connectNulls: false,
    lineStyle: { color: look.color, width: 2, type: lineTypeOf(look.dash) },
    itemStyle: { color: look.color },
    emphasis: { focus: 'series', lineStyle: { width: 3 } },
  };
  return smoothing > 0 && points.length > 3 ? [raw, line] : [line];
}

function xText(value: number, axis: FrameAxis, integer: boolean, unit: FrameWish['xUnit']): string {
  if (unit === 'seconds') return formatSeconds(value);
  return integer ? formatInteger(value) : valueText(value, axis);
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

function describe(spec: LinesSpec, writeY: (value: number) => string): string {
  const { shown, leftOut } = shortened(spec.series, 8);
  const ends = shown.map((series) => {
    const first = series.points[0];
    const last = series.points.at(-1);
    return first === undefined || last === undefined
      ? `${series.name}: no points`
      : `${series.name} goes from ${writeY(first.y)} to ${writeY(last.y)}`;
  });
  return (
    `${spec.yLabel} against ${spec.xLabel}, ${spec.series.length} ` +
    `${spec.series.length === 1 ? 'line' : 'lines'}. ` +
    `${ends.join('; ')}${leftOut > 0 ? `; and ${leftOut} more` : ''}.`
  );
}

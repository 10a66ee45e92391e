import { escapeHtml } from '../../src-main/reports/escapes.ts';
import type { FrameAxis } from '../../src-main/metrics/pictures/curves.ts';
import { shortNames } from '../../src-main/metrics/short-names.ts';
import type { ComposeOption } from 'echarts/core';
import type { CustomSeriesOption, HeatmapSeriesOption, LineSeriesOption, ScatterSeriesOption } from 'echarts/charts';
import type {
  GridComponentOption,
  LegendComponentOption,
  MarkAreaComponentOption,
  MarkLineComponentOption,
  TooltipComponentOption,
  VisualMapComponentOption,
} from 'echarts/components';
import type { ChartStyle } from './style.ts';

export type PictureOption = ComposeOption<
  | LineSeriesOption
  | ScatterSeriesOption
  | HeatmapSeriesOption
  | CustomSeriesOption
  | GridComponentOption
  | LegendComponentOption
  | TooltipComponentOption
  | VisualMapComponentOption
  | MarkLineComponentOption
  | MarkAreaComponentOption
>;

export type TableValue = string | number | null;

/** The numbers behind a picture: what a screen reader reads and what the CSV holds. */
export interface PictureTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly TableValue[])[];
}

/** One picture as values, without a DOM: drawn on screen, exported, or put into a report by the same code. */
export interface Picture {
  /** File name stem of exports. */
  readonly name: string;
  /** One or two sentences for people who cannot see it. */
  readonly description: string;
  readonly option: PictureOption;
  readonly table: PictureTable;
  /** Height in pixels it wants at a normal width; null: whatever its place gives. */
  readonly height: number | null;
  /** Trial ids that its numbers come from. */
  readonly trials: readonly string[];
}

/** Tooltip body from plain text; everything is escaped. A swatch colour must be a colour, else it is left out. */
export function tip(
  title: string,
  lines: readonly { readonly label: string; readonly value: string; readonly color?: string }[],
): string {
  const swatch = (color: string | undefined) =>
    color !== undefined && /^(#[0-9a-f]{3,8}|rgba?\([\d.,\s]+\))$/i.test(color)
      ? `<span class="chart-tip-swatch" style="background:${color}"></span>`
      : '<span></span>';
  const body = lines
    .map(
      (line) =>
        `<div class="chart-tip-line">${swatch(line.color)}<span>${escapeHtml(line.label)}</span><b>${escapeHtml(line.value)}</b></div>`,
    )
    .join('');
  return `<div class="chart-tip-title">${escapeHtml(title)}</div>${body}`;
}

/** What every picture shares: fonts, no animation, calm tooltip. */
export function base(style: ChartStyle): PictureOption {
  return {
    animation: false,
    backgroundColor: 'transparent',
    textStyle: { fontFamily: style.font, fontSize: 12, color: style.text },
    tooltip: {
      confine: true,
      transitionDuration: 0,
      className: 'chart-tip',
      backgroundColor: style.surface,
      borderColor: style.rule,
      borderWidth: 1,
      padding: [6, 8],
      textStyle: { color: style.text, fontSize: 12, fontFamily: style.font },
      extraCssText: 'box-shadow:0 2px 8px rgba(0,0,0,.18);border-radius:4px;',
    },
  };
}

/** What every axis shares: thin rules, and its name where it is read: under x, and written along y. */
function axisBase(style: ChartStyle, which: 'x' | 'y', name: string) {
  return {
    name,
    nameLocation: 'middle' as const,
    nameGap: which === 'x' ? 24 : 40,
    nameTextStyle: { color: style.muted, fontSize: 12, fontFamily: style.font },
    axisLine: { show: true, lineStyle: { color: style.rule } },
  };
}

/** An axis of categories; `inverse`: the first on top. */
export function categoryAxis(style: ChartStyle, which: 'x' | 'y', name: string, categories: readonly string[]) {
  return {
    ...axisBase(style, which, name),
    type: 'category' as const,
    data: [...categories],
    inverse: which === 'y',
    axisTick: { show: which === 'x', lineStyle: { color: style.rule }, length: 4 },
    splitLine: { show: false },
    axisLabel: { color: style.muted, fontSize: 11, hideOverlap: true },
  };
}

/** An axis of numbers whose range and marks are known: its labels never repeat. */
export function valueAxis(style: ChartStyle, which: 'x' | 'y', name: string, axis: FrameAxis) {
  const { values, labels } = axis.ticks;
  return {
    ...axisBase(style, which, axis.log && name !== '' ? `${name}, logarithmic` : name),
    type: axis.log ? ('log' as const) : ('value' as const),
    min: axis.low,
    max: axis.high,
    axisTick: {
      show: which === 'x',
      lineStyle: { color: style.rule },
      length: 4,
      customValues: [...values],
    },
    splitLine: { show: which === 'y', lineStyle: { color: style.rule, opacity: 0.6 } },
    axisLabel: {
      color: style.muted,
      fontSize: 11,
      hideOverlap: true,
      customValues: [...values],
      formatter: (value: number) => labels[closest(values, value)] ?? '',
    },
  };
}

/** Where in a list of numbers the nearest one stands: ECharts gives marks back through the axis' scale, rounded. */
function closest(values: readonly number[], value: number): number {
  let best = 0;
  values.forEach((each, i) => {
    if (Math.abs(each - value) < Math.abs((values[best] ?? Number.POSITIVE_INFINITY) - value)) best = i;
  });
  return best;
}

/** Room for a name in a legend; of a longer one the middle is left out, never so that two look alike. */
const LEGEND_NAME = 34;

export interface LegendWish {
  readonly legendText?: (name: string) => string;
  /** Names of what is not drawn. */
  readonly hidden?: ReadonlySet<string>;
}

export function legend(style: ChartStyle, names: readonly string[], wish: LegendWish = {}): LegendComponentOption {
  const short = new Map(shortNames(names, LEGEND_NAME).map((text, i) => [names[i] ?? text, text]));
  const { legendText, hidden } = wish;
  return {
    show: names.length > 1,
    type: 'scroll',
    top: 0,
    left: 8,
    right: 8,
    itemWidth: legendText === undefined ? 18 : 16,
    itemHeight: 9,
    padding: [6, 4],
    itemGap: legendText === undefined ? 12 : 8,
    data: [...names],
    formatter: legendText ?? ((name: string) => short.get(name) ?? name),
    selected: Object.fromEntries([...(hidden ?? [])].map((name) => [name, false])),
    textStyle: { color: style.text, fontSize: 12, lineHeight: 18, fontFamily: style.font },
    inactiveColor: style.rule,
    pageIconSize: 10,
    pageIconColor: style.muted,
    pageIconInactiveColor: style.rule,
    pageTextStyle: { color: style.muted },
  };
}

/** Colours heatmap cells by their fourth value, a strength in [0, 1]. */
export function heat(style: ChartStyle): VisualMapComponentOption {
  return { type: 'continuous', show: false, dimension: 3, min: 0, max: 1, inRange: { color: [...style.sequential] } };
}

import { shortened } from '../../src-main/base/shortened.ts';
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
  /** Pixels that it needs beyond the height that its place gives: for a legend of several rows. */
  readonly extra?: number;
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
        '<div ' +
        `class="chart-tip-line">${swatch(line.color)}<span>${escapeHtml(line.label)}</span><b>${escapeHtml(line.value)}</b></div>`,
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
    // At the edge, also where the range holds 0.
    axisLine: { show: true, onZero: false, lineStyle: { color: style.rule } },
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
    ...axisBase(style, which, axis.log && name !== '' ? `${name}, log` : name),
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

/** Where a picture goes, as far as it depends on that. */
export interface Place {
  readonly width: number;
  /** Names of lines that a person has switched off in the legend. */
  readonly hidden: ReadonlySet<string>;
}

/** Room for a name in a legend; of a longer one the middle is left out, never so that two look alike. */
const LEGEND_NAME = 34;
const LEGEND = { row: 26, mark: 18, gap: 10, aside: 16 };
/** As many rows a legend may have: all names of a dozen configurations in a narrow place, the first of hundreds. */
const legendMost = (names: number): number => (names <= 16 ? 6 : 3);

export interface LegendWish {
  readonly legendText?: (name: string) => string;
  readonly place?: Place;
}

export interface Legend {
  readonly option: LegendComponentOption;
  /** What it takes above the picture. */
  readonly height: number;
  /** A line of no points that only says how many names have no room; null where all have. */
  readonly rest: string | null;
}

/** Names above a picture, in a few rows. No name is cut at an edge, where DER++ would become DER. */
export function legend(style: ChartStyle, names: readonly string[], wish: LegendWish = {}): Legend {
  const short = wish.legendText === undefined ? shortNames(names, LEGEND_NAME) : names.map(wish.legendText);
  const shortOf = new Map(names.map((name, i) => [name, short[i] ?? name]));
  const { shown, rows } = legendRows(short, (wish.place?.width ?? 640) - LEGEND.aside);
  const rest = shown < names.length ? `and ${names.length - shown} more` : null;
  return {
    height: names.length > 1 ? rows * LEGEND.row + 4 : 0,
    rest,
    option: {
      show: names.length > 1,
      type: 'plain',
      top: 0,
      left: 8,
      right: 8,
      itemWidth: LEGEND.mark,
      itemHeight: 9,
      padding: [4, 0],
      itemGap: LEGEND.gap,
      data: [...shortened(names, shown).shown, ...(rest === null ? [] : [{ name: rest, icon: 'none' }])],
      formatter: (name: string) => shortOf.get(name) ?? name,
      selected: Object.fromEntries([...(wish.place?.hidden ?? [])].map((name) => [name, false])),
      textStyle: { color: style.text, fontSize: 12, lineHeight: LEGEND.row - LEGEND.gap, fontFamily: style.font },
      inactiveColor: style.rule,
    },
  };
}

/** About how wide a text is: by the widths of DejaVu Sans, which is wider than most. */
export function textWidth(text: string, size: number): number {
  const letters = [...text].reduce((sum, letter) => {
    if (/[ .,:;'|!iljI]/.test(letter)) return sum + 0.32;
    if (/[tfr()[\]/-]/.test(letter)) return sum + 0.41;
    if (/[mwMW@%+=−±]/.test(letter)) return sum + 0.88;
    return sum + (/[A-Z]/.test(letter) ? 0.7 : 0.63);
  }, 0);
  return letters * size;
}

/**
 * How many of the names have room in the rows of a legend, and how many rows that takes; the last place is kept for how
 * many have none.
 */
function legendRows(names: readonly string[], width: number): { readonly shown: number; readonly rows: number } {
  const wide = (text: string): number => LEGEND.mark + 5 + textWidth(text, 12) + LEGEND.gap;
  const note = wide('and 300 more');
  const most = legendMost(names.length);
  let [row, used] = [1, 0];
  for (const [i, name] of names.entries()) {
    const own = wide(name);
    const last = i === names.length - 1;
    if (used > 0 && used + own > width) [row, used] = [row + 1, 0];
    if (row > most || (row === most && !last && used > 0 && used + own + note > width)) return { shown: i, rows: most };
    used += own;
  }
  return { shown: names.length, rows: row };
}

/** Colours heatmap cells by their fourth value, a strength in [0, 1]. */
export function heat(style: ChartStyle): VisualMapComponentOption {
  return { type: 'continuous', show: false, dimension: 3, min: 0, max: 1, inRange: { color: [...style.sequential] } };
}

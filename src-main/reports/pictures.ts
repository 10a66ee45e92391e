import type { BandedCurve } from '../metrics/compare-curves.ts';
import { formatNumber, formatValue, shownScale } from '../metrics/format.ts';
import type { Estimate } from '../metrics/records.ts';
import type { MetricUnit } from '../metrics/registry.ts';
import type { Dash, Look, Marker } from '../metrics/looks.ts';
import { shortNames } from '../metrics/short-names.ts';
import { markup, type Markup } from './markup.ts';

/**
 * Pictures as plain SVG. Colours are classes (`c-1` … `c-upper`), so that the page's style decides them for light, dark and print; markers
 * and dashes double the colour for eyes and printers that see none.
 */

const WIDTH = 720;
const DASHES: Readonly<Record<Dash, string>> = { solid: '', dashed: '6 3', dotted: '2 2', 'dash-dot': '8 3 2 3' };
/** Markers as paths in a box of 12, as the window draws them. */
const MARKERS: Readonly<Record<Marker, string>> = {
  circle: 'M6 1.500a4.500 4.500 0 1 0 0 9a4.500 4.500 0 1 0 0-9Z',
  square: 'M2 2h8v8H2z',
  triangle: 'M6 1.200 11 10.200H1z',
  'triangle-down': 'M6 10.800 1 1.800h10z',
  diamond: 'M6 .7 11.300 6 6 11.300.7 6z',
  cross: 'M3.100 1 6 3.900 8.900 1 11 3.100 8.100 6 11 8.900 8.900 11 6 8.100 3.100 11 1 8.900 3.900 6 1 3.100z',
  plus: 'M4.500 1h3v3.500H11v3H7.500V11h-3V7.500H1v-3h3.500z',
};

/** A marker around a point, `size` wide. */
function marker(shape: Marker, x: number, y: number, size: number): Markup {
  const scale = size / 12;
  return markup`<path class="fill" d="${MARKERS[shape]}" transform="translate(${(x - size / 2).toFixed(1)} ${(y - size / 2).toFixed(1)}) scale(${scale.toFixed(3)})"/>`;
}

/** Round positions that cover a range: 1, 2 or 5 times a power of ten apart. */
export function ticks(low: number, high: number, wanted = 5): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step);
}

function padded(values: readonly number[]): [number, number] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const margin = high > low ? (high - low) * 0.05 : Math.abs(high) * 0.05 || 1;
  return [low - margin, high + margin];
}

function tickText(value: number, all: readonly number[]): string {
  const step = Math.abs((all[1] ?? 1) - (all[0] ?? 0)) || 1;
  return formatNumber(value, Math.min(6, Math.max(0, -Math.floor(Math.log10(step) + 1e-9))));
}

/** Per-seed dots with mean and 95 % interval, one line per method. */
export function dotPlot(
  title: string,
  unit: MetricUnit,
  rows: readonly { readonly name: string; readonly look: Look; readonly estimate: Estimate }[],
): Markup | null {
  if (rows.length === 0) return null;
  const scale = shownScale(unit);
  const left = 244;
  const short = shortNames(
    rows.map(({ name }) => name),
    38,
  );
  const height = rows.length * 24 + 44;
  const [low, high] = padded(
    rows.flatMap(({ estimate }) => [
      ...estimate.values.map(({ value }) => value * scale),
      ...(estimate.low === null || estimate.high === null ? [] : [estimate.low * scale, estimate.high * scale]),
    ]),
  );
  const x = (value: number): string => (left + ((value - low) / (high - low)) * (WIDTH - left - 16)).toFixed(1);
  const marks = ticks(low, high, 6);
  const base = height - 30;
  return markup`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">
${marks.map((mark) => markup`<line class="grid" x1="${x(mark)}" x2="${x(mark)}" y1="8" y2="${base}"/><text class="tick" x="${x(mark)}" y="${base + 14}" text-anchor="middle">${tickText(mark, marks)}</text>`)}
${rows.map(({ name, look, estimate }, i) => {
  const y = 20 + i * 24;
  return markup`<g class="c-${look.colour}"><title>${name}: ${formatValue(estimate.mean, unit)} (n = ${estimate.n})</title><text class="label" x="${left - 22}" y="${y + 4}" text-anchor="end">${short[i] ?? name}</text>${marker(look.marker, left - 12, y, 9)}
${estimate.low !== null && estimate.high !== null && markup`<line class="stroke" stroke-width="2" x1="${x(estimate.low * scale)}" x2="${x(estimate.high * scale)}" y1="${y}" y2="${y}"/>`}
${estimate.values.map(({ value, seed }) => markup`<circle class="dot" cx="${x(value * scale)}" cy="${y}" r="3"><title>seed ${seed}: ${formatValue(value, unit)}</title></circle>`)}
<line class="stroke" stroke-width="2.5" x1="${x(estimate.mean * scale)}" x2="${x(estimate.mean * scale)}" y1="${y - 8}" y2="${y + 8}"/></g>`;
})}
<text class="axis" x="${(left + WIDTH) / 2}" y="${height - 2}" text-anchor="middle">${title}</text></svg>`;
}

/** Accuracies are stored as shares and shown as per cent. */
export const shownAsPercent = (curve: string): boolean => curve.startsWith('acc');

/** Mean curves with their bands over seeds; all of one name. */
export function linePlot(
  title: string,
  xTitle: string,
  stored: readonly { readonly name: string; readonly look: Look; readonly curve: BandedCurve }[],
): Markup | null {
  const scale = shownAsPercent(title) ? 100 : 1;
  const curves = stored.map(({ curve, ...rest }) => ({
    ...rest,
    curve: {
      ...curve,
      points: curve.points.map(({ x, mean, low, high }) => ({
        x,
        mean: mean * scale,
        low: low * scale,
        high: high * scale,
      })),
    },
  }));
  const points = curves.flatMap(({ curve }) => curve.points);
  if (points.length === 0) return null;
  const plot = { left: 56, right: 480, top: 12, bottom: 262 };
  const legend = plot.right + 16;
  const short = shortNames(
    curves.map(({ name }) => name),
    34,
  );
  const height = Math.max(300, curves.length * 18 + 30);
  const xs = points.map((point) => point.x);
  const [x0, x1] = [Math.min(...xs), Math.max(...xs)];
  // Bands of two or three seeds would flatten the curves to nothing: the means decide the range and bands are cut at its edge.
  const means = points.map((point) => point.mean);
  const room = (Math.max(...means) - Math.min(...means)) * 0.1;
  const within = points.flatMap((point) => [
    Math.max(point.low, Math.min(...means) - room),
    Math.min(point.high, Math.max(...means) + room),
  ]);
  const [y0, y1] = padded([...means, ...within]);
  const x = (value: number): string =>
    (x1 > x0
      ? plot.left + ((value - x0) / (x1 - x0)) * (plot.right - plot.left)
      : (plot.left + plot.right) / 2
    ).toFixed(1);
  const y = (value: number): string =>
    (plot.bottom - ((Math.min(y1, Math.max(y0, value)) - y0) / (y1 - y0)) * (plot.bottom - plot.top)).toFixed(1);
  // Tasks, steps, examples, members and epochs are counted; only λ has values in between.
  const xMarks = ticks(x0, x1, 6).filter((mark) => xTitle === 'lambda' || Math.abs(mark - Math.round(mark)) < 1e-9);
  const yMarks = ticks(y0, y1, 5);
  return markup`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">
${yMarks.map((mark) => markup`<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${y(mark)}" y2="${y(mark)}"/><text class="tick" x="${plot.left - 6}" y="${Number(y(mark)) + 4}" text-anchor="end">${tickText(mark, yMarks)}</text>`)}
${xMarks.map((mark) => markup`<text class="tick" x="${x(mark)}" y="${plot.bottom + 14}" text-anchor="middle">${tickText(mark, xMarks)}</text>`)}
${curves.map(({ name, look, curve }, i) => {
  const dash = DASHES[look.dash];
  const upper = curve.points.map((point) => `${x(point.x)},${y(point.high)}`);
  const lower = curve.points.map((point) => `${x(point.x)},${y(point.low)}`).reverse();
  const line = curve.points.map((point) => `${x(point.x)},${y(point.mean)}`);
  return markup`<g class="c-${look.colour}"><title>${name}</title><polygon class="band" points="${[...upper, ...lower].join(' ')}"/><polyline class="stroke" fill="none" stroke-width="1.8" stroke-dasharray="${dash}" points="${line.join(' ')}"/>
${curve.points.length <= 12 && curve.points.map((point) => marker(look.marker, Number(x(point.x)), Number(y(point.mean)), 7))}
<line class="stroke" stroke-width="2" stroke-dasharray="${dash}" x1="${legend}" x2="${legend + 22}" y1="${18 + i * 18}" y2="${18 + i * 18}"/>${marker(look.marker, legend + 11, 18 + i * 18, 8)}<text class="label" x="${legend + 28}" y="${22 + i * 18}">${short[i] ?? name}</text></g>`;
})}
<text class="axis" x="${(plot.left + plot.right) / 2}" y="${plot.bottom + 30}" text-anchor="middle">${xTitle === 'lambda' ? 'λ' : xTitle === 'task' ? 'after task' : xTitle}</text></svg>`;
}

/** A T × T matrix of shares under `shown`, the title as far as there is room; the shade doubles the printed number. */
export function heatmap(title: string, shown: string, rows: readonly (readonly number[])[]): Markup {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const size = 34;
  return markup`<svg viewBox="0 0 ${columns * size + 42} ${rows.length * size + 42}" width="${columns * size + 42}" role="img" aria-label="${title}">
<text class="label" x="0" y="12">${shown}</text>
${rows.map((row, i) => row.map((value, j) => Number.isFinite(value) && markup`<g><title>after task ${i + 1}, on task ${j + 1}: ${formatValue(value, 'share')} %</title><rect class="cell" x="${20 + j * size}" y="${22 + i * size}" width="${size - 1}" height="${size - 1}" fill-opacity="${Math.min(1, Math.max(0, value)).toFixed(3)}"/><text class="${value > 0.55 ? 'on' : 'off'}" x="${20 + j * size + size / 2}" y="${22 + i * size + size / 2 + 4}" text-anchor="middle">${formatNumber(value * 100, 0)}</text></g>`))}
${rows.map((_, i) => markup`<text class="tick" x="16" y="${22 + i * size + size / 2 + 4}" text-anchor="end">${i + 1}</text>`)}
${Array.from({ length: columns }, (_, j) => markup`<text class="tick" x="${20 + j * size + size / 2}" y="${22 + rows.length * size + 14}" text-anchor="middle">${j + 1}</text>`)}</svg>`;
}

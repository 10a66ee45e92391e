import { countText } from '../base/places.ts';
import type { BandedCurve } from '../metrics/compare-curves.ts';
import { formatNumber, formatValue, shownScale } from '../metrics/format.ts';
import {
  axisOf,
  curveFrame,
  isShareCurve,
  offeredX,
  placedOver,
  placeOn,
  xTitle,
  xUnit,
  type CurveView,
} from '../metrics/pictures/curves.ts';
import { rangeOf } from '../metrics/pictures/ticks.ts';
import type { Estimate } from '../metrics/records.ts';
import type { MetricUnit } from '../metrics/definitions/metric.ts';
import type { Dash, Look, Marker } from '../metrics/looks.ts';
import { shortNames } from '../metrics/short-names.ts';
import { markup, type Markup } from './markup.ts';

/**
 * Pictures as plain SVG. Colours are classes (`c-1` … `c-upper`), so that the page's style decides them for light, dark
 * and print; markers and dashes double the colour for eyes and printers that see none.
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

/** Per-seed dots with mean and 95 % interval, one line per method. */
export function dotPlot(
  title: string,
  unit: MetricUnit,
  rows: readonly { readonly name: string; readonly look: Look; readonly estimate: Estimate }[],
): Markup | null {
  if (rows.length === 0) return null;
  const left = 244;
  const short = shortNames(
    rows.map(({ name }) => name),
    38,
  );
  const height = rows.length * 24 + 44;
  const axis = axisOf(
    rangeOf(
      rows.flatMap(({ estimate: { values, low, high } }) => [
        ...values.map(({ value }) => value),
        ...[low, high].flatMap((end) => end ?? []),
      ]),
    ),
    { scale: shownScale(unit), wanted: 6 },
  );
  const place = placeOn(axis, left, WIDTH - 16);
  const x = (value: number): string => place(value).toFixed(1);
  const base = height - 30;
  return markup`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">
${axis.ticks.values.map((mark, i) => markup`<line class="grid" x1="${x(mark)}" x2="${x(mark)}" y1="8" y2="${base}"/><text class="tick" x="${x(mark)}" y="${base + 14}" text-anchor="middle">${axis.ticks.labels[i]}</text>`)}
${rows.map(({ name, look, estimate }, i) => {
  const y = 20 + i * 24;
  return markup`<g class="c-${look.colour}"><title>${name}: ${formatValue(estimate.mean, unit)} (n = ${countText(estimate)})</title><text class="label" x="${left - 22}" y="${y + 4}" text-anchor="end">${short[i] ?? name}</text>${marker(look.marker, left - 12, y, 9)}
${estimate.low !== null && estimate.high !== null && markup`<line class="stroke" stroke-width="2" x1="${x(estimate.low)}" x2="${x(estimate.high)}" y1="${y}" y2="${y}"/>`}
${estimate.values.map(({ value, seed }) => markup`<circle class="dot" cx="${x(value)}" cy="${y}" r="3"><title>seed ${seed}: ${formatValue(value, unit)}</title></circle>`)}
<line class="stroke" stroke-width="2.5" x1="${x(estimate.mean)}" x2="${x(estimate.mean)}" y1="${y - 8}" y2="${y + 8}"/></g>`;
})}
<text class="axis" x="${(left + WIDTH) / 2}" y="${height - 2}" text-anchor="middle">${title}</text></svg>`;
}

/** More bands than this cover each other, so that they are drawn fainter. */
const MOST_BANDS = 6;

/**
 * Mean curves of one measure with their bands over seeds under a caption, over what the view wants where all of them
 * know it.
 */
export function linePlot(
  measure: string,
  stored: readonly { readonly name: string; readonly look: Look; readonly curve: BandedCurve }[],
  view: CurveView,
): Markup | null {
  const own = stored.map(({ curve: { x, points, axes } }) => ({
    x,
    points: points.map(({ x: at, mean, low, high }) => ({ x: at, y: mean, low, high })),
    axes,
  }));
  const choice = offeredX(own).includes(view.x) ? view.x : 'step';
  const lines = own.map((curve) => placedOver(curve, choice));
  if (lines.every((points) => points.length === 0)) return null;
  const counted = own[0]?.x === 'step' ? choice : (own[0]?.x ?? 'step');
  const frame = curveFrame(lines, {
    logX: view.logX,
    logY: view.logY,
    scale: isShareCurve(measure) ? 100 : 1,
    integerX: lines.every((points) => points.every(({ x }) => Number.isInteger(x))),
    xUnit: xUnit(counted),
  });
  const plot = { left: 56, right: 480, top: 12, bottom: 262 };
  const legend = plot.right + 16;
  const short = shortNames(
    stored.map(({ name }) => name),
    34,
  );
  const height = Math.max(300, stored.length * 18 + 30);
  const [across, up] = [placeOn(frame.x, plot.left, plot.right), placeOn(frame.y, plot.bottom, plot.top)];
  const x = (value: number): string => across(value).toFixed(1);
  const y = (value: number): string => up(value).toFixed(1);
  const xWords = `${xTitle(counted)}${frame.x.log ? ', log' : ''}`;
  const strength = (0.13 * Math.min(1, MOST_BANDS / stored.length)).toFixed(3);
  const yWords = `${measure}${isShareCurve(measure) ? ' (%)' : ''}${frame.y.log ? ', log' : ''}`;
  return markup`<figure><figcaption>${yWords}: mean over seeds with 95 % band</figcaption><svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${measure} against ${xWords}">
${frame.y.ticks.values.map((mark, i) => markup`<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${y(mark)}" y2="${y(mark)}"/><text class="tick" x="${plot.left - 6}" y="${Number(y(mark)) + 4}" text-anchor="end">${frame.y.ticks.labels[i]}</text>`)}
${frame.x.ticks.values.map((mark, i) => markup`<text class="tick" x="${x(mark)}" y="${plot.bottom + 14}" text-anchor="middle">${frame.x.ticks.labels[i]}</text>`)}
${stored.map(({ name, look }, i) => {
  const points = (lines[i] ?? []).filter((point) => (!frame.x.log || point.x > 0) && (!frame.y.log || point.y > 0));
  const dash = DASHES[look.dash];
  const upper = points.map((point) => `${x(point.x)},${y(point.high)}`);
  const lower = points.map((point) => `${x(point.x)},${y(point.low)}`).reverse();
  const line = points.map((point) => `${x(point.x)},${y(point.y)}`);
  return markup`<g class="c-${look.colour}"><title>${name}</title><polygon class="band" style="opacity:${strength}" points="${[...upper, ...lower].join(' ')}"/><polyline class="stroke" fill="none" stroke-width="1.8" stroke-dasharray="${dash}" points="${line.join(' ')}"/>
${points.length <= 12 && points.map((point) => marker(look.marker, Number(x(point.x)), Number(y(point.y)), 7))}
<line class="stroke" stroke-width="2" stroke-dasharray="${dash}" x1="${legend}" x2="${legend + 22}" y1="${18 + i * 18}" y2="${18 + i * 18}"/>${marker(look.marker, legend + 11, 18 + i * 18, 8)}<text class="label" x="${legend + 28}" y="${22 + i * 18}">${short[i] ?? name}</text></g>`;
})}
<text class="axis" x="${(plot.left + plot.right) / 2}" y="${plot.bottom + 30}" text-anchor="middle">${xWords}</text></svg></figure>`;
}

interface MapWords {
  readonly row: string;
  readonly column: string;
  /** Per cent, without a sign; or numbers with two decimals. */
  readonly share: boolean;
}

const AFTER_TASKS: MapWords = { row: 'after task', column: 'on task', share: true };

/** A matrix under `shown`, the title as far as there is room; the shade doubles the printed number. */
export function heatmap(
  title: string,
  shown: string,
  rows: readonly (readonly number[])[],
  { row: rowWord, column: columnWord, share }: MapWords = AFTER_TASKS,
): Markup {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const size = 34;
  const most = share ? 1 : Math.max(...rows.flat().filter((value) => Number.isFinite(value)), 1);
  const said = (value: number): string => (share ? `${formatValue(value, 'share')} %` : formatNumber(value, 3));
  return markup`<svg viewBox="0 0 ${columns * size + 42} ${rows.length * size + 42}" width="${columns * size + 42}" role="img" aria-label="${title}">
<text class="label" x="0" y="12">${shown}</text>
${rows.map((row, i) => row.map((value, j) => Number.isFinite(value) && markup`<g><title>${rowWord} ${i + 1}, ${columnWord} ${j + 1}: ${said(value)}</title><rect class="cell" x="${20 + j * size}" y="${22 + i * size}" width="${size - 1}" height="${size - 1}" fill-opacity="${Math.min(1, Math.max(0, value / most)).toFixed(3)}"/><text class="${value / most > 0.55 ? 'on' : 'off'}" x="${20 + j * size + size / 2}" y="${22 + i * size + size / 2 + 4}" text-anchor="middle">${share ? formatNumber(value * 100, 0) : formatNumber(value, 2)}</text></g>`))}
${rows.map((_, i) => markup`<text class="tick" x="16" y="${22 + i * size + size / 2 + 4}" text-anchor="end">${i + 1}</text>`)}
${Array.from({ length: columns }, (_, j) => markup`<text class="tick" x="${20 + j * size + size / 2}" y="${22 + rows.length * size + 14}" text-anchor="middle">${j + 1}</text>`)}</svg>`;
}

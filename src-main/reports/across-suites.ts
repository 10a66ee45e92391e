import type { AcrossSuites } from '../metrics/across-suites.ts';
import { formatNumber } from '../metrics/format.ts';
import { shortNames } from '../metrics/short-names.ts';
import { markup, type Markup } from './markup.ts';

/** Pictures of methods compared across suites, as plain SVG; their colours are the page's. */

const WIDTH = 720;
const SIDE = 200;
const ROW = 17;

/**
 * Critical differences after Demšar 2006, figure 1: an axis of mean ranks, 1 at the left, the methods on both sides, a
 * bar over those that are not further apart than the critical difference.
 */
export function criticalDifferencePicture({ rows, critical, suites }: AcrossSuites): Markup | null {
  if (critical === null) return null;
  const last = rows.length;
  const x = (rank: number): number => SIDE + ((rank - 1) / Math.max(1, last - 1)) * (WIDTH - 2 * SIDE);
  const short = shortNames(
    rows.map(({ name }) => name),
    26,
  );
  const axis = 46;
  const bars = critical.groups.length;
  const first = axis + 16 + bars * 7;
  const half = Math.ceil(last / 2);
  const height = first + half * ROW + 10;
  const title = `Mean ranks on ${suites.length} suites; critical difference ${formatNumber(critical.difference, 2)}`;
  const ticks = Array.from({ length: last }, (_, at) => at + 1);
  return markup`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">
<text class="axis" x="${x(1)}" y="12">${title}</text>
<line class="stroke" stroke-width="2" x1="${x(1)}" x2="${Math.min(WIDTH, x(1 + critical.difference))}" y1="20" y2="20"/>
<line class="stroke" x1="${x(1)}" x2="${x(last)}" y1="${axis}" y2="${axis}"/>
${ticks.map((rank) => markup`<line class="stroke" x1="${x(rank)}" x2="${x(rank)}" y1="${axis - 4}" y2="${axis}"/><text class="tick" x="${x(rank)}" y="${axis - 8}" text-anchor="middle">${rank}</text>`)}
${critical.groups.map((group, at) => {
  const y = axis + 10 + at * 7;
  const ranks = group.map((place) => rows[place].meanRank);
  return markup`<line class="stroke" stroke-width="3" x1="${(x(Math.min(...ranks)) - 3).toFixed(1)}" x2="${(x(Math.max(...ranks)) + 3).toFixed(1)}" y1="${y}" y2="${y}"/>`;
})}
${rows.map(({ name, meanRank }, at) => {
  const isLeft = at < half;
  const y = first + (isLeft ? at : last - 1 - at) * ROW + 8;
  const [end, anchor] = isLeft ? [SIDE - 10, 'end'] : [WIDTH - SIDE + 10, 'start'];
  const place = x(meanRank).toFixed(1);
  return markup`<g><title>${name}: ${formatNumber(meanRank, 2)}</title><path class="stroke" fill="none" d="M${place} ${axis}V${y}H${end}"/><text class="label" x="${isLeft ? end - 4 : end + 4}" y="${y + 4}" text-anchor="${anchor}">${short[at] ?? name} (${formatNumber(meanRank, 2)})</text></g>`;
})}</svg>`;
}

/** Shares from 0 to 1 as shaded squares, rows by columns, with the number in per cent in each. */
function shares(
  title: string,
  rows: readonly string[],
  columns: readonly string[],
  values: readonly (readonly number[])[],
): Markup {
  const [wide, high, left] = [44, 22, 210];
  const [names, heads] = [shortNames(rows, 30), shortNames(columns, 22)];
  const top = 120;
  const width = left + columns.length * wide + 100;
  return markup`<svg viewBox="0 0 ${width} ${top + rows.length * high + 4}" width="${width}" role="img" aria-label="${title}">
<text class="axis" x="0" y="12">${title}</text>
${heads.map((name, j) => markup`<text class="tick" transform="translate(${left + j * wide + wide / 2} ${top - 6}) rotate(-45)">${name}</text>`)}
${values.map(
  (row, i) =>
    markup`<text class="label" x="${left - 6}" y="${top + i * high + 15}" text-anchor="end">${names[i]}</text>${row.map(
      (value, j) => {
        const shown = Math.min(1, Math.max(0, value));
        return markup`<g><title>${rows[i]}, ${columns[j]}: ${formatNumber(value * 100, 1)} %</title><rect class="cell" x="${left + j * wide}" y="${top + i * high}" width="${wide - 1}" height="${high - 1}" fill-opacity="${shown.toFixed(3)}"/><text class="${shown > 0.55 ? 'on' : 'off'}" x="${left + j * wide + wide / 2}" y="${top + i * high + 15}" text-anchor="middle">${formatNumber(value * 100, 0)}</text></g>`;
      },
    )}`,
)}</svg>`;
}

/** Share of suites on which the method of a row beats that of a column. */
export const winPicture = ({ rows, wins }: AcrossSuites): Markup =>
  shares(
    'Share of suites on which the row beats the column (%)',
    rows.map(({ name }) => name),
    rows.map(({ name }) => name),
    wins,
  );

/** The score of each suite: AMLB's where its references are there, else between the worst (0) and the best (100). */
export function scorePicture({ rows, suites }: AcrossSuites): Markup {
  const isNormalised = rows.every(({ scores }) => scores !== null);
  const between = suites.map((_, at) => {
    const all = rows.map(({ losses }) => losses[at]);
    const [best, worst] = [Math.min(...all), Math.max(...all)];
    return (loss: number): number => (worst === best ? 1 : (worst - loss) / (worst - best));
  });
  return shares(
    isNormalised
      ? 'Normalised score (0: lower reference, 100: random forest)'
      : 'Score between the worst (0) and the best (100) on each suite',
    rows.map(({ name }) => name),
    suites.map(({ suite }) => suite),
    rows.map(({ scores, losses }) => scores ?? losses.map((loss, at) => between[at](loss))),
  );
}

/** The table of a comparison across suites, cell by cell, with its head. */
export function acrossTable({ rows }: AcrossSuites): { readonly head: readonly string[]; readonly rows: string[][] } {
  const scored = rows.every(({ normalised }) => normalised !== null);
  return {
    head: ['Method', 'Mean rank', 'Win rate (%)', 'Improvability (%)', ...(scored ? ['Score (%)'] : []), 'Elo', '95 %'],
    rows: rows.map(({ name, meanRank, winRate, improvability, normalised, elo }) => [
      name,
      formatNumber(meanRank, 2),
      formatNumber(winRate * 100, 0),
      formatNumber(improvability * 100, 1),
      ...(scored ? [formatNumber((normalised ?? 0) * 100, 0)] : []),
      formatNumber(elo.rating, 0),
      `${formatNumber(elo.low, 0)} to ${formatNumber(elo.high, 0)}`,
    ]),
  };
}

/** What a comparison says and what it leaves out, in sentences. */
export function acrossSentences({ suites, leftOut, friedman, critical, rows }: AcrossSuites): string[] {
  return [
    `${rows.length} configurations on ${suites.length} suites, every suite with the same weight, by ` +
      `${[...new Set(suites.map(({ metric }) => metric))].join(', ')}. Differences below 1e-9 of a number are ties. ` +
      'Elo depends on the field: it compares nothing outside of this table; its interval is a bootstrap over suites.',
    ...(leftOut.length === 0 ? [] : [`Left out, for some configuration lacks them: ${leftOut.join(', ')}.`]),
    ...(friedman === null
      ? []
      : [
          `Friedman’s test: χ² ${formatNumber(friedman.chiSquare, 2)}, p ${probability(friedman.p)}; Iman and ` +
            `Davenport: F ${formatNumber(friedman.f, 2)}, p ${probability(friedman.fP)}.`,
        ]),
    critical === null
      ? 'Too few suites for critical differences: five are needed.'
      : `Nemenyi’s critical difference at .05: ${formatNumber(critical.difference, 2)} mean ranks.`,
  ];
}

const probability = (p: number): string => (p < 0.001 ? 'below .001' : formatNumber(p, 3));

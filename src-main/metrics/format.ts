import type { MetricUnit } from './definitions/metric.ts';

/**
 * How numbers are shown, everywhere: screen, report, command line. Pure and without Node imports. Shares are shown as
 * per cent; a mean is rounded to two significant digits of its interval's half width, and a column shares its decimals.
 */

interface Spread {
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
}

export const MISSING = '–';

/** Factor between the stored and the shown number. */
export function shownScale(unit: MetricUnit): number {
  return unit === 'share' ? 100 : 1;
}

/** What goes into a column's header: `%` for shares. */
export function unitSymbol(unit: MetricUnit): string {
  const symbols: Record<MetricUnit, string> = {
    share: '%',
    nats: 'nats',
    seconds: 's',
    bytes: 'B',
    count: '',
    flop: 'FLOP',
    number: '',
  };
  return symbols[unit];
}

/** Decimals that show two significant digits of an uncertainty, 0 to `most`. */
export function decimalsFor(uncertainty: number, most = 4): number {
  if (!(uncertainty > 0) || !Number.isFinite(uncertainty)) return most;
  return Math.min(most, Math.max(0, 1 - Math.floor(Math.log10(uncertainty) + 1e-9)));
}

/**
 * The decimals of a whole column: those of its median half width, so that one lucky cell does not fill the column with
 * digits.
 */
export function columnDecimals(cells: readonly (Spread | null)[], unit: MetricUnit): number {
  const scale = shownScale(unit);
  const halves = cells
    .flatMap((cell) =>
      cell?.low == null || cell.high == null || cell.high === cell.low ? [] : [((cell.high - cell.low) / 2) * scale],
    )
    .sort((a, b) => a - b);
  const median = halves[Math.floor((halves.length - 1) / 2)];
  if (median === undefined) return unit === 'share' ? 2 : unit === 'count' ? 0 : 3;
  return decimalsFor(median, unit === 'share' ? 2 : 4);
}

/** A number without unit: `97.31`; never `-0.00`. */
export function formatNumber(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return MISSING;
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace('-', '') : text.replace('-', '−');
}

/** A stored value in shown units, without the unit's symbol (that is in the header). */
export function formatValue(value: number | null, unit: MetricUnit, decimals?: number): string {
  if (value === null) return MISSING;
  if (unit === 'seconds' && decimals === undefined) return formatSeconds(value);
  if (unit === 'bytes' && decimals === undefined) return formatBytes(value);
  if ((unit === 'flop' || unit === 'count') && decimals === undefined) return formatCount(value);
  return formatNumber(value * shownScale(unit), decimals ?? (unit === 'share' ? 2 : 3));
}

/**
 * The mark of a leaderboard's cell, by its adjusted p alone: nothing is marked that was not tested. One rule for every
 * place that marks.
 */
export function markOf(cell: {
  readonly best: boolean;
  readonly tiedWithBest: boolean | null;
}): 'best' | 'tied' | null {
  if (cell.tiedWithBest !== true) return null;
  return cell.best ? 'best' : 'tied';
}

/** `97.31 ± 0.12`, or `97.31` where there is no interval. */
export function formatEstimate(estimate: Spread | null, unit: MetricUnit, decimals?: number): string {
  if (estimate === null) return MISSING;
  const half = estimate.low === null || estimate.high === null ? null : (estimate.high - estimate.low) / 2;
  const digits = decimals ?? columnDecimals([estimate], unit);
  const centre = formatNumber(estimate.mean * shownScale(unit), digits);
  return half === null ? centre : `${centre} ± ${formatNumber(half * shownScale(unit), digits)}`;
}

/** `+1.23`, `−0.40`, `0.00`. */
export function formatSigned(value: number, unit: MetricUnit, decimals = 2): string {
  const text = formatNumber(value * shownScale(unit), decimals);
  return Number(text) > 0 ? `+${text}` : text;
}

/** `p = .032`, `p = .21`, `p < .001`. */
export function formatP(p: number | null): string {
  if (p === null) return 'p not given';
  if (p < 0.001) return 'p < .001';
  if (p > 0.995) return 'p = 1.0';
  return `p = ${p.toFixed(p < 0.1 ? 3 : 2).replace(/^0/, '')}`;
}

/** `0.8 s`, `12 s`, `3 min 05 s`, `2 h 10 min`. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return MISSING;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** Powers of 1000: `11.6 MB`. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, ['B', 'kB', 'MB', 'GB', 'TB']);
}

/** Powers of 1000: `4.2 G`; below a thousand the number itself. */
export function formatCount(count: number): string {
  return scaled(count, ['', 'k', 'M', 'G', 'T', 'P']).trim();
}

/** `60,000`: counts that are read exactly. Not by `toLocaleString`, whose language tables take 30 ms to load. */
export const formatInteger = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');

function scaled(value: number, units: readonly string[]): string {
  if (!Number.isFinite(value)) return MISSING;
  let index = 0;
  let rest = Math.abs(value);
  while (rest >= 999.5 && index < units.length - 1) {
    rest /= 1000;
    index++;
  }
  const sign = value < 0 ? '−' : '';
  const digits = index === 0 && Number.isInteger(rest) ? 0 : rest < 10 ? 2 : rest < 100 ? 1 : 0;
  return `${sign}${rest.toFixed(digits)} ${units[index] ?? ''}`;
}

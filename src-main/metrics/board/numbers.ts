/**
 * Formats of pictures and tables: what they need beyond the one rule for results, which is ../format.ts. Runs in a
 * browser.
 */
import { formatNumber } from '../format.ts';
import type { MetricUnit } from '../definitions/metric.ts';

export { formatNumber as fixed } from '../format.ts';
export type Unit = MetricUnit;

/** Fixed decimals with the sign always shown; zero has none. */
export function signed(value: number, decimals: number): string {
  const text = formatNumber(value, decimals);
  return Number.isFinite(value) && value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

/** An uncertainty at given decimals; one that rounds to nothing says so: `<0.01`. */
export function uncertainty(half: number, decimals: number): string {
  const text = formatNumber(half, decimals);
  return half > 0 && !/[1-9]/.test(text) ? `<${formatNumber(10 ** -decimals, decimals)}` : text;
}

/** p without its name: `.013`, `< .001`. */
export function probability(p: number | null): string {
  if (p === null || Number.isNaN(p)) return '–';
  if (p < 0.001) return '< .001';
  if (p > 0.995) return '1.0';
  return p.toFixed(p < 0.1 ? 3 : 2).replace(/^0/, '');
}

export interface ColumnUnit {
  readonly label: string;
  readonly divisor: number;
}

interface Step extends ColumnUnit {
  /** The unit is used when the middle of the column reaches this. */
  readonly from: number;
}
const step = (label: string, divisor: number, from = divisor): Step => ({ label, divisor, from });

const STEPS: Readonly<Record<Unit, readonly Step[]>> = {
  seconds: [step('s', 1, 0), step('min', 60, 600), step('h', 3600, 3 * 3600)],
  bytes: [step('B', 1, 0), step('kB', 1e3), step('MB', 1e6), step('GB', 1e9)],
  flop: [
    step('FLOP', 1, 0),
    step('kFLOP', 1e3),
    step('MFLOP', 1e6),
    step('GFLOP', 1e9),
    step('TFLOP', 1e12),
    step('PFLOP', 1e15),
  ],
  count: [step('', 1, 0), step('k', 1e3, 1e4), step('M', 1e6), step('G', 1e9)],
  share: [step('%', 0.01, 0)],
  nats: [step('nats', 1, 0)],
  number: [step('', 1, 0)],
};

/**
 * The unit that suits a whole column of costs, so that its decimals line up under one header. Zeros have no say: many
 * methods store nothing.
 */
export function columnUnit(values: readonly number[], unit: Unit): ColumnUnit {
  const sorted = values
    .filter((value) => Number.isFinite(value) && value !== 0)
    .map((value) => Math.abs(value))
    .sort((a, b) => a - b);
  const typical = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const { label, divisor } = STEPS[unit].filter((each) => typical >= each.from).at(-1) ?? step('', 1);
  return { label, divisor };
}

/** Decimals for costs in their column's unit: about three figures at the middle of the column. */
export function costDecimals(values: readonly number[], unit: ColumnUnit): number {
  if (values.every((value) => value === 0)) return 0;
  const sorted = values
    .filter((value) => value !== 0)
    .map((value) => Math.abs(value) / unit.divisor)
    .sort((a, b) => a - b);
  const typical = sorted[Math.floor(sorted.length / 2)] ?? 0;
  if (unit.divisor === 1 && values.every((value) => Number.isInteger(value))) return 0;
  return typical >= 100 ? 0 : typical >= 10 ? 1 : 2;
}

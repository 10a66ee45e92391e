/**
 * Where the axes of pictures have their marks and what stands at them: one rule for the window, for files and for
 * reports. Runs in a browser. The labels of an axis all differ: their decimals come from the distance between marks,
 * never from a habit of the unit.
 */

/** What an axis counts: it decides which words shorten large numbers. */
export type AxisUnit = 'number' | 'seconds' | 'bytes';

export interface AxisRange {
  readonly low: number;
  readonly high: number;
}

export interface TickWish {
  readonly unit?: AxisUnit;
  /** Stored numbers times this are shown: 100 for shares in per cent. */
  readonly scale?: number;
  /** Equal distances are equal ratios; the range must lie above 0. */
  readonly log?: boolean;
  /** Only whole numbers: steps and tasks are counted. */
  readonly integer?: boolean;
  /** About how many marks; 5 unless told. */
  readonly wanted?: number;
}

export interface Ticks {
  /** Stored numbers, ascending. */
  readonly values: readonly number[];
  /** What stands at each of them. */
  readonly labels: readonly string[];
}

interface Suffix {
  readonly text: string;
  readonly divisor: number;
  /** Used when the largest number of the axis reaches this. */
  readonly from: number;
}

const suffix = (text: string, divisor: number, from = divisor): Suffix => ({ text, divisor, from });
const SUFFIXES: Readonly<Record<AxisUnit, readonly Suffix[]>> = {
  number: [
    suffix('', 1, 0),
    suffix(' k', 1e3, 1e4),
    suffix(' M', 1e6),
    suffix(' G', 1e9),
    suffix(' T', 1e12),
    suffix(' P', 1e15),
  ],
  seconds: [suffix(' s', 1, 0), suffix(' min', 60, 300), suffix(' h', 3600, 4 * 3600)],
  bytes: [suffix(' B', 1, 0), suffix(' kB', 1e3), suffix(' MB', 1e6), suffix(' GB', 1e9), suffix(' TB', 1e12)],
};

/** Marks of an axis over `range`, in stored numbers, with labels that all differ. */
export function ticks({ low, high }: AxisRange, wish: TickWish = {}): Ticks {
  const { unit = 'number', scale = 1, integer = false, wanted = 5 } = wish;
  const [from, to] = [low * scale, high * scale];
  if (!Number.isFinite(from) || !Number.isFinite(to)) return { values: [], labels: [] };
  if (!(to - from > TELLABLE * Math.max(Math.abs(from), Math.abs(to)))) return one(from, scale, unit);
  const powers = wish.log === true && from > 0 ? decadeTicks(from, to, wanted) : null;
  if (powers !== null)
    return { values: powers.map((shown) => shown / scale), labels: powers.map((shown) => own(shown, unit)) };
  const largest = Math.max(Math.abs(from), Math.abs(to));
  const { divisor, text } = suffixFor(largest, unit, (to - from) / wanted);
  const step = Math.max(roundStep((to - from) / divisor / wanted), integer ? 1 / divisor : 0);
  const first = Math.ceil(from / divisor / step - 1e-9);
  const count = Math.floor(to / divisor / step + 1e-9) - first + 1;
  const shown = Array.from({ length: Math.max(0, count) }, (_, i) => (first + i) * step);
  return {
    values: shown.map((value) => (value * divisor) / scale),
    labels: shown.map((value) => (value === 0 ? '0' : write(value, step, largest / divisor) + text)),
  };
}

/** Two numbers that differ by less than this part of them cannot be told apart by any label. */
const TELLABLE = 1e-11;

const one = (value: number, scale: number, unit: AxisUnit): Ticks => ({
  values: [value / scale],
  labels: [own(value, unit)],
});

/** The nearest 1, 2 or 5 times a power of ten. */
function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const part = rough / power;
  return (part < Math.SQRT2 ? 1 : part < Math.sqrt(10) ? 2 : part < Math.sqrt(50) ? 5 : 10) * power;
}

/**
 * Powers of ten within the range, with their double and fivefold where there is room; null where the range is too short
 * for them.
 */
function decadeTicks(from: number, to: number, wanted: number): readonly number[] | null {
  const decades = Math.log10(to / from);
  const [first, last] = [Math.floor(Math.log10(from)), Math.ceil(Math.log10(to))];
  const factors = decades * 3 <= wanted + 2 ? [1, 2, 5] : decades * 2 <= wanted + 2 ? [1, 3] : [1];
  const stride = Math.max(1, Math.round(decades / wanted));
  const found = Array.from({ length: last - first + 1 }, (_, i) => first + i)
    .filter((exponent) => exponent % stride === 0)
    .flatMap((exponent) => factors.map((factor) => Number(`${factor}e${exponent}`)))
    .filter((value) => value >= from * (1 - 1e-9) && value <= to * (1 + 1e-9));
  return found.length < (decades < 1.5 ? 3 : 1) ? null : found;
}

/** The largest suffix that a number reaches. */
const lastFitting = (suffixes: readonly Suffix[], largest: number): Suffix | undefined =>
  suffixes.filter(({ from }) => largest >= from).at(-1);

/** With which word the numbers of an axis are shortened: by its largest. */
function suffixOf(largest: number, unit: AxisUnit): Suffix {
  return lastFitting(SUFFIXES[unit], largest) ?? suffix('', 1);
}

/** The same, as long as that needs no more than two decimals: 100 002 and 100 004 are not 100.002 k and 100.004 k. */
function suffixFor(largest: number, unit: AxisUnit, step: number): Suffix {
  const fitting = SUFFIXES[unit].filter(({ divisor }) => divisor === 1 || decimalsOf(roundStep(step / divisor)) <= 2);
  return lastFitting(fitting, largest) ?? suffix('', 1);
}

/**
 * A number on its own, in its own unit: marks of a logarithmic axis are far apart. Of times, which do not go by tens,
 * in seconds.
 */
function own(value: number, unit: AxisUnit): string {
  const { divisor, text } = unit === 'seconds' ? suffix(' s', 1) : suffixOf(Math.abs(value), unit);
  const shown = value / divisor;
  if (shown !== 0 && (Math.abs(shown) < 1e-3 || Math.abs(shown) >= 1e7))
    return exponential(shown, exponentOf(shown), 3) + text;
  return minus(String(Number(shown.toPrecision(6)))) + text;
}

/** A mark of an axis whose marks are `step` apart and whose largest is `largest`: decimals for the step, no more. */
function write(value: number, step: number, largest: number): string {
  if (largest < 1e-3 || largest >= 1e9) {
    const exponent = exponentOf(largest);
    return exponential(value, exponent, decimalsOf(step / 10 ** exponent));
  }
  return plain(value, decimalsOf(step));
}

const exponentOf = (value: number): number => Math.floor(Math.log10(Math.abs(value)) + 1e-12);
/** How many decimals a multiple of `step` has: none for 20, two for 0.05. */
const decimalsOf = (step: number): number => Math.min(20, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));

function plain(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace('-', '') : minus(text);
}

function exponential(value: number, exponent: number, decimals: number): string {
  if (value === 0) return '0';
  const mantissa = (value / 10 ** exponent).toFixed(decimals);
  return minus(`${mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa}e${exponent}`);
}

const minus = (text: string): string => text.replaceAll('-', '−');

/** A value of an axis as a tooltip says it: with about three figures of the range. */
export function valueText(
  value: number,
  { low, high }: AxisRange,
  { unit = 'number', scale = 1 }: TickWish = {},
): string {
  if (!Number.isFinite(value)) return '–';
  const shown = value * scale;
  const span = Math.abs(high - low) * scale;
  const { divisor, text } = suffixOf(Math.abs(shown), unit);
  const step = span > 0 ? roundStep(span / divisor / 500) : Math.abs(shown / divisor) / 1000 || 1;
  return write(shown / divisor, step, Math.abs(shown) / divisor || 1) + text;
}

/**
 * The range that values need, with a little air; what is not finite, or not above 0 on a logarithmic axis, has no
 * place.
 */
export function rangeOf(values: readonly number[], log = false, air = 0.05): AxisRange {
  const placed = values.filter((value) => Number.isFinite(value) && (!log || value > 0));
  if (placed.length === 0) return log ? { low: 1, high: 10 } : { low: 0, high: 1 };
  let [low, high] = [placed[0] ?? 0, placed[0] ?? 0];
  for (const value of placed) [low, high] = [Math.min(low, value), Math.max(high, value)];
  const same = !(high - low > TELLABLE * Math.max(Math.abs(low), Math.abs(high)));
  if (log) {
    const factor = same ? 2 : (high / low) ** air;
    return { low: low / factor, high: high * factor };
  }
  const margin = same ? Math.abs(high) * 0.05 || 1 : (high - low) * air;
  return { low: low - margin, high: high + margin };
}

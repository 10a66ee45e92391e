/** Formats of the interface itself; numbers of results are formatted by src-main/metrics/format.ts. */
import { formatInteger } from '../../src-main/metrics/format.ts';

export * from '../../src-main/metrics/format.ts';

/** `1 trial`, `3 trials`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatInteger(count)} ${count === 1 ? one : many}`;
}

/** A text after which another sentence can follow. */
export function sentence(text: string): string {
  return /[.!?…]$/.test(text.trimEnd()) ? text : `${text}.`;
}

/** Time left, deliberately coarse: `less than 5 s`, `about 40 s`, `about 3 min`, `about 2 h 10 min`. */
export function formatEta(seconds: number): string {
  if (seconds < 5) return 'less than 5 s';
  if (seconds < 90) return `about ${Math.round(seconds / 5) * 5} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `about ${minutes} min`;
  const rounded = Math.round(minutes / 10) * 10;
  return `about ${Math.floor(rounded / 60)} h ${String(rounded % 60).padStart(2, '0')} min`;
}

// Dates are put together here: the browser's own formats take 50 ms when the first one is asked for, and Home shows
// dates.
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** `14:03:07`, in the person's time zone. */
export function formatClock(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':');
}

/** `12 Mar 2026`, in the person's time zone. */
export function formatDay(at: number): string {
  const date = new Date(at);
  return `${date.getDate()} ${MONTHS[date.getMonth()] ?? ''} ${date.getFullYear()}`;
}

/** `just now`, `5 min ago`, `yesterday`, `12 Mar 2026`. */
export function formatAgo(at: number, now: number): string {
  const seconds = (now - at) / 1000;
  if (seconds < 45) return 'just now';
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 86400) return `${Math.round(seconds / 3600)} h ago`;
  if (seconds < 2 * 86400) return 'yesterday';
  if (seconds < 7 * 86400) return `${Math.floor(seconds / 86400)} days ago`;
  return formatDay(at);
}

/** `21 Nov 2026, 14:03`: the exact moment, for tooltips. */
export function formatMoment(at: number): string {
  return `${formatDay(at)}, ${formatClock(at).slice(0, 5)}`;
}

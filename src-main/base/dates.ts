/** `2026-11-30`, or `unknown date` for a number that is no time: what was stored elsewhere may hold anything. */
export const dayText = (milliseconds: number): string => isoText(milliseconds)?.slice(0, 10) ?? 'unknown date';

/** `2026-11-30 08:58` (UTC), or `unknown date`. */
export const minuteText = (milliseconds: number): string =>
  isoText(milliseconds)?.slice(0, 16).replace('T', ' ') ?? 'unknown date';

/** `2026-11-30 08:58:31` (UTC), or `unknown date`. */
export const secondText = (milliseconds: number): string =>
  isoText(milliseconds)?.slice(0, 19).replace('T', ' ') ?? 'unknown date';

function isoText(milliseconds: number): string | null {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

import { describe, expect, test } from 'vitest';
import { formatAgo, formatClock, formatDay, formatMoment, sentence } from '../../../src-renderer/app/format.ts';

const inEnglish = (at: number, options: Intl.DateTimeFormatOptions): string =>
  new Date(at).toLocaleString('en-US', options);

test('a text ends as a sentence where another one follows', () => {
  expect(['is taken; choose another', 'Read it.', 'Why?', 'and more…'].map(sentence)).toEqual([
    'is taken; choose another.',
    'Read it.',
    'Why?',
    'and more…',
  ]);
});

describe('dates and times, as the system tells them', () => {
  const moments = Array.from({ length: 12 }, (_, month) =>
    new Date(2026, month, 1 + 2 * month, 2 * month, 5 * month, month).getTime(),
  );
  test.each(moments)('%d', (at) => {
    const [day, month, year] = [
      inEnglish(at, { day: 'numeric' }),
      inEnglish(at, { month: 'short' }),
      inEnglish(at, { year: 'numeric' }),
    ];
    const clock = inEnglish(at, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
    expect([formatDay(at), formatClock(at), formatMoment(at)]).toEqual([
      `${day} ${month} ${year}`,
      clock,
      `${day} ${month} ${year}, ${clock.slice(0, 5)}`,
    ]);
  });
  test('how long ago, and the day when that is long', () => {
    const now = new Date(2026, 10, 21, 12).getTime(),
      minute = 60_000,
      day = 1440 * minute;
    expect(
      [0, 5 * minute, 3 * 60 * minute, 1.5 * day, 4 * day, 30 * day].map((past) => formatAgo(now - past, now)),
    ).toEqual(['just now', '5 min ago', '3 h ago', 'yesterday', '4 days ago', '22 Oct 2026']);
  });
});

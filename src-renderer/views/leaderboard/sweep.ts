import type { LeaderboardRow } from '../../../src-main/workbench/contract/contract.ts';

/** Rows that differ in one number only, ascending by it. */
export interface SweptLine {
  /** The method's name with what its rows share beside the number, as far as other lines of the method differ in it. */
  readonly name: string;
  readonly points: readonly { readonly value: number; readonly row: LeaderboardRow }[];
}

export interface SweptSetting {
  readonly name: string;
  readonly lines: readonly SweptLine[];
  /** Whether equal ratios of the values say more than equal distances. */
  readonly log: boolean;
}

/**
 * The settings that a board was swept over: numbers of which at least two rows, alike in everything else, have
 * different values.
 */
export function sweptSettings(rows: readonly LeaderboardRow[]): readonly SweptSetting[] {
  const names = new Set(
    rows.flatMap((row) =>
      Object.entries(row.hyperParameters).flatMap(([name, value]) => (typeof value === 'number' ? [name] : [])),
    ),
  );
  return [...names].flatMap((name) => {
    const lines = linesOf(name, rows);
    if (lines.length === 0) return [];
    const values = lines.flatMap(({ points }) => points.map(({ value }) => value));
    const [least, most] = [Math.min(...values), Math.max(...values)];
    return [{ name, lines, log: least > 0 && most / least > 10 }];
  });
}

function linesOf(setting: string, rows: readonly LeaderboardRow[]): SweptLine[] {
  const groups = new Map<string, { others: [string, string][]; points: { value: number; row: LeaderboardRow }[] }>();
  for (const row of rows) {
    const value = row.hyperParameters[setting];
    if (typeof value !== 'number') continue;
    const others = Object.entries(row.hyperParameters)
      .filter(([name]) => name !== setting)
      .map(([name, other]): [string, string] => [name, String(other)])
      .sort(([a], [b]) => a.localeCompare(b));
    const key = JSON.stringify([row.method, others]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { others, points: [{ value, row }] });
    else group.points.push({ value, row });
  }
  const swept = [...groups.values()].filter(({ points }) => new Set(points.map(({ value }) => value)).size > 1);
  return swept.map(({ others, points }) => {
    const sorted = [...points].sort((a, b) => a.value - b.value);
    const [first] = sorted;
    const siblings = swept.filter((group) => group.points[0]?.row.method === first?.row.method);
    const telling = others.filter(([name, value]) =>
      siblings.some((group) => group.others.some(([other, its]) => other === name && its !== value)),
    );
    const title = first?.row.title ?? '';
    const words = telling.map(([name, value]) => `${name} ${value}`).join(', ');
    return { name: words === '' ? title : `${title} (${words})`, points: sorted };
  });
}

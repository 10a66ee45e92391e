import { shortened } from '../../src-main/base/shortened.ts';

export interface Named {
  readonly key: string;
  readonly name: string;
}

export type Meant<T extends Named> =
  { readonly ok: true; readonly row: T } | { readonly ok: false; readonly message: string };

/** As many names a message holds. */
const MOST_NAMES = 3;

/** The row that a typed name means: that of the name, or the only one that begins so; capitals do not count. */
export function rowNamed<T extends Named>(rows: readonly T[], typed: string): Meant<T> {
  const text = typed.trim().toLowerCase();
  const beginning = rows.filter(({ name }) => name.toLowerCase().startsWith(text));
  const [first, second] = beginning;
  const row =
    rows.find(({ name }) => name === typed.trim()) ??
    beginning.find(({ name }) => name.toLowerCase() === text) ??
    (second === undefined ? first : undefined);
  if (row !== undefined) return { ok: true, row };
  const what = beginning.length === 0 ? 'No name begins so; there are' : `${beginning.length} names begin so:`;
  const { shown, leftOut } = shortened(beginning.length === 0 ? rows : beginning, MOST_NAMES);
  const names = shown.map(({ name }) => `"${name}"`).join(', ');
  return { ok: false, message: `${what} ${names}${leftOut === 0 ? '' : ` and ${leftOut} more`}.` };
}

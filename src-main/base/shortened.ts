/**
 * A list of which only the beginning is shown, with how many are not: whoever shortens has to say so. Runs in a
 * browser.
 */
export interface Shortened<T> {
  readonly shown: readonly T[];
  /** How many are not shown; 0 where all are. */
  readonly leftOut: number;
}

/** The first `most` of a list, and how many that leaves out. */
export function shortened<T>(list: readonly T[], most: number): Shortened<T> {
  const shown = list.slice(0, Math.max(0, most));
  return { shown, leftOut: list.length - shown.length };
}

/** A text of at most `most` characters; one that was longer ends in `…`. */
export function shortText(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, Math.max(0, most - 1))}…`;
}

/** The first `most` of a list as one text, with the number of the others: `a; b; and 3 more`. */
export function joinedAtMost(list: readonly string[], most: number, separator = '; '): string {
  const { shown, leftOut } = shortened(list, most);
  return [...shown, ...(leftOut === 0 ? [] : [`and ${leftOut} more`])].join(separator);
}

/**
 * Several values in one text, with separators between them. A value that holds a separator, a quotation mark or blanks
 * at its ends stands in quotation marks, in which two of them are one: `"a,b"`, `"5"" disk"`. Runs in the browser too:
 * nothing is imported.
 */

export type Split =
  { readonly ok: true; readonly parts: readonly string[] } | { readonly ok: false; readonly message: string };

/** What ends a value anywhere: in lists of methods, of settings, of values. */
const ENDS = ',:=|;';

/**
 * The parts of a text between separators, as they are written; nothing in quotation marks separates. Those open where a
 * part begins and after `openers`; anywhere else a quotation mark is a letter like others.
 */
export function splitQuoted(text: string, separators: string, openers = separators): Split {
  const parts: string[] = [];
  let from = 0;
  let opens = true;
  for (let at = 0; at < text.length; at++) {
    const letter = text.charAt(at);
    if (letter === '"' && opens) {
      const end = closingMark(text, at);
      if (end === null) return { ok: false, message: `A quotation mark is opened and not closed in ${text}.` };
      const next = text
        .slice(end + 1)
        .trimStart()
        .charAt(0);
      if (next !== '' && !ENDS.includes(next))
        return {
          ok: false,
          message: `After a closing quotation mark nothing of the same value may follow, as in ${text}.`,
        };
      at = end;
      opens = false;
    } else if (separators.includes(letter)) {
      parts.push(text.slice(from, at));
      from = at + 1;
      opens = true;
    } else opens = openers.includes(letter) || (opens && letter.trim() === '');
  }
  return { ok: true, parts: [...parts, text.slice(from)] };
}

/** Where the quotation ends that begins at a place; null where it does not. */
function closingMark(text: string, from: number): number | null {
  for (let at = from + 1; at < text.length; at++) {
    if (text.charAt(at) !== '"') continue;
    if (text.charAt(at + 1) !== '"') return at;
    at++;
  }
  return null;
}

/** What a part says: without its quotation marks, or without the blanks around it. */
export function unquoted(part: string): string {
  const text = part.trim();
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text;
}

/** A value as it has to be written to be read as this one value, wherever values stand. */
export function quotedValue(value: number | string | boolean): string {
  // All digits of such a number would claim more than a double can tell apart, and are refused where they are typed.
  const isVast = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
  const text = isVast ? value.toExponential() : String(value);
  const isPlain = text !== '' && text.trim() === text && !/[,:=|;"]/.test(text);
  return isPlain ? text : `"${text.replaceAll('"', '""')}"`;
}

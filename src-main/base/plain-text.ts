/**
 * What a name may not hold: control characters (a terminal obeys them), line and paragraph separators, characters that
 * turn the direction of what follows, and halves of a pair. The joiners of Persian words and of emoji are none of
 * these.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

/** Whether a text can be shown anywhere without doing anything. */
export const isPlain = (text: string): boolean => !UNPRINTABLE.test(text);

const CONTROLS = new RegExp(UNPRINTABLE.source, 'gu');

/** The text with what a terminal would obey written out: `\u001b`; line breaks and tabs stay where `lines` is true. */
export function printable(text: string, lines = false): string {
  return text.replace(CONTROLS, (character) =>
    lines && (character === '\n' || character === '\t')
      ? character
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

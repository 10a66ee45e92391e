/**
 * Command lines that a person copies: one function quotes whatever a name may hold, for the shell that will read it.
 */

/** `posix`: sh, bash, zsh, dash, ksh. `powershell`: what Windows opens. */
export type ShellKind = 'posix' | 'powershell';

/** The shell that a person most likely has on a platform (`process.platform`). */
export const shellOf = (platform: string): ShellKind => (platform === 'win32' ? 'powershell' : 'posix');

/**
 * What no shell reads anything into. The first character is narrower: zsh takes `=name` for a program's path. A comma
 * is an array in PowerShell.
 */
const PLAIN: Readonly<Record<ShellKind, RegExp>> = {
  posix: /^[\w./-][\w.:=+,/-]*$/,
  powershell: /^[\w./][\w.:=+/-]*$|^--?[a-z][a-z-]*$/,
};

/**
 * A terminal may obey these although they stand in quotes (a paste ends at `ESC [ 201 ~`), and some hide what a command
 * does.
 */
const UNSEEN = /[\p{Cc}\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]+/gu;

/** One word of a command line, quoted where it has to be. A word cannot hold U+0000: it is left out. */
export function quoteWord(word: string, shell: ShellKind): string {
  const text = word.toWellFormed().replaceAll('\0', '');
  if (PLAIN[shell].test(text)) return text;
  return shell === 'posix' ? quotePosix(text) : quotePowerShell(text);
}

/** A whole command line of words, each one quoted where it has to be. */
export function commandLine(words: readonly string[], shell: ShellKind): string {
  return words.map((word) => quoteWord(word, shell)).join(' ');
}

/**
 * `touchstone` with its words, for the shell of this machine: the only way to put a name into a command that is shown.
 */
export function touchstoneCommand(...words: readonly string[]): string {
  return commandLine(['touchstone', ...words], shellOf(process.platform));
}

function quotePosix(text: string): string {
  const single = (part: string): string => (part === '' ? '' : `'${part.replaceAll("'", `'\\''`)}'`);
  return (
    pieces(text, single, (unseen) => {
      // What a command prints loses its last line breaks; in single quotes they do no harm.
      const [, body = '', breaks = ''] = /^([\s\S]*?)(\n*)$/.exec(unseen) ?? [];
      const octal = [...new TextEncoder().encode(body)]
        .map((byte) => `\\${byte.toString(8).padStart(3, '0')}`)
        .join('');
      return `${octal === '' ? '' : `"$(printf '${octal}')"`}${single(breaks)}`;
    }).join('') || "''"
  );
}

function quotePowerShell(text: string): string {
  // PowerShell takes typographic quotes for straight ones.
  const single = (part: string): string => `'${part.replace(/['\u2018-\u201b]/g, '$&$&')}'`;
  const parts = pieces(text, single, (unseen) =>
    [...unseen].map((character) => `[char]${character.codePointAt(0) ?? 0}`).join('+'),
  );
  if (parts.length === 0) return "''";
  // The first operand decides what + does: it must be text.
  const operands = parts[0]?.startsWith('[') === true ? ["''", ...parts] : parts;
  return operands.length === 1 ? (operands[0] ?? "''") : `(${operands.join('+')})`;
}

/** The text in its order, runs that can be seen and runs that cannot each written in their way. */
function pieces(text: string, seen: (part: string) => string, unseen: (part: string) => string): string[] {
  const found: string[] = [];
  let at = 0;
  for (const match of text.matchAll(UNSEEN)) {
    if (match.index > at) found.push(seen(text.slice(at, match.index)));
    found.push(unseen(match[0]));
    at = match.index + match[0].length;
  }
  if (at < text.length) found.push(seen(text.slice(at)));
  return found;
}

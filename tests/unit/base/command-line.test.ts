import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandLine, quoteWord, shellOf } from '../../../src-main/base/command-line.ts';

/** What a shell makes of the words of a line: each as the program gets it. */
function wordsBy(shell: string, line: string): string[] {
  const told = execFileSync(shell, ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' });
  return told.split('\0').slice(0, -1);
}

const HOSTILE = [
  '',
  'er',
  'ewc:lambda=100',
  '; touch /tmp/touchstone-was-here',
  '$(touch x)',
  '`touch x`',
  "it's",
  '"double"',
  '\\',
  'a\nb\n',
  '\n\n',
  '\t',
  '\u001b[201~; touch x\n',
  '\u202egnp.exe',
  '=cmd',
  '~root',
  '*',
  '{a,b}',
  '!!',
  '-n',
  '#',
  'a&b|c>d<e',
  '%s%n\\c',
  'été 研究 😀',
  '\u0080\u009b',
  "'\u001b'",
];

describe('words of a command line', () => {
  it('reach the program as they are, whatever sh would read into them', () => {
    const line = commandLine(HOSTILE, 'posix');
    expect(wordsBy('sh', line)).toEqual(HOSTILE);
  });
  it('hold for any text, fifty to a line', () => {
    const odd = fc.constantFrom(...'\'"`$\\;&|<>(){}[]*?~#!%=, \n\t\u001b\u202eaé研'.split(''), '😀');
    const word = fc.oneof(fc.string({ unit: odd, maxLength: 12 }), fc.string({ unit: 'binary', maxLength: 12 }));
    fc.assert(
      fc.property(fc.array(word, { minLength: 40, maxLength: 60 }), (words) => {
        const told = words.map((text) => text.replaceAll('\0', ''));
        expect(wordsBy('sh', commandLine(words, 'posix'))).toEqual(told);
      }),
      { numRuns: 5 },
    );
  });
  it('hold nothing that a terminal obeys or that hides what is run', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 30 }),
        fc.constantFrom('posix', 'powershell'),
        (text, shell) => {
          expect(quoteWord(text, shell)).not.toMatch(/(?!\n)[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
        },
      ),
    );
  });
  it('stay bare where no shell reads anything into them', () => {
    const words = ['touchstone', 'run', 'split-mnist/class-il', '--methods', 'ewc:lambda=1e-3', '--seeds', '0'];
    for (const shell of ['posix', 'powershell'] as const) expect(commandLine(words, shell)).toBe(words.join(' '));
    expect(quoteWord('0,1', 'posix')).toBe('0,1');
  });
  it('are quoted by the rules of PowerShell on Windows', () => {
    expect(shellOf('win32')).toBe('powershell');
    expect(shellOf('linux')).toBe('posix');
    // about_Quoting_Rules: a quote in single quotes is doubled, nothing is expanded; typographic quotes are quotes.
    const cases: [string, string][] = [
      ["it's", "'it''s'"],
      ['\u2019; rm x', "'\u2019\u2019; rm x'"],
      ['$(rm x)', "'$(rm x)'"],
      ['0,1', "'0,1'"],
      ['', "''"],
      ['a\u001bb', "('a'+[char]27+'b')"],
      ['\n', "(''+[char]10)"],
      ['--%', "'--%'"],
    ];
    for (const [text, quoted] of cases) expect(quoteWord(text, 'powershell')).toBe(quoted);
  });
});

/** `touchstone <command> … ${value}` in a source: a value that was put into a command by hand. */
const BY_HAND =
  /touchstone (?:run|study|data|trial|report|leaderboard|import|methods|suites|bench)\b[^`'"\n.;]*\$\{.*/g;

it('no command is put together by hand', () => {
  const root = path.join(import.meta.dirname, '..', '..', '..', 'src-main');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const found = files.flatMap((file) =>
    [...readFileSync(path.join(root, file), 'utf8').matchAll(BY_HAND)].map(([text]) => `${file}: ${text}`),
  );
  expect(found).toEqual([]);
});

import fc from 'fast-check';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import {
  csvLine,
  escapeHtml,
  escapeLatex,
  escapeMarkdown,
  latexComment,
  markdownBlock,
  markdownCode,
  spreadsheetText,
  tsvLine,
} from '../../../src-main/reports/escapes.ts';

const UNSEEN = /(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;
const odd = fc.constantFrom(
  ...'|`\\*_[]<>&"\'$%#^~{}=+-@;, \n\t\r\u0000\u001b\u202e\u2028a1é研'.split(''),
  '😀',
  'www.',
  '://',
);
const hostile = fc.string({ unit: odd, maxLength: 24 });

describe('whatever a name holds', () => {
  it('nothing unseen comes through in any format', () => {
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string({ unit: 'binary' })), (text) => {
        for (const escape of [escapeHtml, escapeLatex, escapeMarkdown, markdownCode, latexComment, spreadsheetText])
          expect(escape(text)).not.toMatch(UNSEEN);
        expect(markdownBlock(text, 'sh')).not.toMatch(UNSEEN);
      }),
    );
  });
  it('text in one line stays in one line', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const escape of [escapeLatex, escapeMarkdown, markdownCode, latexComment])
          expect(escape(text)).not.toMatch(/[\n\r\u2028\u2029]/);
      }),
    );
  });
  it('is shown, not hidden: a turned direction is written out', () => {
    expect(escapeHtml('\u202egnp')).toBe('\\u202egnp');
    expect(escapeHtml('&lt;\n')).toBe('&amp;lt;\n');
  });
});

describe('Markdown', () => {
  it('a pipe, a line break or a code span cannot end a cell', () => {
    expect(escapeMarkdown('a|b\nc `d`')).toBe('a\\|b c \\`d\\`');
    expect(markdownCode('a|b`c', 'table')).toBe('<code>a\\|b\\`c</code>');
    expect(markdownCode('`x`')).toBe('`` `x` ``');
    fc.assert(
      fc.property(hostile, (text) => {
        for (const cell of [escapeMarkdown(text), markdownCode(text, 'table')])
          expect(cell.replace(/\\[\s\S]/g, '')).not.toContain('|');
      }),
    );
  });
  it('an address is no link, a number no list, a name nobody’s account', () => {
    expect(escapeMarkdown('see https://x.y or www.x.y, @all')).toBe('see https:\\/\\/x.y or www\\.x.y, \\@all');
    expect(escapeMarkdown('1. x')).toBe('1\\. x');
    expect(escapeMarkdown('<b>&amp;')).toBe('&lt;b\\>&amp;amp;');
  });
  it('a block cannot be closed from inside', () => {
    expect(markdownBlock('a\n```\nb', 'sh')).toBe('````sh\na\n```\nb\n````');
  });
});

describe('LaTeX', () => {
  it('prints every special character', () => {
    expect(escapeLatex('\\ { } $ & # % _ ~ ^ < > |')).toBe(
      '\\textbackslash{} \\{ \\} \\$ \\& \\# \\% \\_ \\textasciitilde{} \\textasciicircum{} ' +
        '\\textless{} \\textgreater{} \\textbar{}',
    );
    expect(escapeLatex('a---b')).toBe('a-{}-{}-b');
  });
  it('a name after the end of a row is no option of it', () => {
    expect(escapeLatex('[2cm] x')).toBe('{[}2cm] x');
    expect(escapeLatex('* x')).toBe('{*} x');
  });
  it('nothing breaks out of a comment', () => expect(latexComment('a\n\\input{x}')).toBe('% a \\input{x}'));
  it('braces are balanced and no command is begun', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const rest = escapeLatex(text)
          .replace(/\\[{}$&#%_]/g, '')
          .replace(/\\(?:textbackslash|textasciitilde|textasciicircum|textless|textgreater|textbar)\{\}/g, '')
          .replace(/\{[[*]?\}/g, '');
        // What is left of a backslash belongs to what `printable` writes out, which is escaped like the rest.
        expect(rest).not.toMatch(/[\\{}$&#%_~^]/);
      }),
    );
  });
});

describe('spreadsheets', () => {
  it('a name is never a formula, a number stays one', () => {
    for (const formula of ['=cmd()', '+x', '-x', '@SUM(A1)', ' =1', '\t=1', '\uff1d1', '\u200b=1'])
      expect(spreadsheetText(formula).startsWith("'")).toBe(true);
    for (const number of ['-1.5', '+0.25', '-2e-7', '12', 'a=b']) expect(spreadsheetText(number)).toBe(number);
    expect(tsvLine(['=1\t+1', '−0.5'])).toBe("'=1 +1\t-0.5");
  });
  it('a line of CSV comes back as its fields', () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 5 }), (fields) => {
        // Papa Parse reads a line of one empty field as none.
        fc.pre(fields.length > 1 || fields[0] !== '');
        const { data } = Papa.parse<string[]>(csvLine(fields), { delimiter: ',', newline: '\r\n' });
        expect(data[0]).toEqual(fields.map(spreadsheetText));
      }),
    );
  });
});

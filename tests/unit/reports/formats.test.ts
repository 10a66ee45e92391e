import fc from 'fast-check';
import Papa from 'papaparse';
import { describe, expect, test } from 'vitest';
import { metric } from '../../../src-main/metrics/registry.ts';
import { csvReport } from '../../../src-main/reports/csv.ts';
import { htmlReport } from '../../../src-main/reports/html/page.ts';
import { latexReport } from '../../../src-main/reports/latex.ts';
import { fileName, makeReport } from '../../../src-main/reports/make.ts';
import { markdownReport } from '../../../src-main/reports/markdown.ts';
import { Markup, markup } from '../../../src-main/reports/markup.ts';
import { list, summarise } from '../../../src-main/reports/summary.ts';
import { shownBoards } from '../../../src-main/reports/shown.ts';
import { REPORT_FORMATS } from '../../../src-main/workbench/contract/contract.ts';
import { HOSTILE, sampleReport } from './sample.ts';

const report = sampleReport();

describe('HTML', () => {
  const html = htmlReport(report);
  test('nothing of a hostile name survives as markup', () => {
    expect(html).not.toContain('<c>');
    expect(html).toContain('a_b &amp; &lt;c&gt;');
    expect(html).not.toMatch(/&(?!amp;|lt;|gt;|quot;|#39;)/);
  });
  test('needs nothing from outside: no address to load, a policy that would forbid it', () => {
    expect(html).not.toMatch(/(?:src|href|xlink:href|action)="(?!#)/);
    expect(html).not.toMatch(/@import|url\(/);
    expect(html).toMatch(/default-src &#39;none&#39;|default-src 'none'/);
  });
  test('every opened element is closed', () => {
    const open: string[] = [];
    const elements = html.replace(/<style>[\s\S]*?<\/style>|<script>[\s\S]*?<\/script>/g, '');
    for (const [tag, slash, name, self] of elements.matchAll(/<(\/?)([a-z0-9]+)(?:\s[^<>]*?)?(\/?)>/g)) {
      if (self === '/' || ['meta', 'br'].includes(name ?? '')) continue;
      if (slash === '/') expect(open.pop(), tag).toBe(name);
      else open.push(name ?? '');
    }
    expect(open).toEqual([]);
  });
  test('has every part', () => {
    for (const id of [
      'summary',
      'leaderboards',
      'pictures',
      'comparisons',
      'claims',
      'seeds',
      'protocol',
      'environment',
      'reproduce',
    ])
      expect(html).toContain(`<section id="${id}">`);
    for (const part of [
      '<svg',
      'prefers-color-scheme:dark',
      '@media print',
      'e'.repeat(64),
      'A &amp; B &lt;CPU&gt;',
      'tensorflow',
      'Only 3 seeds',
      'upper reference',
    ])
      expect(html).toContain(part);
  });
  test('every seed of every method is there', () => {
    for (const { id } of report.trials) expect(html).toContain(`title="${id}"`);
  });
  test('the numbers are those of the leaderboard', () => {
    const mean = report.leaderboard.rows.find(({ key }) => key === 'hostile')?.cells[0]?.estimate?.mean ?? 0;
    expect(mean).toBeCloseTo((0.61 + 0.9) / 2, 12);
    expect(html).toContain(`data-value="${mean}"`);
    expect(html).toContain('75.5 ± 1.2');
  });
});

describe('Markdown', () => {
  const text = markdownReport(report);
  test('tables hold as many cells as their header, whatever the names', () => {
    const widths = text
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) => line.replaceAll('\\|', '').split('|').length);
    expect(widths.length).toBeGreaterThan(8);
    expect(text).toContain('a\\_b &amp; &lt;c\\>');
    for (const block of text.split('\n\n').filter((part) => part.startsWith('|')))
      expect(new Set(block.split('\n').map((line) => line.replaceAll('\\|', '').split('|').length)).size).toBe(1);
  });
  test('marks the best where it was tested, and nothing below five seeds', () => {
    expect(text).not.toMatch(/\*\*75\.5/);
    expect(markdownReport(sampleReport([0, 1, 2, 3, 4]))).toMatch(/\*\*76\.0\d? ± \d\.\d+\*\*/);
  });
});

describe('LaTeX', () => {
  const text = latexReport(report);
  test('escapes every special character', () => {
    expect(text).toContain('a\\_b \\& \\textless{}c\\textgreater{}');
  });
  test('booktabs, balanced, one cell per column', () => {
    for (const rule of ['\\toprule', '\\midrule', '\\bottomrule']) expect(text).toContain(rule);
    expect(text.match(/\\begin\{/g)?.length).toBe(text.match(/\\end\{/g)?.length);
    for (const [, spec = '', body = ''] of text.matchAll(/\\begin\{tabular\}\{(\w+)\}([\s\S]*?)\\end/g)) {
      const rows = body.split('\n').filter((line) => line.endsWith('\\\\'));
      // Heads of suites, heads of columns, three methods.
      expect(rows).toHaveLength(5);
      for (const row of rows) {
        const spans = [...row.matchAll(/\\multicolumn\{(\d+)\}/g)].map(([, span]) => Number(span) - 1);
        const cells = row.replaceAll('\\&', '').split('&').length + spans.reduce((sum, span) => sum + span, 0);
        expect(cells).toBe(spec.length);
      }
    }
    expect(latexReport(sampleReport([0, 1, 2, 3, 4]))).toMatch(/\\textbf\{\\boldmath \$76\.0\d?\$\}/);
  });
});

describe('LaTeX of suites with and without folds', () => {
  test('says of each table whether its means are over folds', () => {
    const one = sampleReport();
    const { columns, rows } = one.leaderboard;
    const folded = { suite: 'rows/iris' };
    const leaderboard = {
      ...one.leaderboard,
      columns: [...columns, ...columns.map((column) => ({ ...column, ...folded }))],
      rows: rows.map((row) => ({
        ...row,
        cells: row.cells.flatMap((cell) => [
          cell,
          { ...cell, ...folded, estimate: cell.estimate === null ? null : { ...cell.estimate, folds: 10 } },
        ]),
      })),
    };
    const captions = latexReport({ ...one, leaderboard }).match(/means over [a-z ]*/g);
    expect([...new Set(captions)]).toEqual(['means over seeds', 'means over seeds and folds']);
  });
});

describe('CSV', () => {
  const { data } = Papa.parse<Record<string, string>>(csvReport(report), { header: true, skipEmptyLines: true });
  test('one row per configuration, seed and metric, exact', () => {
    const costs = [
      'seconds',
      'flops',
      'inferenceFlops',
      'peakMemoryBytes',
      'bytesStored',
      'examples',
      'parameters',
    ] as const;
    expect(data).toHaveLength(
      report.trials.reduce((sum, { metrics }) => sum + Object.keys(metrics).length + costs.length, 0),
    );
    for (const row of data) {
      const trial = report.trials.find(({ id }) => id === row['trial']);
      const cost = costs.find((name) => row['metric'] === `cost.${name}`);
      expect(Number(row['value'])).toBe(cost === undefined ? trial?.metrics[row['metric'] ?? ''] : trial?.cost?.[cost]);
      expect(row).toMatchObject({
        suite: trial?.suite,
        scenario: 'class-il',
        configuration: trial?.rowKey,
        seed: String(trial?.seed),
        protocol_hash: trial?.protocolHash,
      });
      if (cost === undefined) expect(() => metric(row['metric'] ?? '')).not.toThrow();
    }
  });
  test('a cost that was not counted has no row', () => {
    const older = report.trials.map((trial) => ({ ...trial, cost: trial.cost && { ...trial.cost, parameters: null } }));
    const text = csvReport({ ...report, trials: older });
    expect(text).toContain('cost.flops');
    expect(text).not.toContain('cost.parameters');
  });
  test('settings with commas and quotes come through', () =>
    expect(JSON.parse(data[0]?.['hyper_parameters'] ?? '')).toEqual({ lambda: 0.1, kind: HOSTILE, flag: true }));
  test('a name that looks like a formula is disarmed', () => {
    const [first, ...rest] = report.trials;
    if (first === undefined) throw new Error('the sample has trials');
    const text = csvReport({ ...report, trials: [{ ...first, method: '=cmd()' }, ...rest] });
    expect(text).toContain(",'=cmd(),");
  });
});

describe('words', () => {
  test('few seeds: the summary says that nothing can be said', () => {
    const [text, claims] = summarise(report);
    expect(text).toBe(
      `Split digits, class-IL: ${HOSTILE} has the best Final accuracy (mean over tasks) with 75.5 ± 1.2 ` +
        '% (mean of 3 seeds, 95 % interval). Whether Naive is really worse cannot be said: a test needs ' +
        'at least 5 shared seeds. The upper reference, Joint, reaches 93.0 ± 1.2 %. The lower reference, ' +
        'Naive, is at 50.5 ± 1.2 %.',
    );
    expect(claims).toBe('Published results: 0 of 1 on the published protocol are reproduced.');
  });
  test('enough seeds: it names what is worse', () =>
    expect(summarise(sampleReport([0, 1, 2, 3, 4]))[0]).toMatch(
      /Significantly worse \(paired t-test, Holm\): Naive\./,
    ));
  test('lists', () =>
    expect([list([]), list(['a']), list(['a', 'b']), list(['a', 'b', 'c'])]).toEqual([
      '',
      'a',
      'a and b',
      'a, b and c',
    ]));
  test('rows are in the order of the screen: references above and below, the others best first', () =>
    expect(shownBoards(report)[0]?.rows.map(({ key }) => key)).toEqual(['joint', 'hostile', 'naive']));
});

describe('pieces', () => {
  test('markup escapes values and keeps markup', () => {
    expect(markup`<p title="${'"x" & \'y\''}">${new Markup('<b>')}${['<', 1]}${null}${false}</p>`.text).toBe(
      '<p title="&quot;x&quot; &amp; &#39;y&#39;"><b>&lt;1</p>',
    );
  });
  test('file names', () => {
    const id = '3fa9c2d1-5b7e-4c1a-9d2e-000000000000';
    expect(fileName({ id, name: 'Étude: DER++ / ER' })).toBe('etude-der-er-3fa9c2d1');
    expect(fileName({ id, name: '../..' })).toBe('report-3fa9c2d1');
    expect(fileName({ id, name: 'CON' })).toBe('con-3fa9c2d1');
    // Names without a Latin letter, and equal names, are files of their own.
    expect(fileName({ id, name: '研究 一' })).toBe('研究-一-3fa9c2d1');
    expect(fileName({ id, name: 'опыт' })).not.toBe(fileName({ id: 'b1', name: 'опыт' }));
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (name) => {
        const file = fileName({ id, name });
        expect(file).toMatch(/^[\p{L}\p{M}\p{N}-]+-3fa9c2d1$/u);
        expect(new TextEncoder().encode(file).length).toBeLessThanOrEqual(240);
      }),
    );
  });
  test('formats asked for, once each, with their kinds; a PDF is what is printed from the page', async () => {
    const pages: string[] = [];
    const print = (html: string): Promise<Uint8Array> => {
      pages.push(html);
      return Promise.resolve(Buffer.from('%PDF-1.4 …'));
    };
    const formats = ['html', 'csv', 'html', 'pdf', 'json', 'latex', 'markdown'] as const;
    const files = await makeReport(report, formats, { paper: false, print });
    expect(pages).toEqual([htmlReport(report, true)]);
    expect(files.find(({ encoding }) => encoding === 'base64')).toEqual({
      name: 'study-a-b-c-study1.pdf',
      mime: 'application/pdf',
      text: Buffer.from('%PDF-1.4 …').toString('base64'),
      encoding: 'base64',
    });
    expect(files.filter(({ encoding }) => encoding === 'utf8').map(({ name, mime }) => `${name} ${mime}`)).toEqual([
      'study-a-b-c-study1.html text/html',
      'study-a-b-c-study1.csv text/csv',
      'study-a-b-c-study1.json application/json',
      'study-a-b-c-study1.tex application/x-tex',
      'study-a-b-c-study1.md text/markdown',
    ]);
  });
});

test('a study in which nothing has finished still makes every file', async () => {
  const empty = {
    ...report,
    trials: [],
    claims: [],
    comparisons: [],
    leaderboard: { ...report.leaderboard, rows: [] },
  };
  const print = (html: string): Promise<Uint8Array> => Promise.resolve(Buffer.from(html));
  const files = await makeReport(empty, REPORT_FORMATS, { paper: false, print });
  expect(files).toHaveLength(REPORT_FORMATS.length);
  for (const { text } of files) expect(text.length).toBeGreaterThan(50);
  expect(htmlReport(empty)).toContain('nothing has finished yet');
});

import { readFileSync } from 'node:fs';
import { expect, test } from './fixtures.ts';
import { newestStudy } from './pages.ts';

test.use({ dataFolder: 'finished' });

test(
  'a report is saved: one HTML file that needs nothing else, CSV with a row per measurement, ' +
    'Markdown, LaTeX, PDF and JSON',
  async ({ touchstone }) => {
    const { page } = touchstone;
    const { id } = await newestStudy(touchstone);
    await touchstone.goto(`/study/${id}`);
    const save = async (name: RegExp, encoding: 'utf8' | 'latin1' = 'utf8'): Promise<string> => {
      const [file] = await touchstone.saved(1, async () => {
        await page.getByRole('button', { name: /export report/i }).click();
        await page.getByRole('button', { name }).click();
      });
      return readFileSync(file ?? '', encoding);
    };
    const html = await save(/html/i);
    expect(html).toContain('<!doctype html>');
    expect(html).toMatch(/First look/);
    expect(html).not.toMatch(/<(script|link|img|iframe)[^>]+(src|href)="?https?:/i);
    const csv = await save(/csv/i);
    expect(csv.split('\n')[0]).toMatch(/suite.*method.*seed.*metric/i);
    expect(csv.trim().split('\n').length).toBeGreaterThan(24);
    expect(await save(/markdown/i)).toMatch(/^# First look/);
    expect(await save(/latex/i)).toContain('\\toprule');
    // Printed by Electron in the window, by a Chromium on the machine for a browser.
    expect((await save(/pdf/i, 'latin1')).startsWith('%PDF-')).toBe(true);
    expect(JSON.parse(await save(/json/i))).toMatchObject({ format: 'touchstone-report', study: { id } });
  },
);

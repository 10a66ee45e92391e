import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from './fixtures.ts';

test('predictions of three models are combined, seen in pictures, and refused by row', async ({ touchstone }) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'touchstone-ensemble-'));
  const file = (name: string, rows: readonly (readonly number[])[]): string => {
    const target = path.join(folder, name);
    writeFileSync(target, rows.map((row) => row.join(',')).join('\n'));
    return target;
  };
  const labels = Array.from({ length: 30 }, (_, row) => row % 3);
  /** Right but for the rows of one class, of which it is not sure. */
  const model = (weak: number): number[][] =>
    labels.map((label) =>
      [0, 1, 2].map((k) => (label === weak ? (k === (weak + 1) % 3 ? 0.4 : 0.3) : k === label ? 0.8 : 0.1)),
    );
  const files = [0, 1, 2].map((weak) => file(`net-${weak}.csv`, model(weak)));
  const { page } = touchstone;
  await page.getByRole('link', { name: 'Ensemble' }).first().click();
  await page.getByRole('button', { name: 'Add a model' }).click();
  for (const [i, name] of files.entries()) await page.getByLabel(`Model ${i + 1}, validation rows`).fill(name);
  await page.getByLabel('What is true of the validation rows').fill(
    file(
      'y.csv',
      labels.map((label) => [label]),
    ),
  );
  await page.getByRole('button', { name: 'Combine' }).click();
  const scores = page.getByRole('region', { name: 'Scores' });
  await expect(scores.getByRole('row', { name: /^net-1/ })).toContainText('66.67');
  await expect(scores.getByRole('row', { name: /^ensemble/ })).toContainText('100.00');
  for (const title of ['Weights', 'Path of the selection', 'Calibration after: the ensemble', 'Risk and coverage'])
    await expect(page.getByRole('heading', { name: title })).toBeVisible();

  // What was typed and what came out are still there after a look elsewhere.
  await page.getByRole('link', { name: 'Home' }).first().click();
  await expect(scores).toBeHidden();
  await page.getByRole('link', { name: 'Ensemble' }).first().click();
  await expect(page.getByLabel('Model 2, validation rows')).toHaveValue(files[1] ?? '');
  await expect(scores.getByRole('row', { name: /^ensemble/ })).toContainText('100.00');

  const [first = ''] = files;
  writeFileSync(first, '0.5,0.5,0.5\n');
  await page.getByLabel('What is true of the test rows').fill('');
  await page.getByRole('button', { name: 'Combine' }).click();
  await expect(page.getByText('net-0.csv, row 1: expected probabilities whose sum is 1')).toBeVisible();
  rmSync(folder, { recursive: true, force: true });
});

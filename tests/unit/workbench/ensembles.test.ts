import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Ensembles } from '../../../src-main/workbench/ensembles.ts';
import { ensembleJob } from '../../../src-main/ensemble/messages.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ensembles-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string): string => {
  const target = path.join(folder, name);
  writeFileSync(target, text);
  return target;
};
const labels = file('y.csv', '0\n1\n1\n0\n');
const good = file('a.csv', '0.9,0.1\n0.2,0.8\n0.4,0.6\n0.7,0.3\n');
const poor = file('b.csv', '0.4,0.6\n0.6,0.4\n0.5,0.5\n0.5,0.5\n');
const wrong = file('c.csv', '0.4,0.6\n0.6,0.9\n0.5,0.5\n0.5,0.5\n');
const output = path.join(folder, 'new/ensemble.json');
const ensembles = new Ensembles('0').handlers();
const job = (validation: string[]) =>
  ensembleJob.parse({ request: { method: 'greedy', settings: { size: 4 }, validation, labels }, output });

test('combines in a process of its own, writes the result, and refuses by file and row', async () => {
  const { summary, file: written } = await ensembles['ensemble.run'](job([good, poor]));
  expect(written).toBe(output);
  expect(JSON.parse(readFileSync(output, 'utf8'))).toMatchObject({ format: 1, method: 'greedy' });
  expect(summary.weights).toEqual([1, 0]);
  expect(summary.path?.order).toHaveLength(4);
  const { pictured, validation } = summary;
  // One of four rows of b ties and goes to the first class; two others are wrong.
  expect(validation.models.map(({ scores }) => scores['accuracy'])).toEqual([1, 0.25]);
  expect(pictured.apart).toEqual([0.75, 0.75]);
  expect(pictured.sizes.map(({ accuracy }) => accuracy)).toHaveLength(2);
  expect(pictured.risk?.ensemble.map(({ risk }) => risk)).toEqual([0, 0, 0, 0]);
  expect(pictured.calibration?.ensemble.bins.filter(({ accuracy }) => accuracy !== null)).toHaveLength(4);

  await expect(ensembles['ensemble.run'](job([good]))).rejects.toMatchObject({
    failure: { kind: 'refused', message: expect.stringContaining('one that is there already') },
  });
  rmSync(output);
  await expect(ensembles['ensemble.run'](job([good, wrong]))).rejects.toMatchObject({
    failure: {
      kind: 'refused',
      message: expect.stringMatching(/c\.csv, row 2: expected probabilities whose sum is 1/),
    },
  });
  expect(existsSync(output)).toBe(false);
}, 60_000);

test('tells its ways to combine with their settings', async () => {
  const methods = await ensembles['ensemble.methods']({});
  expect(methods.find(({ id }) => id === 'greedy')?.fields.map(({ name }) => name)).toEqual([
    'size',
    'initial',
    'best',
  ]);
});

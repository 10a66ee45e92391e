import { describe, expect, test } from 'vitest';
import { ensembleJob } from '../../../src-main/ensemble/messages.ts';
import type { EnsembleSummary } from '../../../src-main/workbench/contract/contract.ts';
import {
  boardFiles,
  emptyForm,
  judgedPart,
  missing,
  modelNames,
  requestOf,
  scoreTable,
  scoreText,
  withFiles,
} from '../../../src-renderer/views/ensemble/ensemble-form.ts';

const greedy = {
  id: 'greedy',
  title: 'Greedy selection',
  kinds: ['probabilities'] as 'probabilities'[],
  fields: [
    {
      name: 'size',
      kind: 'integer' as const,
      description: '',
      default: 50,
      defaultMeans: null,
      minimum: 1,
      maximum: 500,
      choices: null,
    },
  ],
};

describe('an ensemble as it is typed', () => {
  test('dropped files take their places by name', () => {
    const form = emptyForm();
    withFiles(form, [
      '/p/b-test.npy',
      '/p/y-val.npy',
      '/p/a.npy',
      '/p/test-labels.npy',
      '/p/c.npy',
      '/p/b.npy',
      '/p/a-test.npy',
    ]);
    expect(form.labels).toBe('/p/y-val.npy');
    expect(form.testLabels).toBe('/p/test-labels.npy');
    expect(form.models).toEqual([
      { validation: '/p/a.npy', test: '/p/a-test.npy' },
      { validation: '/p/b.npy', test: '/p/b-test.npy' },
      { validation: '/p/c.npy', test: '' },
    ]);
    expect(missing(form, greedy)).toBe('Name test predictions for every model, or for none.');
  });

  test('goes on a board by its test rows where their labels are named, by validation rows else', () => {
    const form = emptyForm();
    expect(boardFiles(form)).toBeNull();
    withFiles(form, ['/p/a-val.npy', '/p/y.npy', '/p/a-test.npy']);
    expect(boardFiles(form)).toEqual({ labels: '/p/y.npy', models: [{ name: 'a', file: '/p/a-val.npy' }] });
    form.testLabels = '/p/y-test.npy';
    expect(boardFiles(form)).toEqual({ labels: '/p/y-test.npy', models: [{ name: 'a', file: '/p/a-test.npy' }] });
  });

  test('test predictions stand beside their own model, also where names sort otherwise', () => {
    const form = emptyForm();
    withFiles(form, [
      '/p/net1.npy',
      '/p/net10.npy',
      '/p/net10_test.npy',
      '/p/net1_test.npy',
      '/q/test-c.npy',
      '/q/c.csv',
    ]);
    withFiles(form, ['/r/1/test.npy', '/r/2/val.npy', '/r/1/val.npy', '/r/2/test.npy', '/p/other-test.npy']);
    const pairs = form.models.map((model) => [model.validation, model.test]);
    expect(pairs).toHaveLength(6);
    expect(pairs).toEqual(
      expect.arrayContaining([
        ['/p/net1.npy', '/p/net1_test.npy'],
        ['/p/net10.npy', '/p/net10_test.npy'],
        ['/q/c.csv', '/q/test-c.npy'],
        ['/r/1/val.npy', '/r/1/test.npy'],
        ['/r/2/val.npy', '/r/2/test.npy'],
        ['', '/p/other-test.npy'],
      ]),
    );
  });

  test('says what is missing, and becomes a request that the contract takes', () => {
    const form = emptyForm();
    expect(missing(form, undefined)).toMatch(/Choose/);
    expect(missing(form, greedy)).toMatch(/file of predictions/);
    withFiles(form, ['/p/a.npy', '/p/b.npy']);
    expect(missing(form, greedy)).toMatch(/what is true/);
    form.labels = ' /p/y.npy ';
    form.typed = { size: '10' };
    form.output = '/p/';
    expect(missing(form, greedy)).toBeNull();
    expect(ensembleJob.parse(requestOf(form, greedy))).toEqual({
      request: {
        method: 'greedy',
        settings: { size: 10 },
        kind: null,
        validation: ['/p/a.npy', '/p/b.npy'],
        labels: '/p/y.npy',
        test: [],
        testLabels: null,
      },
      output: '/p/ensemble.json',
      force: false,
    });
  });
});

describe('what comes of it', () => {
  const model = (name: string, accuracy: number) => ({ name, sha256: '', scores: { nll: 1, accuracy } });
  const summary: EnsembleSummary = {
    method: 'greedy',
    title: '',
    kind: 'probabilities',
    validation: {
      rows: 10,
      models: [model('/p/a.npy', 0.5), model('/p/b.csv', 0.25)],
      average: { nll: 1, accuracy: 0.5 },
      ensemble: { nll: 0.5, accuracy: 0.75 },
      disagreement: 0.5,
    },
    test: { rows: 4, disagreement: 0.25 },
    weights: [1, 0],
    path: null,
    note: null,
    sets: null,
    pictured: { apart: null, calibration: null, risk: null, sizes: [] },
  };

  test('is judged on validation rows where nobody knows the labels of test rows', () => {
    expect(judgedPart(summary)).toMatchObject({ rows: 10, onTest: false });
    const { validation } = summary;
    expect(judgedPart({ ...summary, test: { ...validation, rows: 4 } })).toMatchObject({ rows: 4, onTest: true });
  });

  test('is a table of all models, their average and the ensemble', () => {
    const { scores, rows } = scoreTable(summary);
    expect(scores).toEqual(['nll', 'accuracy']);
    expect(rows.map(({ name, weight }) => [name, weight])).toEqual([
      ['a', 1],
      ['b', 0],
      ['average', null],
      ['ensemble', null],
    ]);
    expect(scoreText('accuracy', 0.75)).toBe('75.00');
    expect(scoreText('nll', null)).toBe('–');
    expect(modelNames([{ name: 'C:\\x\\net.parquet' }, { name: '/p/b-test.npy' }])).toEqual(['net', 'b']);
    const named = ['/x/1/out/val.npy', '/x/2/out/val.npy', '/x/b.npy', '/x/b.npy'].map((name) => ({ name }));
    expect(modelNames(named)).toEqual(['1/out/val', '2/out/val', 'b', 'b']);
  });
});

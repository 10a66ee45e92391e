import { apartNames } from '../../../src-main/base/apart-names.ts';
import { scalarFromText } from '../../../src-main/methods/field-text.ts';
import type { EnsembleMethod, EnsembleSummary, Input } from '../../../src-main/workbench/contract/contract.ts';

/** An ensemble as it is typed. */
export interface EnsembleForm {
  models: { validation: string; test: string }[];
  labels: string;
  testLabels: string;
  kind: '' | 'probabilities' | 'log-probabilities' | 'numbers';
  method: string;
  /** By the name of the setting; blank: as usual. */
  typed: Record<string, string>;
  output: string;
  force: boolean;
}

export const emptyForm = (): EnsembleForm => ({
  models: [
    { validation: '', test: '' },
    { validation: '', test: '' },
  ],
  labels: '',
  testLabels: '',
  kind: '',
  method: 'greedy',
  typed: {},
  output: '',
  force: false,
});

const named = (paths: readonly string[]): readonly string[] =>
  paths.map((path) => path.trim()).filter((path) => path !== '');

/** What is missing before anything can be combined, as a sentence; null where nothing is. */
export function missing({ models, labels, testLabels }: EnsembleForm, method: EnsembleMethod | undefined) {
  if (method === undefined) return 'Choose how the models are combined.';
  const validation = named(models.map((model) => model.validation));
  const tests = named(models.map(({ test }) => test));
  if (validation.length === 0) return 'Name a file of predictions for each model.';
  if (labels.trim() === '') return 'Name the file that says what is true of the validation rows.';
  if (tests.length > 0 && models.some((model) => (model.validation.trim() === '') !== (model.test.trim() === '')))
    return 'Name test predictions for every model, or for none.';
  if (testLabels.trim() !== '' && tests.length === 0) return 'Name the test predictions that these labels are of.';
  return null;
}

/** The request that a form is. */
export function requestOf(form: EnsembleForm, method: EnsembleMethod): Input<'ensemble.run'> {
  const output = form.output.trim();
  const blank = (text: string): string | null => (text.trim() === '' ? null : text.trim());
  return {
    request: {
      method: method.id,
      settings: Object.fromEntries(
        method.fields.flatMap((field) => {
          const text = (form.typed[field.name] ?? '').trim();
          return text === '' ? [] : [[field.name, scalarFromText(text, field)]];
        }),
      ),
      kind: form.kind === '' ? null : form.kind,
      validation: [...named(form.models.map(({ validation }) => validation))],
      labels: form.labels.trim(),
      test: [...named(form.models.map(({ test }) => test))],
      testLabels: blank(form.testLabels),
    },
    // A folder that was chosen gets a file.
    output: output === '' || output.endsWith('.json') ? blank(output) : `${output.replace(/[\\/]$/, '')}/ensemble.json`,
    force: form.force,
  };
}

const nameOf = (path: string): string => path.replace(/^.*[\\/]/, '');

const PARTS = new Set(['validation', 'valid', 'val', 'test']);
/** What the paths of one model's predictions share, whatever rows they are of. */
const modelOf = (path: string): string =>
  path
    .replace(/\.[^.]*$/, '')
    .split(/[-_. \\/]+/)
    .filter((word) => !PARTS.has(word.toLowerCase()))
    .join(' ');

/**
 * Dropped files by their names: labels, test predictions and the others, in the order of their names. Test predictions
 * stand beside what has the same name without the word; by their order alone, net1 would get those of net10.
 */
export function withFiles(form: EnsembleForm, paths: readonly string[]): void {
  for (const path of [...paths].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))) {
    const isTest = /test/i.test(nameOf(path));
    if (/label|target|^y[._-]/i.test(nameOf(path))) {
      if (isTest) form.testLabels = path;
      else form.labels = path;
      continue;
    }
    const [which, other] = isTest ? (['test', 'validation'] as const) : (['validation', 'test'] as const);
    const free = form.models.filter((model) => model[which].trim() === '');
    const own = free.find((model) => model[other].trim() !== '' && modelOf(model[other]) === modelOf(path));
    const row = own ?? free.find((model) => model[other].trim() === '');
    if (row === undefined) form.models.push({ validation: '', test: '', [which]: path });
    else row[which] = path;
  }
}

/** Names by which models are told apart: those of their files, without the ending and the part that they are of. */
export const modelNames = (models: readonly { readonly name: string }[]): readonly string[] =>
  apartNames(
    models.map(({ name }) => name),
    (name) => name.replace(/\.(npy|npz|csv|parquet)$/i, '').replace(/(.)[-_. ](validation|valid|val|test)$/i, '$1'),
  );

/**
 * What of the form can be on a board: test predictions where their labels are named, those of validation rows else;
 * null where files are missing.
 */
export function boardFiles(form: EnsembleForm): Pick<Input<'predictions.import'>, 'models' | 'labels'> | null {
  const onTest = form.testLabels.trim() !== '' && form.models.some(({ test }) => test.trim() !== '');
  const files = named(form.models.map(({ test, validation }) => (onTest ? test : validation)));
  const labels = (onTest ? form.testLabels : form.labels).trim();
  if (files.length === 0 || labels === '') return null;
  const names = modelNames(files.map((file) => ({ name: file })));
  return { labels, models: files.map((file, i) => ({ name: names[i] ?? file, file })) };
}

/** The rows on which everything is judged: test rows where their labels are known. */
export function judgedPart({ validation, test }: EnsembleSummary) {
  const { models, average, ensemble, rows } = test ?? {};
  if (models === undefined || average === undefined || ensemble === undefined || rows === undefined)
    return { ...validation, onTest: false };
  return { models, average, ensemble, rows, disagreement: test?.disagreement ?? null, onTest: true };
}

/** A row of the table of scores. */
export interface ScoreRow {
  readonly name: string;
  readonly values: readonly (number | null)[];
  readonly weight: number | null;
  readonly isWhole: boolean;
}

/** The names of the scores, and a row for each model, their average and the ensemble. */
export function scoreTable(summary: EnsembleSummary): {
  readonly scores: readonly string[];
  readonly rows: readonly ScoreRow[];
} {
  const { models, average, ensemble } = judgedPart(summary);
  const scores = Object.keys(average);
  const of = (values: Readonly<Record<string, number>>) => scores.map((score) => values[score] ?? null);
  const names = modelNames(models);
  return {
    scores,
    rows: [
      ...models.map((model, i) => ({
        name: names[i] ?? model.name,
        values: of(model.scores),
        weight: summary.weights?.[i] ?? null,
        isWhole: false,
      })),
      { name: 'average', values: of(average), weight: null, isWhole: true },
      { name: 'ensemble', values: of(ensemble), weight: null, isWhole: true },
    ],
  };
}

export const isHigherBetter = (score: string): boolean => score === 'accuracy';
export const SCORE_NAMES: Readonly<Record<string, string>> = {
  nll: 'NLL (nats) ↓',
  accuracy: 'Accuracy (%) ↑',
  brier: 'Brier ↓',
  ece: 'ECE (%) ↓',
  rmse: 'RMSE ↓',
  mae: 'Mean absolute error ↓',
};
/** A score in digits: shares in per cent. */
export function scoreText(score: string, value: number | null): string {
  if (value === null) return '–';
  return score === 'accuracy' || score === 'ece' ? (100 * value).toFixed(2) : value.toPrecision(4);
}

import { sha256OfFile } from '../base/file-hash.ts';
import { inputSentences } from '../base/input-words.ts';
import { nearest } from '../base/nearest.ts';
import { refusal } from '../datasets/refuse.ts';
import { picturedOf } from './pictured.ts';
import type { Pictured } from './pictured.ts';
import { conformalReport } from './sets.ts';
import type { SetReport } from './sets.ts';
import { disagreement } from '../metrics/diversity.ts';
import { checkAlike, fileOf, predictionsOf, readNumbers, targetOf } from './predictions.ts';
import type { PredictionKind } from './kinds.ts';
import { scoresOf } from './scores.ts';
import type { Scores } from './scores.ts';
import { STRATEGIES } from './strategies.ts';
import { lossOf } from '../methods/ensembling/shared/strategies/loss.ts';
import type { FittedStrategy, Predictions, Strategy } from '../methods/ensembling/shared/strategies/strategy.ts';
import { equalMean } from '../methods/ensembling/shared/strategies/strategy.ts';

/** What a person asks for: files of predictions of the same rows, one a model. */
export interface EnsembleRequest {
  readonly method: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly kind: PredictionKind | null;
  readonly validation: readonly string[];
  readonly labels: string;
  readonly test: readonly string[];
  readonly testLabels: string | null;
}

interface ModelReport {
  readonly name: string;
  readonly sha256: string;
  readonly scores: Scores;
}

/** What came out, as it is written to ensemble.json. */
export interface EnsembleReport {
  readonly format: 1;
  readonly version: string;
  readonly method: string;
  readonly title: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly kind: Predictions['kind'];
  /** On the rows that everything was fitted on: `ensemble` is flattered by that. */
  readonly validation: Part;
  readonly test: (Omit<Part, 'models' | 'average' | 'ensemble'> & Partial<Part>) | null;
  readonly weights: readonly number[] | null;
  readonly path: FittedStrategy['path'] | null;
  readonly parameters: FittedStrategy['parameters'] | null;
  readonly note: string | null;
  /** Of the test rows, a row each; null without such. */
  readonly predictions: readonly (readonly number[])[] | null;
  readonly sets: SetReport | null;
  /** Of the test rows where their labels are known, else of the rows that everything was fitted on. */
  readonly pictured: Pictured;
}

interface Part {
  readonly rows: number;
  readonly models: readonly ModelReport[];
  /** The mean of all with equal weights. */
  readonly average: Scores;
  readonly ensemble: Scores;
  /** Share of the pairs of models that name another class; null of numbers. */
  readonly disagreement: number | null;
}

/** The strategy of this name. */
export function strategyOf(id: string): Strategy {
  const found = STRATEGIES.find((one) => one.id === id);
  if (found !== undefined) return found;
  const near = nearest(
    id,
    STRATEGIES.map((one) => one.id),
  ).trim();
  throw refusal({
    where: '--method',
    expected: `one of ${STRATEGIES.map((one) => one.id).join(', ')}`,
    found: `"${id}"`,
    remedy: near === '' ? 'Choose one of them.' : near,
  });
}

interface Named {
  readonly name: string;
  readonly predictions: Predictions;
}

/**
 * Fits a strategy to validation rows and applies it to test rows. Nothing is written.
 *
 * @throws DatasetError that names the file and the place in it.
 */
export async function runEnsemble(request: EnsembleRequest, version: string): Promise<EnsembleReport> {
  const strategy = strategyOf(request.method);
  const settings = strategy.schema.strict().safeParse(request.settings);
  if (!settings.success)
    throw refusal({
      where: '--set',
      expected: `settings of ${strategy.id}`,
      found: inputSentences(settings.error).replace(/\.$/, ''),
      remedy: `Settings of ${strategy.id}: ${Object.keys(strategy.schema.shape).join(', ') || 'none'}.`,
    });
  const models = await openAll(request.validation, request.kind);
  const [{ name, predictions: first }] = models;
  if (!strategy.kinds.includes(first.kind))
    throw refusal({
      where: name,
      expected: `${strategy.kinds.join(' or ')}, which ${strategy.id} combines`,
      found: first.kind,
      remedy: 'Say --kind where the columns are something else.',
    });
  const target = targetOf(await readNumbers(request.labels), first, request.labels);
  const tests = request.test.length === 0 ? null : await openAll(request.test, request.kind);
  if (tests !== null) checkTests(models, tests);
  if (tests === null && request.testLabels !== null)
    throw refusal({
      where: request.testLabels,
      expected: 'labels of test predictions',
      found: 'no test predictions',
      remedy: 'Name the files of --test too.',
    });
  const testTarget =
    tests === null || request.testLabels === null
      ? null
      : targetOf(await readNumbers(request.testLabels), tests[0].predictions, request.testLabels);

  const own = models.map(({ predictions }) => predictions);
  const fitted = strategy.fit({ models: own, target }, settings.data);
  const asked = tests?.map(({ predictions }) => predictions) ?? null;
  const told = asked === null ? null : fitted.apply(asked);
  const fittedTo = fitted.apply(own);
  const losses = own.map((one) => lossOf(one, target));
  const ranked = [...own.keys()].sort((a, b) => losses[a] - losses[b]);
  return {
    format: 1,
    version,
    method: strategy.id,
    title: strategy.title,
    settings: settings.data,
    kind: first.kind,
    validation: await partOf(models, target, fittedTo),
    test:
      tests === null || told === null
        ? null
        : testTarget === null
          ? { rows: told.rows, disagreement: apartOf(tests) }
          : await partOf(tests, testTarget, told),
    weights: fitted.weights ?? null,
    path: fitted.path ?? null,
    parameters: fitted.parameters ?? null,
    note: [...(fitted.note === undefined ? [] : [fitted.note]), ...twiceNotes(models, tests ?? [])].join(' ') || null,
    predictions: told === null ? null : rowsOf(told),
    sets: asked === null || fitted.sets === undefined ? null : conformalReport(fitted.sets(asked), testTarget),
    pictured:
      asked === null || told === null || testTarget === null
        ? picturedOf(own, fittedTo, target, ranked)
        : picturedOf(asked, told, testTarget, ranked),
  };
}

async function openAll(files: readonly string[], kind: PredictionKind | null): Promise<readonly Named[]> {
  if (files.length === 0)
    throw refusal({
      where: '--validation',
      expected: 'a file of predictions for each model',
      found: 'none',
      remedy: 'See `touchstone ensemble --help`.',
    });
  const all: Named[] = [];
  for (const name of files) all.push({ name, predictions: predictionsOf(await readNumbers(name), kind, name) });
  checkAlike(all);
  return all;
}

function checkTests(models: readonly Named[], tests: readonly Named[]): void {
  const [of, test] = [models[0], tests[0]];
  if (tests.length !== models.length)
    throw refusal({
      where: '--test',
      expected: `${models.length} files, one for each model in the order of --validation`,
      found: String(tests.length),
      remedy: 'Name a file of test predictions for every model.',
    });
  if (test.predictions.kind !== of.predictions.kind || test.predictions.width !== of.predictions.width)
    throw refusal({
      where: test.name,
      expected: `${of.predictions.kind} × ${of.predictions.width}, as in ${of.name}`,
      found: `${test.predictions.kind} × ${test.predictions.width}`,
      remedy: 'Validation and test must be of the same classes.',
    });
}

/** What a person may have named twice by mistake, in sentences: all of it is counted as it was named. */
function twiceNotes(models: readonly Named[], tests: readonly Named[]): string[] {
  const isSame = ([a, b]: readonly Float64Array[]): boolean =>
    a.length === b.length && a.every((value, at) => value === b[at]);
  const alike = (one: Named, other: Named): boolean => isSame([one.predictions.values, other.predictions.values]);
  const twice = models.flatMap((one, i) => {
    const first = models.slice(0, i).find((other) => alike(one, other));
    return first === undefined ? [] : [`${one.name} says the same as ${first.name}: it counts twice.`];
  });
  const seen = tests.find((test) => models.some((model) => alike(test, model)));
  if (seen === undefined) return twice;
  return [...twice, `Test predictions ${seen.name} are those of validation rows: scores on them are flattered.`];
}

async function partOf(models: readonly Named[], target: Float64Array, ensemble: Predictions): Promise<Part> {
  const reports: ModelReport[] = [];
  for (const { name, predictions } of models)
    reports.push({ name, sha256: await sha256OfFile(fileOf(name)), scores: scoresOf(predictions, target) });
  return {
    rows: ensemble.rows,
    models: reports,
    average: scoresOf(equalMean(models.map(({ predictions }) => predictions)), target),
    ensemble: scoresOf(ensemble, target),
    disagreement: apartOf(models),
  };
}

const apartOf = (models: readonly Named[]): number | null => {
  const { kind, width } = models[0].predictions;
  return kind === 'numbers'
    ? null
    : disagreement(
        models.map(({ predictions }) => predictions.values),
        width,
      );
};

const rowsOf = ({ values, width, rows }: Predictions): number[][] =>
  Array.from({ length: rows }, (_, row) => [...values.subarray(row * width, (row + 1) * width)]);

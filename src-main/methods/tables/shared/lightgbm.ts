import type { Column, TableRows } from '../../../base/table.ts';
import { hasLightgbm, LIGHTGBM, lightgbmModel } from '../../../engine/native/lightgbm.ts';
import type { LightgbmModel } from '../../../engine/native/lightgbm.ts';
import type { Answers, Outcome, SuiteFacts, TrialContext, TrialEvent } from '../../contract.ts';
import { hostTask, needsTable, numbersOf, sharesOf, targetsOf } from './host.ts';
import type { HostTask } from './host.ts';

/** Times that a trial is evaluated on validation rows, evenly over its iterations. */
const EVALUATIONS = 10;

/** Trees that grow by one each at a call, and answer with what there is of them. */
export interface Trees {
  update(): void;
  answer(rows: TableRows): Answers;
}

export type Parameters = Readonly<Record<string, string | number | boolean>>;

/** Whether a suite hands out columns and the library is here. */
export const fitsLightgbm = (suite: SuiteFacts): true | string => {
  const fits = needsTable(suite, 'LightGBM');
  if (fits !== true) return fits;
  return hasLightgbm() || `${LIGHTGBM.title} is not here; \`touchstone doctor --provision\` gets it (3.5 MB).`;
};

/** Grows trees on the table of a trial, evaluated on the way. */
export async function* growTrees(
  context: TrialContext,
  grow: (task: HostTask) => Trees,
  iterations: number,
): AsyncGenerator<TrialEvent, Outcome, void> {
  const task = hostTask(context);
  const trees = grow(task);
  const predictor = {
    uses: 'native',
    async answer({ table: asked }: { table?: { readonly rows: TableRows } }) {
      if (asked === undefined) throw new Error('Trees were asked about rows without their columns.');
      return trees.answer(asked.rows);
    },
  } as const;
  const every = Math.max(1, Math.ceil(iterations / EVALUATIONS));
  for (let done = 1; done <= iterations; done += 1) {
    trees.update();
    context.meter.examples(task.train.count);
    if (done % every === 0) yield { kind: 'evaluate', stage: done / every - 1, predictor };
    yield { kind: 'progress', cursor: null, done, total: iterations };
  }
  return { predictor };
}

/** Boosted trees of the library on these rows, none yet, by the objective of classes or of a number. */
export function boostedTrees({ columns, train, classes }: HostTask, parameters: Parameters): Trees {
  const model = lightgbmModel(
    {
      values: rowMajor(train.rows),
      columns: columns.length,
      labels: Float32Array.from(train.rows.numbers ?? train.classes),
    },
    { ...objectiveOf(classes, { number: 'regression', two: 'binary', more: 'multiclass' }), ...parameters },
  );
  return {
    update: () => void model.update(),
    answer(rows) {
      const told = model.predict(rowMajor(rows));
      return classes === null ? numbersOf(told) : classesOf(told, classes);
    },
  };
}

/**
 * Trees whose leaves hold shares: squared error on 0 and 1, for which a split lowers Gini's impurity and a leaf is the
 * share of a class among its rows; a set of trees for each class where there are more than two, the shares then
 * normalised.
 */
export function shareTrees(task: HostTask, parameters: Parameters): Trees {
  const { columns, train, classes } = task;
  const values = rowMajor(train.rows);
  const labels =
    classes === null
      ? [Float32Array.from(targetsOf(task))]
      : Array.from({ length: classes === 2 ? 1 : classes }, (_, at) => {
          const label = classes === 2 ? 1 : at;
          return Float32Array.from(train.classes, (own) => (own === label ? 1 : 0));
        });
  const models = labels.map((own) =>
    lightgbmModel({ values, columns: columns.length, labels: own }, { objective: 'regression', ...parameters }),
  );
  return {
    update() {
      for (const model of models) model.update();
    },
    answer: (rows) => told(models, rowMajor(rows), classes),
  };
}

function told(models: readonly LightgbmModel[], values: Float64Array, classes: number | null): Answers {
  const [first, ...rest] = models.map((model) => model.predict(values));
  if (classes === null) return numbersOf(first);
  if (classes === 2)
    return sharesOf(
      [...first].flatMap((second) => [1 - second, second]),
      2,
    );
  const all = [first, ...rest];
  const shares = Array.from(first).flatMap((_, row) => {
    const own = all.map((of) => Math.max(0, of[row]));
    const sum = own.reduce((total, share) => total + share, 0);
    return own.map((share) => (sum > 0 ? share / sum : 1 / classes));
  });
  return sharesOf(shares, classes);
}

/** Full trees on bins of single values, as CART's; as many leaves as rows at most. */
export const fullTrees = (rows: number): Parameters => ({
  num_leaves: Math.max(2, rows),
  min_sum_hessian_in_leaf: 0,
  min_data_in_bin: 1,
  max_bin: 255,
  feature_pre_filter: false,
  lambda_l2: 0,
  min_gain_to_split: 0,
  // Megabytes: a histogram a leaf would not fit where there are thousands of both leaves and bins.
  histogram_pool_size: 512,
});

/** 1.5·√p columns a node, √p rounded down, as a share of p. */
export const columnsOfNode = (columns: number): number =>
  Math.min(1, Math.max(1, Math.round(1.5 * Math.floor(Math.sqrt(columns)))) / columns);

/** Places of the categories without an order; one with an order is a number. */
export const categoricalColumns = (columns: readonly Column[]): string =>
  columns.flatMap((column, at) => (column.kind === 'category' && !column.ordered ? [at] : [])).join(',');

/** The columns' values [rows × columns]; a category that is missing or unseen is NaN, as a number is. */
export function rowMajor({ values }: TableRows): Float64Array {
  const rows = values[0]?.length ?? 0;
  const out = new Float64Array(rows * values.length);
  values.forEach((column, at) => {
    const isCategory = column instanceof Int32Array;
    column.forEach((value: number, row: number) => {
      out[row * values.length + at] = isCategory && value < 0 ? Number.NaN : value;
    });
  });
  return out;
}

/** What a library minimises, by its own names. */
export function objectiveOf(
  classes: number | null,
  names: { readonly number: string; readonly two: string; readonly more: string },
): Readonly<Record<string, string | number>> {
  if (classes === null) return { objective: names.number };
  return classes === 2 ? { objective: names.two } : { objective: names.more, num_class: classes };
}

/** Log-probabilities; of two classes the library tells that of the second. */
export function classesOf(answers: Float64Array | Float32Array, classes: number): Answers {
  const shares = classes === 2 ? [...answers].flatMap((second) => [1 - second, second]) : answers;
  return { kind: 'log-probabilities', width: classes, values: Float32Array.from(shares, Math.log) };
}

import { z } from 'zod';
import type { Column, TableRows } from '../../base/table.ts';
import { hasLightgbm, LIGHTGBM, lightgbmModel } from '../../engine/native/lightgbm.ts';
import type { Answers, Predictor } from '../contract.ts';
import { defineMethod } from '../define.ts';
import type { ValuesOf } from '../define.ts';
import { iidProtocol } from '../training/contract.ts';
import type { TableData } from '../training/contract.ts';

/** Times that a trial is evaluated on validation rows, evenly over its iterations. */
const EVALUATIONS = 10;

const fields = {
  iterations: z.number().int().min(1).max(10_000).default(100).describe('Trees, for each class where more than two'),
  learningRate: z.number().positive().max(1).default(0.1).describe('Shrinkage of each tree'),
  leaves: z.number().int().min(2).max(10_000).default(31).describe('Leaves of a tree, at most'),
  leafRows: z.number().int().min(1).max(100_000).default(20).describe('Training rows in a leaf, at least'),
  rowShare: z.number().min(0.01).max(1).default(1).describe('Share of the rows that each tree sees'),
  columnShare: z.number().min(0.01).max(1).default(1).describe('Share of the columns that each tree sees'),
  lambda: z.number().min(0).max(1e6).default(0).describe('L2 penalty of leaf values'),
  categories: z
    .enum(['native', 'codes'])
    .default('native')
    .describe('Categories as sets of levels, or as numbers in the order of their levels'),
} as const;

type Settings = Omit<ValuesOf<typeof fields>, 'iterations'>;

/**
 * LightGBM itself (Ke et al. 2017): gradient-boosted trees on the columns of a table as they are, numbers with gaps and
 * categories, by the authors' own library. One thread; the same seed gives the same trees.
 */
export default defineMethod(
  {
    id: 'lightgbm',
    version: 1,
    title: 'LightGBM',
    summary: 'Gradient-boosted decision trees on the columns as they are, by LightGBM’s own library.',
    paper: {
      title: 'LightGBM: A Highly Efficient Gradient Boosting Decision Tree',
      authors: 'Ke, Meng, Finley, Wang, Chen, Ma, Ye, Liu',
      year: 2017,
      reference: 'NeurIPS 30:3146-3154',
      equations: 'Algorithms 1 to 4, in LightGBM 4.7.0',
      deviations: 'Settings are the library’s defaults; validation rows are not used to stop early.',
    },
    targets: ['classes', 'numbers'],
    native: LIGHTGBM,
    fields,
    fits: ({ id, table }) => {
      if (table !== true) return `${id} is no table, and LightGBM takes columns as they are.`;
      return hasLightgbm() || `${LIGHTGBM.title} is not here; \`touchstone doctor --provision\` gets it (3.5 MB).`;
    },
  },
  {
    family: 'tables',
    protocol: 'rows',
    async *run(context, values) {
      const { table, numbers, outputs } = iidProtocol(context);
      if (table === null) throw new Error('LightGBM takes columns as they are; this suite has none.');
      const { iterations } = values;
      const trees = boosted(table, numbers === null ? outputs : null, values, context.seed);
      const predictor: Predictor = {
        uses: 'native',
        async answer({ table: asked }) {
          if (asked === undefined) throw new Error('LightGBM was asked about rows without their columns.');
          return trees.answer(asked.rows);
        },
      };
      const every = Math.max(1, Math.ceil(iterations / EVALUATIONS));
      for (let done = 1; done <= iterations; done += 1) {
        trees.update();
        context.meter.examples(table.train.count);
        if (done % every === 0) yield { kind: 'evaluate', stage: done / every - 1, predictor };
        yield { kind: 'progress', cursor: null, done, total: iterations };
      }
      return { predictor };
    },
  },
);

/** Trees on the training rows of a table, none yet; `classes` is null where a number is to be told. */
export function boosted(
  { columns, train }: Pick<TableData, 'columns' | 'train'>,
  classes: number | null,
  { categories, ...values }: Settings,
  seed: number,
): { update(): void; answer(rows: TableRows): Answers } {
  const model = lightgbmModel(
    {
      values: rowMajor(train.rows),
      columns: columns.length,
      labels: Float32Array.from(train.rows.numbers ?? train.classes),
    },
    {
      ...objectiveOf(classes),
      ...parametersOf(values),
      seed,
      categorical_feature: categories === 'native' ? categoricalColumns(columns) : '',
    },
  );
  return {
    update: () => void model.update(),
    answer(rows) {
      const told = model.predict(rowMajor(rows));
      return classes === null ? numbersOf(told) : classesOf(told, classes);
    },
  };
}

/** The columns' values [rows × columns]; a category that is missing or unseen is NaN, as a number is. */
function rowMajor({ values }: TableRows): Float64Array {
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

/** Places of the categories without an order; one with an order is a number. */
const categoricalColumns = (columns: readonly Column[]): string =>
  columns.flatMap((column, at) => (column.kind === 'category' && !column.ordered ? [at] : [])).join(',');

function objectiveOf(classes: number | null): Readonly<Record<string, string | number>> {
  if (classes === null) return { objective: 'regression' };
  return classes === 2 ? { objective: 'binary' } : { objective: 'multiclass', num_class: classes };
}

function parametersOf(given: Omit<Settings, 'categories'>): Readonly<Record<string, number>> {
  return {
    learning_rate: given.learningRate,
    num_leaves: given.leaves,
    min_data_in_leaf: given.leafRows,
    bagging_fraction: given.rowShare,
    bagging_freq: given.rowShare < 1 ? 1 : 0,
    feature_fraction: given.columnShare,
    lambda_l2: given.lambda,
  };
}

/** Log-probabilities; of two classes the library tells that of the second. */
function classesOf(told: Float64Array, classes: number): Answers {
  const shares = classes === 2 ? [...told].flatMap((second) => [1 - second, second]) : told;
  return { kind: 'log-probabilities', width: classes, values: Float32Array.from(shares, Math.log) };
}

const numbersOf = (told: Float64Array): Answers => ({ kind: 'numbers', width: 1, values: Float32Array.from(told) });

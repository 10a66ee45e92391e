import { z } from 'zod';
import type { TableRows } from '../../base/table.ts';
import { defineMethod } from '../define.ts';
import type { ValuesOf } from '../define.ts';
import { design } from './shared/design.ts';
import { fitOnHost, needsTable, numbersOf, targetsOf } from './shared/host.ts';
import type { HostTask } from './shared/host.ts';
import { stumps } from './shared/stumps.ts';
import type { Stump } from './shared/stumps.ts';

const TITLE = 'R-MTGB';

const fields = {
  task: z.string().default('').describe('Column that says the task of a row; the first category unless named'),
  shared: z.number().int().min(0).max(5000).default(100).describe('Trees that all tasks share'),
  split: z.number().int().min(0).max(5000).default(100).describe('Trees of ordinary tasks, and as many of outliers'),
  own: z.number().int().min(0).max(5000).default(100).describe('Trees of each task by itself'),
  learningRate: z.number().positive().max(1).default(0.1).describe('Shrinkage of each tree'),
  shareRate: z.number().positive().max(10).default(0.1).describe('Rate at which θ learns which tasks are outliers'),
} as const;

/**
 * Robust multi-task gradient boosting (Emami et al. 2025): F(x, task) = shared(x) + (1 − s) ordinary(x) + s outlier(x)
 * + own(x), s = σ(θ) of the task; stages one after the other, each by stumps on the gradient of the squared error.
 */
export default defineMethod(
  {
    id: 'r-mtgb',
    version: 1,
    title: TITLE,
    summary: 'Boosted stumps that tasks share, that ordinary and outlying tasks have apart, and that each task has.',
    paper: {
      title: 'Robust-Multi-Task Gradient Boosting',
      authors: 'Emami, Hernández-Lobato, Martínez-Muñoz, Suárez',
      year: 2025,
      reference: 'The authors’ code, GAA-UAM/R-MTGB',
      equations: 'The three stages of the code; stumps, which it has fixed',
      deviations:
        'Numbers alone, no classes. 100 trees in every stage (the code’s defaults are 100, 1 and 1). ' +
        'A task that no training row has is half an outlier and has no trees of its own.',
    },
    targets: ['numbers'],
    fields,
    fits: (suite) => needsTable(suite, TITLE),
  },
  {
    family: 'tables',
    protocol: 'rows',
    run: (context, values) =>
      fitOnHost(context, (task) => {
        const start = context.stream('shares');
        const answer = multiTaskBoosting(task, values, () => 0.1 * start.normal());
        return (rows) => numbersOf(answer(rows));
      }),
  },
);

/** The place of the column of tasks; −1 where all rows are one task. @throws Error where none has that name. */
function taskColumn({ columns }: Pick<HostTask, 'columns'>, name: string): number {
  const found = columns.findIndex((column) => (name === '' ? column.kind === 'category' : column.name === name));
  if (found < 0 && name !== '') throw new Error(`The table has no column "${name}" to say the task of a row.`);
  if (found >= 0 && columns[found].kind !== 'category') throw new Error(`The column "${name}" is no category.`);
  return found;
}

/** Fits all stages; `start` draws where each θ starts. */
export function multiTaskBoosting(
  task: HostTask,
  { task: name, shared, split, own, learningRate, shareRate }: ValuesOf<typeof fields>,
  start: () => number,
): (rows: TableRows) => Float64Array {
  const place = taskColumn(task, name);
  const column = task.columns[place];
  const tasks = column?.kind === 'category' ? column.levels.length : 1;
  const others = task.columns.filter((_, at) => at !== place);
  const without = (rows: TableRows): TableRows => ({ ...rows, values: rows.values.filter((_, at) => at !== place) });
  const encoder = design(others, without(task.train.rows));
  const tasksOf = ({ values }: TableRows): Int32Array => {
    const told = values[place];
    return told instanceof Int32Array ? told : new Int32Array(values[0].length);
  };

  const train = encoder.encode(without(task.train.rows));
  const grow = stumps(train);
  const [targets, taskOf] = [targetsOf(task), tasksOf(task.train.rows)];
  const mean = targets.reduce((sum, y) => sum + y, 0) / targets.length;
  const answers = Float64Array.from(targets, () => mean);
  const every = Int32Array.from(targets, (_, row) => row);

  const pooled: Stump[] = [];
  for (let round = 0; round < shared; round += 1) {
    const stump = grow(
      every,
      targets.map((y, row) => y - answers[row]),
    );
    pooled.push(stump);
    answers.forEach((_, row) => {
      answers[row] += learningRate * valueOf(stump, train.values, row * train.width);
    });
  }

  // Ordinary and outlying trees grow side by side; each row's error is split among them by its task's share.
  const theta = Float64Array.from({ length: tasks }, start);
  const shareOf = (row: number): number => (taskOf[row] < 0 ? 0.5 : sigmoid(theta[taskOf[row]]));
  const [ordinary, outlying]: readonly [Stump[], Stump[]] = [[], []];
  const [ofOrdinary, ofOutlying] = [new Float64Array(targets.length), new Float64Array(targets.length)];
  const mixed = (row: number): number =>
    answers[row] + (1 - shareOf(row)) * ofOrdinary[row] + shareOf(row) * ofOutlying[row];
  for (let round = 0; round < split; round += 1) {
    const errors = targets.map((y, row) => y - mixed(row));
    const [first, second] = [
      grow(
        every,
        errors.map((error, row) => (1 - shareOf(row)) * error),
      ),
      grow(
        every,
        errors.map((error, row) => shareOf(row) * error),
      ),
    ];
    const moves = new Float64Array(tasks);
    errors.forEach((error, row) => {
      const share = shareOf(row);
      if (taskOf[row] >= 0) moves[taskOf[row]] += error * (ofOutlying[row] - ofOrdinary[row]) * share * (1 - share);
    });
    ordinary.push(first);
    outlying.push(second);
    errors.forEach((_, row) => {
      ofOrdinary[row] += learningRate * valueOf(first, train.values, row * train.width);
      ofOutlying[row] += learningRate * valueOf(second, train.values, row * train.width);
    });
    moves.forEach((move, at) => {
      theta[at] += shareRate * move;
    });
  }
  answers.forEach((_, row) => {
    answers[row] = mixed(row);
  });

  const alone = Array.from({ length: tasks }, (_, at) => {
    const rows = every.filter((row) => taskOf[row] === at);
    const trees: Stump[] = [];
    for (let round = 0; rows.length > 0 && round < own; round += 1) {
      const stump = grow(
        rows,
        targets.map((y, row) => y - answers[row]),
      );
      trees.push(stump);
      for (const row of rows) answers[row] += learningRate * valueOf(stump, train.values, row * train.width);
    }
    return trees;
  });

  return (given) => {
    const { values, width } = encoder.encode(without(given));
    return Float64Array.from(tasksOf(given), (at, row) => {
      const sum = (trees: readonly Stump[]): number =>
        trees.reduce((total, stump) => total + learningRate * valueOf(stump, values, row * width), 0);
      const share = at < 0 ? 0.5 : sigmoid(theta[at]);
      return mean + sum(pooled) + (1 - share) * sum(ordinary) + share * sum(outlying) + sum(alone[at] ?? []);
    });
  };
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

const valueOf = ({ input, threshold, below, above }: Stump, values: ArrayLike<number>, start: number): number =>
  values[start + input] <= threshold ? below : above;

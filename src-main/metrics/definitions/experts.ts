import type { Summary } from '../sample-statistics.ts';
import type { Metric } from './metric.ts';

/** Tasks of a suite of experts that have a column of their own. */
const TASKS = 8;
const MERGING = 'Ilharco et al. 2023, Editing Models with Task Arithmetic';

/** The only row of a matrix of accuracies, a value a task. */
const rowOf = (p: Summary, name: string): readonly number[] | null => p.matrices[name]?.[0] ?? null;

const mean = (values: readonly number[] | null): number | null =>
  values === null || values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean over tasks of an accuracy as a share of that of the task's own expert. */
function normalised(p: Summary, name: string): number | null {
  const [given, experts] = [rowOf(p, name), rowOf(p, 'accuracy.experts')];
  if (given === null || experts === null || given.length !== experts.length) return null;
  return mean(given.map((value, task) => value / (experts[task] ?? Number.NaN)));
}

export const EXPERT_METRICS: readonly Metric[] = [
  {
    id: 'acc.tasks',
    title: 'Accuracy, mean over tasks',
    formula: 'mean_t A_t, each task with its own head',
    source: MERGING,
    direction: 'higher',
    unit: 'share',
    compute: (p) => mean(rowOf(p, 'accuracy.tasks')),
  },
  {
    id: 'acc.normalised',
    title: 'Normalised accuracy',
    formula: 'mean_t A_t / A_t(expert of task t)',
    source: MERGING,
    direction: 'higher',
    unit: 'share',
    compute: (p) => normalised(p, 'accuracy.tasks'),
  },
  {
    id: 'acc.unseen',
    title: 'Accuracy on unseen tasks',
    formula: 'mean accuracy on tasks that no expert was trained on, with the heads of the start',
    source: 'Yang et al. 2024, AdaMerging: Adaptive Model Merging for Multi-Task Learning, section 4',
    direction: 'higher',
    unit: 'share',
    compute: (p) => mean(rowOf(p, 'accuracy.unseen')),
  },
  {
    id: 'acc.normalised.start',
    title: 'Normalised accuracy of the start',
    formula: 'mean_t A_t(start) / A_t(expert of task t)',
    source: MERGING,
    direction: 'none',
    unit: 'share',
    compute: (p) => normalised(p, 'accuracy.start'),
  },
  ...Array.from({ length: TASKS }, (_, task): Metric => ({
    id: `acc.task.${task + 1}`,
    title: `Accuracy on task ${task + 1}`,
    formula: `A_${task + 1}, with the head of the task`,
    source: 'top-1 accuracy',
    direction: 'higher',
    unit: 'share',
    compute: (p) => rowOf(p, 'accuracy.tasks')?.[task] ?? null,
  })),
];

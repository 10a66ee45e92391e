import type { Summary } from '../sample-statistics.ts';
import type { Metric } from './metric.ts';

/** Tasks of a suite of experts that have a column of their own. */
const TASKS = 8;
const MERGING = 'Ilharco et al. 2023, Editing Models with Task Arithmetic';

const SOUPS = 'Wortsman et al. 2022, Model soups, section 3';
const DIWA = 'Gulrajani & Lopez-Paz 2021, In Search of Lost Domain Generalization';

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

/** Accuracy on further rows that a suite names. */
const measured = (
  name: string,
  title: string,
  formula: string,
  source: string,
  direction: Metric['direction'] = 'higher',
): Metric => ({
  id: `acc.${name}`,
  title,
  formula,
  source,
  direction,
  unit: 'share',
  compute: (p) => mean(rowOf(p, `accuracy.${name}`)),
});

/** Shifts under which nets of one task are judged. */
const SHIFTS = ['rotation', 'noise', 'blur'] as const;

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
  {
    id: 'acc.shift',
    title: 'Accuracy under shift',
    formula: 'mean accuracy on the test rows turned, noisy and blurred',
    source: SOUPS,
    direction: 'higher',
    unit: 'share',
    compute: (p) => {
      const found = SHIFTS.map((shift) => mean(rowOf(p, `accuracy.${shift}`)));
      return found.includes(null) ? null : mean(found.flatMap((value) => value ?? []));
    },
  },
  measured('rotation', 'Accuracy, turned', 'top-1 accuracy on the test rows turned by an angle', SOUPS),
  measured('noise', 'Accuracy, noisy', 'top-1 accuracy on the test rows with Gaussian noise', SOUPS),
  measured('blur', 'Accuracy, blurred', 'top-1 accuracy on the test rows with a Gaussian blur', SOUPS),
  measured(
    'left-out',
    'Accuracy in the domain left out',
    'top-1 accuracy in a domain that no net was trained on',
    DIWA,
  ),
  measured('target', 'Accuracy on what is to be forgotten', 'top-1 accuracy on the target rows', MERGING, 'lower'),
  measured('control', 'Accuracy on what is to be kept', 'top-1 accuracy on the control rows', MERGING),
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

import { logistic, ridge } from './linear-models.ts';
import type { Features, LinearModel } from './linear-models.ts';
import { nonNegative, penalised } from './quadratic.ts';

export const SECOND_LEVEL = ['logistic', 'ridge', 'lasso', 'elastic-net', 'nnls'] as const;
export type SecondLevel = (typeof SECOND_LEVEL)[number];

/** A linear model of level 1 for numbers: one regression for each target. */
export function regression(
  learner: Exclude<SecondLevel, 'logistic'>,
  x: Features,
  targets: readonly ArrayLike<number>[],
  strength: number,
): LinearModel {
  if (learner === 'ridge') return ridge(x, targets, 1 / strength);
  if (learner === 'nnls') return nonNegative(x, targets);
  return penalised(
    x,
    targets,
    learner === 'lasso' ? { l1: 1 / strength, l2: 0 } : { l1: 0.5 / strength, l2: 0.5 / strength },
  );
}

/** A linear model of level 1 for classes: logistic, or a regression of 0 and 1 for each class. */
export function classification(
  learner: SecondLevel,
  x: Features,
  labels: Int32Array,
  classes: number,
  strength: number,
): LinearModel {
  if (learner === 'logistic') return logistic(x, labels, classes, strength);
  const targets = Array.from({ length: classes }, (_, k) => labels.map((label) => (label === k ? 1 : 0)));
  return regression(learner, x, targets, strength);
}

import { z } from 'zod';
import type { TableRows } from '../../base/table.ts';
import { defineMethod } from '../define.ts';
import { applied, logistic } from '../ensembling/shared/linear-models.ts';
import type { TableData } from '../training/contract.ts';
import { design } from './shared/design.ts';
import { fitOnHost, needsTable } from './shared/host.ts';

const TITLE = 'Logistic regression';

/**
 * Multinomial logistic regression as scikit-learn fits it: least ½‖W‖² + C Σ −ln p(label), the intercepts free, on
 * standardised numbers and one-hot categories. Two classes have one row of weights w there; with one row a class,
 * w = W₁ − W₀ and W₁ = −W₀ at the optimum, so that ‖W‖² = ‖w‖²/2: the same model has half the C.
 */
export default defineMethod(
  {
    id: 'logistic-regression',
    version: 1,
    title: TITLE,
    summary: 'A linear model of the log-odds on standardised numbers and one-hot categories, with an L2 penalty.',
    paper: {
      title: 'The Regression Analysis of Binary Sequences',
      authors: 'Cox',
      year: 1958,
      reference: 'JRSS B 20(2):215-242',
      equations: 'Section 2, in the form of scikit-learn’s LogisticRegression',
      deviations: 'Several classes have a row of weights each, and all weights are penalised.',
    },
    fields: {
      c: z.number().positive().max(1e6).default(1).describe('C: weight of the loss against the penalty'),
    },
    fits: (suite) => needsTable(suite, TITLE),
  },
  {
    family: 'tables',
    protocol: 'rows',
    run: (context, { c }) =>
      fitOnHost(context, ({ columns, train, classes }) => {
        if (classes === null) throw new Error(`${TITLE} tells classes; this suite asks for a number.`);
        const logits = classLogits({ columns, train }, classes, c);
        return (rows) => ({ kind: 'logits', width: classes, values: logits(rows) });
      }),
  },
);

/** Fits the model and answers logits [rows × classes]. */
export function classLogits(
  { columns, train }: Pick<TableData, 'columns' | 'train'>,
  classes: number,
  c: number,
): (rows: TableRows) => Float32Array {
  const encoder = design(columns, train.rows);
  const model = logistic(encoder.encode(train.rows), train.classes, classes, classes === 2 ? c / 2 : c);
  return (rows) => Float32Array.from(applied(model, encoder.encode(rows)));
}

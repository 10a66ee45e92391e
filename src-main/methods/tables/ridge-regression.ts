import { z } from 'zod';
import { defineMethod } from '../define.ts';
import { applied, ridge } from '../ensembling/shared/linear-models.ts';
import { design } from './shared/design.ts';
import { fitOnHost, needsTable, numbersOf, targetsOf } from './shared/host.ts';

const TITLE = 'Ridge regression';

/** Ridge regression (Hoerl & Kennard 1970): least ‖y − Xw − b‖² + α‖w‖², the intercept b free. */
export default defineMethod(
  {
    id: 'ridge-regression',
    version: 1,
    title: TITLE,
    summary: 'A linear model of the target on standardised numbers and one-hot categories, with an L2 penalty.',
    paper: {
      title: 'Ridge Regression: Biased Estimation for Nonorthogonal Problems',
      authors: 'Hoerl, Kennard',
      year: 1970,
      reference: 'Technometrics 12(1):55-67',
      equations: 'Eq. 2.1',
      deviations: 'The intercept is not penalised, as in scikit-learn’s Ridge.',
    },
    targets: ['numbers'],
    fields: { alpha: z.number().positive().max(1e6).default(1).describe('α: weight of the penalty') },
    fits: (suite) => needsTable(suite, TITLE),
  },
  {
    family: 'tables',
    protocol: 'rows',
    run: (context, { alpha }) =>
      fitOnHost(context, (task) => {
        const encoder = design(task.columns, task.train.rows);
        const model = ridge(encoder.encode(task.train.rows), [targetsOf(task)], alpha);
        return (rows) => numbersOf(applied(model, encoder.encode(rows)));
      }),
  },
);

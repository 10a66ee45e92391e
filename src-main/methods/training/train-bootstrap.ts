import type { Stream } from '../../engine/random/streams.ts';
import type { Method } from '../contract.ts';
import { iidProtocol } from './contract.ts';
import { defineTrainingMethod } from './shared/driver.ts';

/** As many rows as there are, drawn with replacement. */
export const bootstrap = (rows: number, stream: Stream): Int32Array =>
  Int32Array.from({ length: rows }, () => stream.integer(rows));

/** Members of bagging: the suite’s network, trained as the suite says on a bootstrap sample of its rows. */
const trainBootstrap: Method = {
  ...defineTrainingMethod({
    id: 'train-bootstrap',
    version: 1,
    title: 'One network on a bootstrap sample',
    summary: 'Trains the suite’s network on as many training rows as there are, drawn with replacement.',
    paper: {
      title: 'Bagging Predictors',
      authors: 'Breiman',
      year: 1996,
      reference: '10.1007/BF00058655',
      equations: 'Section 1',
    },
    targets: ['classes', 'numbers'],
    fields: {},
    hooks: (_values, context) => ({ rows: bootstrap(iidProtocol(context).trainRows, context.stream('bootstrap')) }),
  }),
  hidden: true,
};
export default trainBootstrap;

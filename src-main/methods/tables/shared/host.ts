import type { TableRows } from '../../../base/table.ts';
import type { Answers, Outcome, SuiteFacts, TrialContext, TrialEvent } from '../../contract.ts';
import { iidProtocol } from '../../training/contract.ts';
import type { TableData } from '../../training/contract.ts';

/** What a learner on the host is given: columns as they are, and how many classes (null: a number is told). */
export interface HostTask extends Pick<TableData, 'columns' | 'train'> {
  readonly classes: number | null;
}

/** Whether a suite hands out its columns: true, or the sentence that says why a method does not fit. */
export const needsTable = ({ id, table }: Pick<SuiteFacts, 'id' | 'table'>, title: string): true | string =>
  table === true || `${id} is no table, and ${title} learns from the columns of one.`;

/** The table of a trial's suite. @throws Error where it has none. */
export function hostTask(context: TrialContext): HostTask {
  const { table, numbers, outputs } = iidProtocol(context);
  if (table === null) throw new Error('This method takes columns as they are; this suite has none.');
  return { columns: table.columns, train: table.train, classes: numbers === null ? outputs : null };
}

/** A trial of a learner that is fitted at once, on the host, to the training rows of a table. */
export async function* fitOnHost(
  context: TrialContext,
  fit: (task: HostTask) => (rows: TableRows) => Answers,
): AsyncGenerator<TrialEvent, Outcome, void> {
  const task = hostTask(context);
  const answer = fit(task);
  context.meter.examples(task.train.count);
  yield { kind: 'progress', cursor: null, done: 1, total: 1 };
  return {
    predictor: {
      uses: [],
      async answer({ table }) {
        if (table === undefined) throw new Error('This method was asked about rows without their columns.');
        return answer(table.rows);
      },
    },
  };
}

/** Shares of classes as log-probabilities; a share below 1e-7 counts as that. */
export const sharesOf = (shares: ArrayLike<number>, classes: number): Answers => ({
  kind: 'log-probabilities',
  width: classes,
  values: Float32Array.from(shares, (share) => Math.log(Math.max(share, 1e-7))),
});

/** Numbers in the units of the target. */
export const numbersOf = (values: ArrayLike<number>): Answers => ({
  kind: 'numbers',
  width: 1,
  values: Float32Array.from(values),
});

/** The numbers to be told of the training rows. @throws Error where these have classes. */
export function targetsOf({ train }: Pick<HostTask, 'train'>): Float64Array {
  if (train.rows.numbers === null) throw new Error('The rows of this suite have classes and no numbers.');
  return train.rows.numbers;
}

import { z } from 'zod';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import { tf } from '../../engine/tf.ts';
import type { Tensor } from '../../engine/tf.ts';
import { evaluationLogits, networkPredictor } from '../shared/network-predictor.ts';
import { iidProtocol } from '../training/contract.ts';
import type { IidProtocolParts, TrainingHooks } from '../training/contract.ts';
import { defineTrainingMethod } from '../training/shared/driver.ts';
import { inTargetUnits, supervisedLoss } from '../training/shared/target.ts';
import { needsTable } from './shared/host.ts';
import { adamW, adamWFields, tableNetwork } from './shared/nets.ts';

/** So many training rows are remembered at most: a step compares each with each. */
const MOST_ROWS = 1500;

interface Settings {
  readonly blocks: number;
  readonly width: number;
  readonly heads: number;
  readonly ownRow: 'masked' | 'seen';
}

/** A token for each column and one for the target, blocks that remember so many rows, a head on all tokens. */
export const hopularOf = (
  suite: NetworkSpec,
  widths: readonly number[],
  memory: number,
  { blocks, width, heads, ownRow }: Settings,
): NetworkSpec => {
  const target = suite.heads[0].outputs;
  return {
    ...tableNetwork(suite, { kind: 'hopular', widths, memory, blocks, width, heads, ownRow }, [
      { kind: 'feature-tokens', name: 'tokens', units: width, widths: [...widths, target], first: false },
      ...Array.from(
        { length: blocks },
        (_, at) => ({ kind: 'hopular', name: `block${at}`, heads, memory, ownRow }) as const,
      ),
      { kind: 'flatten' },
    ]),
    input: [widths.reduce((sum, own) => sum + own, target)],
  };
};

/** Rows that ask, whose target is left empty, and behind them the training rows with theirs. */
function asked(
  { numbers, outputs }: Pick<IidProtocolParts, 'numbers' | 'outputs'>,
  x: Tensor,
  memory: Examples,
): Tensor {
  const [rows, width] = x.shape;
  const own = memory.x.shape[0];
  const target = numbers === null ? tf.oneHot(tf.cast(memory.y, 'int32'), outputs) : memory.y;
  const remembered = tf.concat(
    [tf.reshape(memory.x, [own, width]), tf.cast(tf.reshape(target, [own, outputs]), 'float32')],
    1,
  );
  return tf.concat([tf.concat([x, tf.zeros([rows, outputs])], 1), remembered], 0);
}

interface Examples {
  readonly x: Tensor;
  readonly y: Tensor;
}

const firstRows = (x: Tensor, rows: number): Tensor => tf.slice(x, [0, 0], [rows, x.shape[1] ?? 1]);

/**
 * Hopular (Schäfl et al. 2022): every block retrieves from the whole training set, with labels, and from the row's own
 * columns, by modern Hopfield networks. Each step trains on all rows; none may see itself among those remembered.
 */
export default defineTrainingMethod({
  id: 'hopular',
  version: 1,
  title: 'Hopular',
  summary: 'A net that looks up the training rows, with their labels, in each of its layers.',
  family: 'tables',
  paper: {
    title: 'Hopular: Modern Hopfield Networks for Tabular Data',
    authors: 'Schäfl, Gruber, Bitto-Nemling, Hochreiter',
    year: 2022,
    reference: 'arXiv:2206.00664',
    equations: 'Section 3: the two Hopfield modules of a block; Ramsauer et al. 2021, Eq. 10',
    deviations:
      'Reduced: two blocks of 16 with four heads, not eight of 32 with eight. Columns are not masked and not ' +
      'predicted, only the target is; the second module looks at a row’s tokens as they are, not as they were ' +
      'embedded; norms without scales; AdamW in place of LAMB with Lookahead; the suite’s number of steps, each of ' +
      'them on all rows.',
  },
  asks: ['extra-passes'],
  targets: ['classes', 'numbers'],
  fields: {
    blocks: z.number().int().min(1).max(8).default(2).describe('Blocks'),
    width: z.number().int().min(4).max(128).default(16).describe('Numbers of a token'),
    heads: z.number().int().min(1).max(16).default(4).describe('Heads'),
    ownRow: z.enum(['masked', 'seen']).default('masked').describe('Whether a training row sees itself with its label'),
    ...adamWFields,
  },
  fits: (suite) => needsTable(suite, 'Hopular'),
  hooks: ({ learningRate, weightDecay, ...values }, context): TrainingHooks => {
    const protocol = iidProtocol(context);
    const { table, trainRows, batchSize } = protocol;
    if (table === null) throw new Error('Hopular has a token for each column; this suite has none.');
    if (trainRows > MOST_ROWS)
      throw new Error(
        `Hopular compares all training rows with each other, at most ${MOST_ROWS}; here are ${trainRows}.`,
      );
    const all = (): Tensor => tf.range(0, trainRows, 1, 'int32');
    const passes = trainRows / Math.min(batchSize, trainRows);
    return {
      network: hopularOf(context.network.spec, table.widths, trainRows, values),
      optimiser: adamW({ learningRate, weightDecay }),
      passes: { forward: passes, backward: passes },
      loss({ examples, logits }) {
        const memory = examples(all());
        return supervisedLoss(protocol, firstRows(logits(asked(protocol, memory.x, memory)), trainRows), memory.y);
      },
      predictor: ({ network, variables }) =>
        inTargetUnits(
          protocol,
          networkPredictor(context.engine, network, variables, {
            kind: 'logits',
            answer(scope, x) {
              const { x: inputs, y } = protocol.train();
              const memory = { x: scope.gather(inputs, all()), y: scope.gather(y, all()) };
              return firstRows(evaluationLogits(scope, network, variables, asked(protocol, x, memory)), x.shape[0]);
            },
          }),
        ),
    };
  },
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Artefact, Method } from '../../../src-main/methods/contract.ts';
import { defineMethod } from '../../../src-main/methods/define.ts';
import { modelOf, networkVariables } from '../../../src-main/methods/shared/network-variables.ts';
import { iidProtocol } from '../../../src-main/methods/training/contract.ts';
import { pausing, trialsWith } from '../run-trials.ts';

const SUITE = 'rows-folds-quick/wdbc';

/** Answers 0 for rows that it was given to learn from, and 1 for all others. */
const memoriser: Method = defineMethod(
  {
    id: 'memoriser',
    version: 1,
    title: 'Memoriser',
    summary: 'Knows what it saw.',
    paper: null,
    fields: { unused: z.number().default(0) },
  },
  {
    family: 'training',
    protocol: 'rows',
    async *run(context) {
      const { engine, network } = context;
      const { train, outputs, trainRows } = iidProtocol(context);
      const rowsOf = async (variable: Parameters<typeof engine.read>[0]): Promise<string[]> => {
        const values = await engine.read(variable);
        const width = values.length / (variable.shape[0] ?? 1);
        return Array.from({ length: variable.shape[0] ?? 0 }, (_, row) =>
          values.subarray(row * width, (row + 1) * width).join(),
        );
      };
      const seen = new Set(await rowsOf(train().x));
      context.meter.examples(trainRows);
      yield { kind: 'progress', cursor: null, done: 1, total: 1 };
      return {
        predictor: {
          async answer({ inputs }) {
            const rows = await rowsOf(inputs);
            const values = Float32Array.from(
              rows.flatMap((row) => [seen.has(row) ? 9 : 0, ...Array<number>(outputs - 1).fill(0)]),
            );
            return { kind: 'logits', width: outputs, values };
          },
        },
        artefacts: {
          model: await modelOf(engine, network, networkVariables(engine, network, 'none'), 'nothing learned'),
        },
      };
    },
  },
);

const trials = await trialsWith(memoriser);
beforeAll(() => undefined, 60_000);
afterAll(() => trials.close());

function answersOf({ artefacts }: { readonly artefacts: Readonly<Record<string, Artefact>> }) {
  const kept = artefacts['out-of-fold'];
  if (kept?.kind !== 'samples') throw new Error('no answers were kept');
  const { train } = kept.splits;
  if (train === undefined) throw new Error('none about training rows');
  return train;
}

describe('answers out of fold', () => {
  it('are each by a training that did not have the row, one for every row', async () => {
    const { values, width, rows } = answersOf(
      await trials.run(SUITE, 'out-of-fold', { method: 'memoriser', folds: 4 }),
    );
    expect(rows).toEqual(rows.map((_, row) => row));
    expect(values).toHaveLength(rows.length * width);
    for (const value of values) expect(value).toBeCloseTo(Math.log(1 / width), 6);
  });

  it('are the same when the trial is interrupted, bit for bit, and good', async () => {
    const given = { method: 'sgd', folds: 2 };
    const whole = await trials.run(SUITE, 'out-of-fold', given);
    const interruptions = pausing((yields) => yields % 7 === 3);
    const parts = await trials.run(SUITE, 'out-of-fold', given, 1, interruptions);
    expect(interruptions.pauses()).toBeGreaterThan(3);
    expect(answersOf(parts).values).toEqual(answersOf(whole).values);
    expect(parts.metrics).toEqual(whole.metrics);
    const sure = answersOf(whole).values.filter((log) => log > Math.log(0.9)).length;
    expect(sure / answersOf(whole).rows.length).toBeGreaterThan(0.8);
  });
});

describe('what is fitted on them', () => {
  it.each(['greedy-selection', 'stacking'])(
    '%s answers about as well as its models, alike when interrupted',
    async (method) => {
      const given = { networks: 1, folds: 2 };
      const whole = await trials.run(SUITE, method, given);
      const parts = await trials.run(
        SUITE,
        method,
        given,
        1,
        pausing((yields) => yields === 1),
      );
      expect(parts.metrics).toEqual(whole.metrics);
      expect(whole.metrics['acc.test']).toBeGreaterThan(0.9);
    },
  );

  it('stacking by ridge regression answers too', async () => {
    const { metrics } = await trials.run(SUITE, 'stacking', { networks: 1, folds: 2, learner: 'ridge', strength: 1 });
    expect(metrics['acc.test']).toBeGreaterThan(0.9);
  });
});

import { describe, expect, it } from 'vitest';
import { stream } from '../../../src-main/engine/random/streams.ts';
import type { Answers, Predictor } from '../../../src-main/methods/contract.ts';
import { ContinualEvaluator, type EvaluatorDefinition } from '../../../src-main/suites/continual/shared/evaluator.ts';
import { writeTransformed } from '../../../src-main/suites/continual/shared/stream-data.ts';
import { fakeEngine } from '../../fixtures/fake-runner.ts';

/** Two tasks of two and three rows, three outputs; a row's input is its logits. */
const LOGITS = [
  [2, 0, 1, -1, 3, 0],
  [0, 0, 5, 1, 2, 3, 9, 8, 7],
];

function opened(scenario: EvaluatorDefinition['scenario'] = 'class-il') {
  const engine = fakeEngine();
  const evaluator = new ContinualEvaluator({
    engine,
    stream: (name) => stream(1, name),
    scenario,
    outputs: 3,
    inputShape: [3],
    classNames: ['a', 'b', 'c'],
    tasks: [
      { writeInputs: (into) => into.set(LOGITS[0]), rows: 2, labels: Int32Array.of(0, 2), outputs: [0, 1] },
      { writeInputs: (into) => into.set(LOGITS[1]), rows: 3, labels: Int32Array.of(2, 2, 0), outputs: [1, 2] },
    ],
  });
  const asked = { times: 0 };
  const predictor: Predictor = {
    answer: async ({ inputs }) => {
      asked.times++;
      return { kind: 'logits', width: 3, values: Float32Array.from(await engine.read(inputs)) };
    },
  };
  return { engine, evaluator, predictor, asked };
}

describe('the evaluator of a stream', () => {
  it('measures each task among all outputs, or among those of the sample’s task', async () => {
    const all = opened();
    expect(await all.evaluator.evaluate({ stage: 1, predictor: all.predictor })).toEqual({
      'accuracy on tasks so far': (1 / 2 + 1) / 2,
    });
    const { probabilities, matrices } = await all.evaluator.finish({ predictor: all.predictor });
    expect(matrices['accuracy']).toEqual([[1 / 2, 1]]);
    const { test } = probabilities;
    expect([...test.labels]).toEqual([0, 2, 2, 2, 0]);
    expect([...(test.tasks ?? [])]).toEqual([0, 0, 1, 1, 1]);
    [...LOGITS[0], ...LOGITS[1]].forEach((logit, at, logits) => {
      const row = logits.slice(at - (at % 3), at - (at % 3) + 3);
      expect(test.values[at]).toBeCloseTo(Math.exp(logit) / row.reduce((sum, value) => sum + Math.exp(value), 0), 6);
    });

    const own = opened('task-il');
    expect(await own.evaluator.evaluate({ stage: 1, predictor: own.predictor })).toEqual({
      'accuracy on tasks so far': (1 / 2 + 2 / 3) / 2,
    });
    const { values } = (await own.evaluator.finish({ predictor: own.predictor })).probabilities.test;
    const share = (a: number, b: number): number => 1 / (1 + Math.exp(b - a));
    expect([...values]).toEqual(
      [
        share(2, 0),
        share(0, 2),
        0,
        share(-1, 3),
        share(3, -1),
        0,
        0,
        share(0, 5),
        share(5, 0),
        0,
        share(2, 3),
        share(3, 2),
        0,
        share(8, 7),
        share(7, 8),
      ].map((value) => expect.closeTo(value, 6)),
    );
  });

  it('does not ask the predictor again that it evaluated last', async () => {
    const { evaluator, predictor, asked } = opened();
    await evaluator.evaluate({ stage: -1, predictor });
    await evaluator.evaluate({ stage: 0, predictor });
    expect(asked.times).toBe(2);
    await evaluator.finish({ predictor });
    expect(asked.times).toBe(2);
  });

  it(
    'asks again for another predictor, after further steps, and in a process that has not evaluated: ' +
      'the same numbers',
    async () => {
      const known = opened();
      await known.evaluator.evaluate({ stage: 0, predictor: known.predictor });
      const saved = known.evaluator.save();
      const expected = await known.evaluator.finish({ predictor: known.predictor });

      const { evaluator, predictor, asked } = opened();
      await evaluator.evaluate({ stage: 0, predictor });
      expect(await evaluator.finish({ predictor: { ...predictor } })).toEqual(expected);
      expect(asked.times).toBe(2);

      const trained = opened();
      await trained.evaluator.evaluate({ stage: 0, predictor: trained.predictor });
      // the fake engine counts a write as a step
      trained.engine.write(trained.engine.variable('parameter', { shape: [1], dtype: 'float32' }), Float32Array.of(1));
      expect(await trained.evaluator.finish({ predictor: trained.predictor })).toEqual(expected);
      expect(trained.asked.times).toBe(2);

      const resumed = opened();
      resumed.evaluator.restore(saved);
      expect(await resumed.evaluator.finish({ predictor: resumed.predictor })).toEqual(expected);
      expect(resumed.asked.times).toBe(1);
    },
  );

  it('keeps scores as they are, and lets an output of another task rank below all of its own', async () => {
    const own = opened('task-il');
    const scored: Predictor = {
      answer: async (question) => ({ ...(await own.predictor.answer(question)), kind: 'scores', width: 3 }),
    };
    expect(await own.evaluator.evaluate({ stage: 1, predictor: scored })).toEqual({
      'accuracy on tasks so far': (1 / 2 + 2 / 3) / 2,
    });
    const { test } = (await own.evaluator.finish({ predictor: scored })).probabilities;
    expect(test.scores).toBe(true);
    expect([...test.values]).toEqual([2, 0, -1, -1, 3, -2, -1, 0, 5, 1, 2, 3, 6, 8, 7]);
  });

  it.each([
    ['task-il', [0, 0, 1, 1, 1]],
    ['class-il', undefined],
  ] as const)('tells the task of a row where the scenario is %s: %j', async (scenario, expected) => {
    const { evaluator, predictor } = opened(scenario);
    const told: (number[] | undefined)[] = [];
    await evaluator.evaluate({
      stage: 1,
      predictor: {
        answer: (question) => {
          told.push(question.tasks && [...question.tasks]);
          return predictor.answer(question);
        },
      },
    });
    expect(told).toEqual([expected]);
  });

  it('refuses numbers, and answers of another width', async () => {
    const { evaluator, predictor } = opened();
    const answering = (more: Partial<Answers>): Predictor => ({
      answer: async (question) => Object.assign(await predictor.answer(question), more),
    });
    await expect(evaluator.evaluate({ stage: 1, predictor: answering({ kind: 'numbers' }) })).rejects.toThrow(
      'which of 3 classes',
    );
    await expect(evaluator.evaluate({ stage: 1, predictor: answering({ width: 4 }) })).rejects.toThrow('width 4');
  });

  it('refuses a method that ends without a predictor', async () => {
    await expect(opened().evaluator.finish({})).rejects.toThrow('without a predictor');
  });
});

describe('test inputs', () => {
  const x = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
  const written = (
    transform: Parameters<typeof writeTransformed>[0],
    rows: readonly number[],
    width: number,
  ): number[] => {
    const into = new Float32Array(rows.length * width).fill(Number.NaN);
    writeTransformed(transform, x, 4, Int32Array.from(rows), into);
    return [...into];
  };

  it('are the chosen rows, as they are, scaled, or in a frame of black', () => {
    expect(written({ kind: 'none' }, [2, 0], 4)).toEqual([9, 10, 11, 12, 1, 2, 3, 4]);
    expect(written({ kind: 'scale', mean: 2, deviation: 4 }, [1], 4)).toEqual([0.75, 1, 1.25, 1.5]);
    const black = -0.5;
    expect(written({ kind: 'pad-normalise', side: 2, pad: 1, mean: 2, deviation: 4 }, [2], 16)).toEqual([
      black,
      black,
      black,
      black,
      black,
      1.75,
      2,
      black,
      black,
      2.25,
      2.5,
      black,
      black,
      black,
      black,
      black,
    ]);
  });
});

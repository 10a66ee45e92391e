import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Engine, Outputs } from '../../../src-main/engine/types.ts';
import type { Answers, Method } from '../../../src-main/methods/contract.ts';
import { checkAnswers, DivergedError } from '../../../src-main/trial/divergence.ts';
import { runTrial } from '../../../src-main/trial/run-trial.ts';
import type { TrialEnd } from '../../../src-main/trial/trial.ts';
import { fakeDataset, fakeEngine, fakeMethod, fakeNetwork, fakeStream, fakeSuite } from '../../fixtures/fake-runner.ts';

const trial = (method: Method, engine: Engine = fakeEngine()): Promise<TrialEnd> =>
  runTrial(
    { id: 'd'.repeat(64), suite: fakeSuite(), method, hyperParameters: { steps: 57, size: 1 }, seed: 4, fold: null },
    { engine, buildNetwork: () => fakeNetwork, stream: fakeStream, dataset: async () => fakeDataset },
  );

const logits = (values: readonly number[]): Answers => ({
  kind: 'logits',
  width: 2,
  values: Float32Array.from(values),
});

const diverged = async (end: Promise<TrialEnd>): Promise<Extract<TrialEnd, { state: 'diverged' }>> => {
  const ended = await end;
  if (ended.state !== 'diverged') throw new Error(`it ended as ${ended.state}`);
  return ended;
};

describe('a trial that loses its numbers', () => {
  it('ends as diverged where its loss is NaN, with the step and all that it had measured', async () => {
    const engine = fakeEngine();
    const { divergence, result } = await diverged(trial(fakeMethod({ lossStraysAt: 34 }), engine));
    expect(divergence).toEqual({ what: 'loss', message: 'The loss is NaN at step 34 of 57.' });
    expect(result.primitives.matrices['accuracy']).toHaveLength(3);
    expect(result.primitives.probabilities).toEqual({});
    expect(result.artefacts).toEqual({});
    const loss = result.primitives.curves.find(({ name }) => name === 'loss');
    expect(loss?.points.at(-1)?.[0]).toBe(33);
    expect(result.cost.steps).toBe(34);
    expect(engine.liveVariables()).toBe(0);
  });

  it('ends as diverged where a parameter is NaN that no loss shows, at the next evaluation', async () => {
    const { divergence } = await diverged(trial(fakeMethod({ strayAt: 33 })));
    expect(divergence).toEqual({ what: 'parameters', message: 'The parameter walk holds NaN at step 39 of 57.' });
  });

  it('is found out at its end at the latest', async () => {
    const { divergence } = await diverged(trial(fakeMethod({ strayAt: 53 })));
    expect(divergence.what).toBe('parameters');
    expect(divergence.message).toContain('at step 57 of 57');
  });

  it('says which of several steps of one call it was, from what the engine answers', async () => {
    const losses = [0.5, 0.25, Number.POSITIVE_INFINITY, 0.125];
    const engine: Engine = {
      ...fakeEngine(),
      compileStep: ({ name }) => ({
        name,
        flops: 1,
        run: async (feeds) => feeds.map((_, i): Outputs<string> => ({ loss: Float32Array.of(losses[i] ?? 0) })),
        dispose: () => undefined,
      }),
    };
    const method: Method = {
      ...fakeMethod(),
      async *run(context) {
        const step = context.engine.compileStep({ name: 'test/step', inputs: {}, body: () => ({}) });
        yield { kind: 'progress', cursor: null, done: 10, total: 20, task: 1 };
        await step.run([{}, {}, {}, {}]);
        return {};
      },
    };
    const { divergence } = await diverged(trial(method, engine));
    expect(divergence.message).toBe('The loss is Infinity at step 13 of 20, in task 2.');
  });
});

describe('answers', () => {
  const place = { step: 1, total: 1, task: null };
  const finite = fc.float({ noNaN: true, noDefaultInfinity: true });

  it('may hold impossible classes (log-probability −∞), but in every row one that is possible', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(finite, fc.array(fc.constantFrom(-Infinity, 0, 1), { minLength: 2, maxLength: 2 })), {
          minLength: 1,
          maxLength: 8,
        }),
        (rows) => {
          const answers = logits(rows.flatMap(([one, others]) => [one, ...others]));
          expect(() => checkAnswers(answers, rows.length, place)).not.toThrow();
        },
      ),
    );
    expect(() => checkAnswers(logits([0, 1, -Infinity, -Infinity]), 2, place)).toThrow(DivergedError);
  });

  it.each(['numbers', 'scores'] as const)('are finite where they are %s', (kind) => {
    const answers = (bad: number): Answers => ({ kind, width: 3, values: Float32Array.of(0, 1, -2, 3, 4, bad) });
    expect(() => checkAnswers(answers(5), 2, place)).not.toThrow();
    for (const bad of [Number.NaN, Infinity, -Infinity])
      expect(() => checkAnswers(answers(bad), 2, place)).toThrow('example 2');
  });

  it('never hold NaN or +∞, wherever it lies', () => {
    fc.assert(
      fc.property(
        fc.array(finite, { minLength: 6, maxLength: 6 }),
        fc.nat(5),
        fc.constantFrom(Number.NaN, Infinity),
        (values, at, bad) => {
          const answers = logits(values.map((value, i) => (i === at ? bad : value)));
          expect(() => checkAnswers(answers, 2, place)).toThrow(`example ${at < 3 ? 1 : 2}`);
        },
      ),
    );
  });
});

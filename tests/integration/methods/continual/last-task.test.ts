import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ContinualRun } from '../../../../src-main/methods/continual/contract.ts';
import { mergedPenalty } from '../../../../src-main/methods/continual/shared/anchored-penalty.ts';
import { defineContinualMethod } from '../../../../src-main/methods/continual/shared/driver.ts';
import { fisherImportance } from '../../../../src-main/methods/continual/shared/importance.ts';
import { importancePenalty } from '../../../../src-main/methods/continual/shared/importance-penalty.ts';
import { trialsWith, type TrialRun } from '../../run-trials.ts';
import { measuredWithoutClock } from '../../../fixtures/curves.ts';

/** Nothing uses what a penalty would keep of the last task, so it is neither measured nor consolidated. */

const TASKS = 5,
  EXAMPLES = 3200,
  LAST = 640;

let trials: Awaited<ReturnType<typeof trialsWith>>;
beforeAll(async () => {
  trials = await trialsWith(toTheEnd);
}, 60_000);
afterAll(() => {
  trials.close();
});

const trial = (method: string): Promise<TrialRun> => trials.run('split-optdigits-quick/class-il', method);

/** The same run to a method's hooks, but for a task that never comes: none is the last. */
function endless(run: ContinualRun): ContinualRun {
  const { protocol } = run;
  return {
    ...run,
    protocol: Object.create(protocol, {
      tasks: { value: [...protocol.tasks, { index: TASKS, ids: new Int32Array(0), size: 0, outputs: [] }] },
    }),
  };
}

const toTheEnd = defineContinualMethod({
  id: 'ewc-to-the-end',
  version: 1,
  title: 'EWC to the end',
  summary: '',
  paper: null,
  fields: { lambda: z.number().default(200) },
  asks: ['extra-passes', 'boundaries'],
  create: (run, { lambda }) =>
    importancePenalty(endless(run), {
      name: 'ewc',
      strength: lambda / 2,
      examplesPerPass: 500,
      importance: fisherImportance(run, 'predicted'),
      consolidate: mergedPenalty,
    }),
});

describe('the last task of a penalty', () => {
  it('is not measured, and a trial that measures it all the same has the same numbers', async () => {
    const spared = await trial('ewc'),
      forced = await trial(toTheEnd.id);
    expect(measuredWithoutClock(spared.primitives)).toEqual(measuredWithoutClock(forced.primitives));
    expect(spared.artefacts).toEqual(forced.artefacts);
    expect(forced.cost.forwardPasses - spared.cost.forwardPasses).toBe(LAST);
    expect(forced.cost.backwardPasses - spared.cost.backwardPasses).toBe(LAST);
    expect(forced.cost.flops).toBeGreaterThan(spared.cost.flops);
  }, 120_000);

  it.each(['ewc', 'online-ewc', 'mas'])(
    'costs %s no pass',
    async (id) => {
      const [plain, penalised] = [await trial('naive'), await trial(id)];
      expect(penalised.cost.backwardPasses - plain.cost.backwardPasses).toBe(EXAMPLES - LAST);
    },
    120_000,
  );

  // synaptic intelligence anchors the start as well
  it.each([
    ['l2', TASKS - 1],
    ['si', TASKS],
  ] as const)(
    'costs %s no step',
    async (id, steps) => {
      const [plain, penalised] = [await trial('naive'), await trial(id)];
      expect(penalised.cost.steps - plain.cost.steps).toBe(steps);
    },
    120_000,
  );
});

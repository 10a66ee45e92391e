import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatasetStore } from '../../../../src-main/datasets/store.ts';
import { openEngine } from '../../../../src-main/engine/engine.ts';
import { buildNetwork } from '../../../../src-main/engine/networks/networks.ts';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import type { Engine } from '../../../../src-main/engine/types.ts';
import type { Outcome } from '../../../../src-main/methods/contract.ts';
import { resolveHyperParameters } from '../../../../src-main/methods/hyper-parameters.ts';
import { loadMethods } from '../../../../src-main/methods/registry.ts';
import type { Primitives } from '../../../../src-main/metrics/primitives.ts';
import type { Suite } from '../../../../src-main/suites/contract.ts';
import { loadSuites } from '../../../../src-main/suites/registry.ts';
import type { Checkpoint } from '../../../../src-main/trial/checkpoint.ts';
import { runTrial } from '../../../../src-main/trial/run-trial.ts';
import { withoutClock } from '../../../fixtures/curves.ts';
import type { TrialDependencies, TrialEnd, TrialResult } from '../../../../src-main/trial/trial.ts';

/**
 * A continual method ends with the predictor of its last evaluation, and it predicts as it did then: the suite does not
 * ask it again.
 */

const [methods, suites] = await Promise.all([loadMethods(), loadSuites()]);
const suite = suites.get('split-optdigits-quick/class-il');
const continual = [...methods.methods.values()]
  .map(({ method }) => method)
  .filter((method) => method.family === 'continual' && method.fits(suite.facts) === true);

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine('tensorflow-cpu');
  folder = mkdtempSync(join(tmpdir(), 'touchstone-outcome-'));
}, 60_000);
afterAll(() => {
  engine.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** The suite, and what it answers at the end when the predictor comes in a new wrapping and is asked again. */
function watched(seen: { asked: number; again?: Primitives }): Suite {
  return {
    ...suite,
    open: async (environment) => {
      const open = await suite.open(environment);
      return {
        ...open,
        finish: async (outcome: Outcome) => {
          const before = engine.meter.calls;
          const primitives = await open.finish(outcome);
          seen.asked = engine.meter.calls - before;
          const { predictor } = outcome;
          seen.again = await open.finish({
            predictor: predictor === undefined ? undefined : { answer: (question) => predictor.answer(question) },
          });
          return primitives;
        },
      };
    },
  };
}

function trial(id: string, watchedSuite: Suite, more: Partial<TrialDependencies> = {}): Promise<TrialEnd> {
  const store = openDatasetStore({ dataFolder: folder });
  const method = methods.get(id);
  return runTrial(
    {
      id: 'outcome',
      suite: watchedSuite,
      method,
      hyperParameters: resolveHyperParameters(method, {}),
      seed: 1,
      fold: null,
    },
    { engine, buildNetwork, stream, dataset: (data) => store.open(data), ...more },
  );
}

describe('the outcome of a continual method', () => {
  it.each(continual.map(({ id }) => id))(
    '%s is what was evaluated last',
    async (id) => {
      const seen: Parameters<typeof watched>[0] = { asked: -1 };
      const end = await trial(id, watched(seen));
      if (end.state !== 'done') throw new Error(end.state);
      expect(seen.asked).toBe(0);
      // The curves of the work itself are the runner's.
      const { curves, ...rest } = end.result.primitives;
      expect(seen.again).toEqual({ ...rest, curves: curves.filter(({ axes }) => axes === undefined) });
    },
    120_000,
  );

  it('is predicted again by a trial that was resumed after its last evaluation, with the same numbers', async () => {
    const whole = await trial('naive', watched({ asked: -1 }));
    if (whole.state !== 'done') throw new Error(whole.state);
    const kept: Checkpoint[] = [];
    const checkpoints = {
      load: () => kept.at(-1) ?? null,
      save: (checkpoint: Checkpoint) => void kept.push(checkpoint),
      clear: () => undefined,
    };
    // the last yield comes after the last evaluation
    let evaluations = 0;
    const paused = await trial('naive', suite, {
      checkpoints,
      report: (report) => {
        if (report.kind === 'curve-point' && report.name.startsWith('accuracy')) evaluations++;
      },
      wish: () => (evaluations === 5 ? 'pause' : 'go'),
    });
    expect(paused.state).toBe('paused');
    const seen: Parameters<typeof watched>[0] = { asked: -1 };
    const end = await trial('naive', watched(seen), { checkpoints });
    if (end.state !== 'done') throw new Error(end.state);
    expect(seen.asked).toBeGreaterThan(0);
    const fixed = ({ primitives }: TrialResult) => ({ ...primitives, curves: withoutClock(primitives.curves) });
    expect(fixed(end.result)).toEqual(fixed(whole.result));
    expect(end.result.artefacts).toEqual(whole.result.artefacts);
  }, 120_000);
});

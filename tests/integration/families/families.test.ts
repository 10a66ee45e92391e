import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadMethods } from '../../../src-main/methods/registry.ts';
import { loadSuites } from '../../../src-main/suites/registry.ts';
import { modelArrays, pausing, trialsWith } from '../run-trials.ts';
import { withoutClock } from '../../fixtures/curves.ts';

const [methods, suites] = await Promise.all([loadMethods(), loadSuites()]);

let trials: Awaited<ReturnType<typeof trialsWith>>;
beforeAll(async () => {
  trials = await trialsWith(null);
}, 60_000);
afterAll(() => trials.close());

describe('every suite of these families', () => {
  it('has its quick variant, its references and its metrics', async () => {
    const { METRICS } = await import('../../../src-main/metrics/registry.ts');
    for (const suite of suites.suites.values()) {
      if (suite.facts.family === 'continual') continue;
      expect(methods.get(suite.references.lower).fits(suite.facts), suite.id).toBe(true);
      expect(methods.get(suite.references.upper).fits(suite.facts), suite.id).toBe(true);
      for (const metric of suite.metrics) expect(METRICS.map(({ id }) => id)).toContain(metric);
      if (suite.quickOf !== null) expect(suites.get(suite.quickOf).quick).toBe(false);
      else if (!suite.quick)
        expect(
          // Depths, widths and numbers of rows of one experiment share a quick variant.
          [...suites.suites.values()].some(
            ({ quickOf }) =>
              quickOf === suite.id.replace(/-lenet-small$/, '-lenet') ||
              (suite.id.startsWith('repair-mlp') && quickOf?.startsWith('repair-mlp') === true),
          ),
          suite.id,
        ).toBe(true);
    }
  });
});

describe('a family is a shelf', () => {
  it('what learns from rows runs on every suite of rows, and nowhere else', () => {
    const ofClasses = ['temperature-scaling', 'majority-class', 'batch-ensemble'];
    const everywhere = ['sgd', 'adam', 'single', 'deep-ensemble', 'uniform-soup'];
    const mapping = ['mc-dropout', 'snapshot-ensemble', 'gradual-pruning', 'narrow'];
    for (const id of [...everywhere, ...mapping, ...ofClasses])
      for (const { facts } of suites.suites.values()) {
        const fits =
          facts.kind === 'rows' &&
          (facts.target === 'classes' || !ofClasses.includes(id)) &&
          methods.get(id).asks.every((ask) => facts.grants.includes(ask));
        expect(methods.get(id).fits(facts) === true, `${id} on ${facts.id}`).toBe(fits);
      }
    expect(methods.get('er').fits(suites.get('iid-tabular/wdbc').facts)).toBe(
      'Experience replay (ER) is for a stream of tasks; iid-tabular/wdbc is one training set.',
    );
  });

  it('a deep ensemble of one is the single network, on a table too, and five are surer', async () => {
    const suite = 'iid-tabular-quick/wdbc';
    const single = await trials.run(suite, 'single');
    const one = await trials.run(suite, 'deep-ensemble', { members: 1 });
    const five = await trials.run(suite, 'deep-ensemble');
    expect(one.metrics['nll.test']).toBeCloseTo(single.metrics['nll.test'], 6);
    expect(single.metrics['acc.test']).toBeGreaterThan(0.85);
    expect(five.metrics['nll.test']).toBeLessThan(single.metrics['nll.test']);
  }, 60_000);
});

describe('independent-mlp-quick/optdigits', () => {
  const SUITE = 'independent-mlp-quick/optdigits';

  it('measures the path in 25 points, worst in the middle for a plain average, lower after matching', async () => {
    const average = await trials.run(SUITE, 'weight-average');
    const matched = await trials.run(SUITE, 'git-rebasin-weight-matching');
    expect(average.primitives.curves.map(({ name, x, points }) => `${name} ${x} ${points.length}`)).toEqual(
      [
        'interpolation.loss.test',
        'interpolation.accuracy.test',
        'interpolation.loss.train',
        'interpolation.accuracy.train',
      ].map((name) => `${name} lambda 25`),
    );
    // The merged net is the middle of the path: two ways of measuring one number.
    for (const { metrics } of [average, matched]) expect(metrics['acc.test']).toBeCloseTo(metrics['acc.midpoint'], 6);
    expect(matched.metrics['barrier.loss.frankle20']).toBeLessThan(average.metrics['barrier.loss.frankle20']);
    expect(matched.metrics['acc.midpoint']).toBeGreaterThan(average.metrics['acc.midpoint']);
    // Matching renames the second net's units and leaves what it computes: the paths end alike.
    const end = (result: typeof average) => result.primitives.curves[0].points[24][1];
    expect(end(matched)).toBeCloseTo(end(average), 5);
  }, 60_000);

  it('has references between which merging lies', async () => {
    const best = await trials.run(SUITE, 'best-single');
    const ensemble = await trials.run(SUITE, 'prediction-ensemble');
    expect(best.metrics['acc.test']).toBeGreaterThan(0.85);
    expect(ensemble.metrics['nll.test']).toBeLessThan(best.metrics['nll.test']);
  }, 60_000);
});

describe('iid-mlp-quick/optdigits', () => {
  const SUITE = 'iid-mlp-quick/optdigits';

  it('trains each member once and shares it', async () => {
    await trials.run(SUITE, 'deep-ensemble', { members: 3 });
    const single = await trials.run(SUITE, 'single');
    await trials.run(SUITE, 'temperature-scaling');
    const members = [...trials.finished.keys()].filter((key) => key.includes(SUITE) && key.includes('train-network'));
    expect(members).toHaveLength(3);
    expect(single.cost.backwardPasses).toBe(0);
    const member = await trials.run(SUITE, 'train-network', {}, 100);
    expect(member.cost.backwardPasses).toBe(8 * 900);
    expect(member.metrics['acc.test']).toBe(single.metrics['acc.test']);
  }, 60_000);

  it('an ensemble has a better likelihood than its average member; one member is the single network', async () => {
    const members = await Promise.all([100, 101, 102].map((seed) => trials.run(SUITE, 'train-network', {}, seed)));
    const ensemble = await trials.run(SUITE, 'deep-ensemble', { members: 3 });
    // Jensen: -ln of a mean of probabilities is at most the mean of the members' losses.
    expect(ensemble.metrics['nll.test']).toBeLessThan(
      members.reduce((sum, { metrics }) => sum + metrics['nll.test'], 0) / 3,
    );
    const one = await trials.run(SUITE, 'deep-ensemble', { members: 1 });
    const single = await trials.run(SUITE, 'single');
    expect(one.metrics['nll.test']).toBeCloseTo(single.metrics['nll.test'], 5);
  }, 60_000);

  it('a temperature keeps accuracy and lowers the loss on validation data', async () => {
    const single = await trials.run(SUITE, 'single');
    const scaled = await trials.run(SUITE, 'temperature-scaling');
    expect(scaled.metrics['temperature']).toBeGreaterThan(0);
    expect(scaled.metrics['acc.test']).toBe(single.metrics['acc.test']);
    expect(scaled.metrics['nll.validation']).toBeLessThanOrEqual(single.metrics['nll.validation']);
  }, 60_000);
});

describe('tables and colour images', () => {
  it.each(['sgd', 'adam', 'label-smoothing', 'mixup'])(
    '%s beats the class shares on a table',
    async (method) => {
      const floor = await trials.run('iid-tabular-quick/wdbc', 'majority-class');
      const trained = await trials.run('iid-tabular-quick/wdbc', method);
      expect(trained.metrics['acc.test']).toBeGreaterThan(0.9);
      expect(trained.metrics['nll.test']).toBeLessThan(floor.metrics['nll.test']);
      expect(trained.primitives.curves.find(({ name }) => name === 'accuracy.validation')?.points).toHaveLength(8);
    },
    60_000,
  );

  it('convolutions, crops and mirror images learn colour shapes', async () => {
    const floor = await trials.run('iid-shapes-quick', 'majority-class');
    const trained = await trials.run('iid-shapes-quick', 'sgd-augmentation');
    expect(trained.metrics['acc.test']).toBeGreaterThan(floor.metrics['acc.test'] + 0.1);
    // Batch norm's running statistics moved away from their start.
    expect(Math.max(...(modelArrays(trained)['conv0/mean'] ?? []).map(Math.abs))).toBeGreaterThan(0.01);
  }, 120_000);

  it('augmentation is refused on tables, with the reason', () => {
    expect(methods.get('sgd-augmentation').fits(suites.get('iid-tabular/car').facts)).toMatch(/colour images/);
  });
});

describe('interrupted training', () => {
  it.each([
    ['iid-tabular-quick/car', 'mixup'],
    ['iid-tabular-quick/car', 'adam'],
  ])(
    '%s, %s: paused again and again and resumed, gives the same bits',
    async (suite, method) => {
      const whole = await trials.run(suite, method, {}, 3);
      const interruptions = pausing((yields) => yields % 6 === 2);
      const again = await trials.run(suite, method, {}, 3, interruptions);
      expect(interruptions.pauses()).toBeGreaterThan(2);
      expect(modelArrays(again)).toEqual(modelArrays(whole));
      expect(again.primitives.probabilities).toEqual(whole.primitives.probabilities);
      // Loss, steps and examples of every point; the seconds are the clock's.
      expect(withoutClock(again.primitives.curves)).toEqual(withoutClock(whole.primitives.curves));
      expect(again.cost.steps).toBe(whole.cost.steps);
    },
    120_000,
  );
});

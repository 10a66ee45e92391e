import { describe, expect, it } from 'vitest';
import { formFields, resolveHyperParameters } from '../../../src-main/methods/hyper-parameters.ts';
import { loadMethods } from '../../../src-main/methods/registry.ts';
import { loadSuites } from '../../../src-main/suites/registry.ts';
import { studyRequest } from '../../../src-main/workbench/contract/contract.ts';
import { grid } from '../../../src-main/workbench/planners/grid.ts';
import { once } from '../../../src-main/workbench/planners/once.ts';
import type { KnownTrial, Proposal } from '../../../src-main/workbench/planners/planner.ts';
import { random } from '../../../src-main/workbench/planners/random.ts';

const SUITE = 'iid-tabular/wdbc';
const [methods, suites] = await Promise.all([loadMethods(), loadSuites()]);
const request = studyRequest.parse({
  name: 'n',
  suites: [SUITE],
  methods: [{ method: 'sgd', hyperParameters: { momentum: 0.5 } }],
  seeds: [3, 4],
  references: true,
});
const planner = random(request, 6, { methods, suites, settings: () => ({}) });
const asked = (proposal: Proposal | 'done'): Proposal => {
  if (proposal === 'done') throw new Error('nothing was asked for');
  return proposal;
};
const tried = asked(planner.next([])).trials[0];
const results = (headline: (index: number) => number | null): KnownTrial[] =>
  (tried?.methods ?? []).map(({ method, hyperParameters }, i) => ({
    suite: `${SUITE}#dev`,
    method,
    hyperParameters,
    seed: 3,
    state: headline(i) === null ? 'diverged' : 'done',
    headline: headline(i),
  }));

describe('an ordinary study', () => {
  it('is planned once', () => {
    expect(asked(once(request).next([])).trials).toHaveLength(1);
    expect(once(request).next(results(() => 0.5))).toBe('done');
  });
});

describe('random search', () => {
  it('tries the usual settings and others within their ranges, with what was asked for and the first seed', () => {
    expect(tried).toMatchObject({ suites: [`${SUITE}#dev`], seeds: [3], references: false });
    expect(tried?.methods).toHaveLength(6);
    const { schema } = methods.get('sgd');
    expect(tried?.methods[0]?.hyperParameters).toEqual(schema.parse({ momentum: 0.5 }));
    for (const { hyperParameters } of tried?.methods ?? []) {
      expect(hyperParameters['momentum']).toBe(0.5);
      for (const { name, minimum, maximum } of formFields(schema)) {
        const value = hyperParameters[name];
        if (typeof value !== 'number') continue;
        expect(value).toBeGreaterThanOrEqual(minimum ?? -Infinity);
        expect(value).toBeLessThanOrEqual(maximum ?? Infinity);
      }
    }
    expect(new Set(tried?.methods.map(({ hyperParameters }) => hyperParameters['learningRate'])).size).toBe(6);
  });

  it('proposes the same whenever it is asked', () => {
    const same = random(request, 6, { methods, suites, settings: () => ({}) });
    expect(same.next([])).toEqual(planner.next([]));
  });

  it('then runs the best with all seeds on the published suite, and says why', () => {
    const { trials, says } = asked(planner.next(results((i) => (i === 4 ? 0.99 : 0.9))));
    expect(trials).toMatchObject([{ suites: [SUITE], seeds: [3, 4], references: true }]);
    expect(trials[0]?.methods[0]?.hyperParameters).toEqual(tried?.methods[4]?.hyperParameters);
    expect(says[0]).toContain('Best of 6 settings by acc.test on held-out training rows: 99');
  });

  it('never chooses what diverged, prefers the usual of equal ones, and leaves out what came to no end', () => {
    const chosen = (headline: (i: number) => number | null) =>
      asked(planner.next(results(headline))).trials[0]?.methods[0]?.hyperParameters;
    expect(chosen((i) => (i === 2 ? null : 0.7))).toEqual(tried?.methods[0]?.hyperParameters);
    const { trials, says } = asked(planner.next(results(() => null)));
    expect(trials).toEqual([]);
    expect(says[0]).toContain('no setting of sgd came to an end');
  });

  it('has nothing to tune on for a probe', () => {
    const probe = [...suites.suites.values()].find(({ facts }) => facts.kind === 'probe')?.id ?? '';
    const unfit = random({ ...request, suites: [probe] }, 2, { methods, suites, settings: () => ({}) });
    expect(() => unfit.next([])).toThrow(`${probe} has no development variant`);
  });

  it('is done once published trials are there', () => {
    expect(planner.next([...results(() => 0.5), ...results(() => 0.5).map((one) => ({ ...one, suite: SUITE }))])).toBe(
      'done',
    );
  });
});

describe('grid search on a suite of experts', () => {
  const EXPERTS = 'shared-start-digits-generated-quick';
  const of = (method: string, hyperParameters: Record<string, number | string>) => ({ method, hyperParameters });
  const wanted = studyRequest.parse({
    name: 'n',
    suites: [EXPERTS],
    methods: [
      ...[0.1, 0.3, 0.5].map((lambda) => of('task-arithmetic', { lambda })),
      ...['sum', 'mean'].flatMap((combine) => [0.2, 0.8].map((lambda) => of('ties', { combine, lambda }))),
      of('weight-average', {}),
    ],
    seeds: [0, 1],
  });
  const parts = { methods, suites, settings: () => ({}) };
  const search = grid(wanted, ['lambda'], parts);
  const round = asked(search.next([]));
  /** Every setting at every seed, as good as `headline` says. */
  const measured = (
    headline: (values: Record<string, number | string | boolean>, seed: number) => number,
  ): KnownTrial[] =>
    round.trials.flatMap(({ suites: [suite = ''], methods: tries, seeds }) =>
      tries.flatMap(({ method, hyperParameters }) =>
        seeds.map((seed): KnownTrial => ({
          ...{ suite, method, hyperParameters, seed },
          ...{ state: 'done', headline: headline(hyperParameters, seed) },
        })),
      ),
    );

  it('tries the values that were named, with all seeds, on the validation rows of the same experts', () => {
    expect(round.trials.map(({ methods: tries }) => tries.length)).toEqual([3, 2, 2]);
    for (const one of round.trials)
      expect(one).toMatchObject({ suites: [`${EXPERTS}#dev`], seeds: [0, 1], references: false });
    const variant = suites.get(`${EXPERTS}#dev`);
    expect(variant.metrics[0]).toBe('acc.normalised');
    const requests = methods
      .get('regmean')
      .trials?.(variant.facts, resolveHyperParameters(methods.get('regmean'), {}), 1);
    expect(new Set(requests?.map(({ suite }) => suite))).toEqual(new Set([EXPERTS]));
  });

  it('then runs the best mean over seeds of each on the published suite, under a name that says the choice', () => {
    // One seed alone prefers 0.1.
    const best = ({ lambda = 0 }: Record<string, number | string | boolean>, seed: number): number =>
      lambda === 0.1 ? ([0.5, 0.95][seed] ?? 0) : lambda === 0.3 ? 0.8 : lambda === 0.8 ? 0.9 : 0.6;
    const { trials, says } = asked(search.next(measured(best)));
    expect(trials.map(({ methods: [one] }) => [one?.method, one?.hyperParameters['lambda'], one?.label])).toEqual([
      ['task-arithmetic', 0.3, 'lambda 0.3, best of 3 on validation rows'],
      ['ties', 0.8, 'lambda 0.8, combine sum, best of 2 on validation rows'],
      ['ties', 0.8, 'lambda 0.8, combine mean, best of 2 on validation rows'],
      ['weight-average', undefined, undefined],
    ]);
    for (const one of trials) expect(one).toMatchObject({ suites: [EXPERTS], seeds: [0, 1], references: true });
    expect(says[0]).toContain('Best of 3 settings by acc.normalised on held-out training rows: 80');
    expect(says).toHaveLength(3);
  });

  it('lets all configurations of a method compete where no field is named', () => {
    const all = asked(grid(wanted, [], parts).next([]));
    expect(all.trials.map(({ methods: tries }) => tries.length)).toEqual([3, 4]);
  });

  it('is refused where nothing is to be chosen, or a field is nobody’s', () => {
    expect(() => grid(wanted, ['lamda'], parts)).toThrow('no method of this study has a field "lamda"');
    const one = { ...wanted, methods: [{ method: 'ties', hyperParameters: {} }] };
    expect(() => grid(one, [], parts)).toThrow('nothing to choose from');
  });
});

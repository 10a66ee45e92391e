import { shortened } from '../base/shortened.ts';
import type { MethodRegistry } from '../methods/registry.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import { WorkbenchError } from './contract/contract.ts';
import type { StudyRequest } from './contract/contract.ts';

/** Told first because they are cheap, different in kind, and show what the field is about. */
const LIKED = ['ewc', 'si', 'lwf', 'er', 'derpp', 'mas', 'l2', 'agem', 'a-gem'];
const METHODS = 6;
const SEEDS = [0, 1, 2];

/**
 * The first-run study: the quick class-IL suite on the real digits that ship inside, six methods beside the references,
 * three seeds.
 */
export function quickStudy(suites: SuiteRegistry, methods: MethodRegistry): StudyRequest {
  const quick = [...suites.suites.values()].filter((suite) => suite.quick);
  const suite =
    quick.find(
      ({ datasets, facts }) =>
        datasets.includes('optdigits') && facts.scenario === 'class-il' && facts.kind === 'stream',
    ) ??
    quick.find(({ facts }) => facts.kind === 'stream') ??
    quick[0];
  if (suite === undefined)
    throw new WorkbenchError({
      kind: 'unavailable',
      message: 'There is no quick suite in this version.',
      remedy: null,
      details: null,
    });
  const fitting = [...methods.methods.values()]
    .map(({ method }) => method)
    .filter(
      (method) =>
        method.hidden !== true &&
        method.id !== suite.references.lower &&
        method.id !== suite.references.upper &&
        method.fits(suite.facts) === true,
    )
    .map(({ id }) => id);
  const liked = LIKED.filter((id) => fitting.includes(id));
  const others = fitting.filter((id) => !liked.includes(id)).sort();
  const chosen = [...shortened([...liked, ...others], METHODS).shown];
  if (chosen.length === 0) chosen.push(suite.references.lower);
  return {
    name: `First look: ${suite.title}`,
    suites: [suite.id],
    methods: chosen.map((method) => ({ method, hyperParameters: {} })),
    seeds: SEEDS,
    backend: 'auto',
    references: true,
  };
}

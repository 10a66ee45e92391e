import type { JsonValue } from '../methods/contract.ts';
import type { SuiteDescription } from './contract.ts';
import { idOfVariant, variantOf } from './variant-ids.ts';

/** Of the training rows of each class so many stand where the test rows were: one in ten. */
export const HELD_OUT_SHARE = 0.1;

/** Why a suite has no development variant; null where it has one. */
export function noDevelopment({ id, facts }: Pick<SuiteDescription, 'id' | 'facts'>): string | null {
  if (facts.kind === 'probe')
    return `${id} has no development variant: a probe is an experiment whose curves are the result, and is not tuned.`;
  return facts.kind === 'experts' && !facts.grants.includes('validation')
    ? `${id} has no development variant: its networks are trained on all rows, and none are left to judge a merge on.`
    : null;
}

/**
 * The development variant of a suite; null where it has none. It opens as the published one does: who opens it gives it
 * other rows (`heldOutData`). Of a suite of experts it has the same experts and judges what is made of them on their
 * validation rows, first of all as a share of the experts' own accuracies; what only test rows show is not measured.
 */
export function developmentSuite<S extends SuiteDescription>(suite: S): S | null {
  if (noDevelopment(suite) !== null || variantOf(suite.id) === 'dev') return null;
  const id = idOfVariant(suite.id, 'dev');
  const { facts } = suite;
  const { experts } = facts;
  const { publishedOnly = [] } = suite;
  const metrics = suite.metrics.filter((metric) => !publishedOnly.includes(metric));
  const normalised = metrics.filter((metric) => experts !== undefined && metric === 'acc.normalised');
  const without = publishedOnly.length === 0 ? '' : `, without ${publishedOnly.join(', ')}`;
  const protocol: JsonValue = {
    published: suite.protocol,
    development:
      experts !== undefined
        ? 'experts of the published suite; their validation rows stand where the test rows were'
        : facts.folds > 1
          ? 'an inner fold of the training part of each fold stands where its test rows were, stratified'
          : 'a tenth of the training rows of each class, at least one, stands where the test rows were',
  };
  return Object.assign({}, suite, {
    id,
    title: `${suite.title}, development`,
    summary:
      experts === undefined
        ? `${suite.summary} For development: judged on held-out training rows, so that there are a tenth fewer steps.`
        : `${suite.summary} For development: the same experts, judged on their validation rows${without}.`,
    quickOf: null,
    metrics: [...new Set([...normalised, ...metrics])],
    facts: { ...facts, id, ...(experts === undefined ? {} : { experts: { ...experts, suite: suite.id } }) },
    protocol,
  });
}

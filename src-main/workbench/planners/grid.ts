import { canonicalJson } from '../../base/canonical.ts';
import { remembered } from '../../base/remembered.ts';
import type { HyperParameters } from '../../methods/contract.ts';
import { formFields, resolveHyperParameters } from '../../methods/hyper-parameters.ts';
import { WorkbenchError } from '../contract/contract.ts';
import type { StudyRequest } from '../contract/contract.ts';
import type { Planner } from './planner.ts';
import { tuned } from './tuning.ts';
import type { Contest, TuningParts } from './tuning.ts';

/**
 * Grid search: the configurations that were asked for of a method compete with one another. Where fields are named,
 * those compete that differ in these alone, so that variants of one method are each tuned for itself. Throws
 * WorkbenchError where there is nothing to choose from, or no method has such a field.
 */
export function grid(request: StudyRequest, fields: readonly string[], parts: TuningParts): Planner {
  const { suites, methods } = request;
  const isTuned = (field: string): boolean => fields.length === 0 || fields.includes(field);
  const contests = suites.flatMap((suite) => {
    const groups = new Map<string, Contest & { readonly settings: HyperParameters[] }>();
    for (const { method, label, hyperParameters } of methods) {
      const found = parts.methods.get(method);
      const values = resolveHyperParameters(found, hyperParameters, parts.settings(suite, found.id));
      const others = Object.fromEntries(Object.entries(values).filter(([field]) => !isTuned(field)));
      const key = canonicalJson([method, label ?? null, others]);
      const { settings } = remembered(groups, key, () => ({ suite, method, label, settings: [] }));
      if (!settings.some((known) => canonicalJson(known) === canonicalJson(values))) settings.push(values);
    }
    return [...groups.values()];
  });
  const known = new Set(
    methods.flatMap(({ method }) => formFields(parts.methods.get(method).schema)).map(({ name }) => name),
  );
  const unknown = fields.find((field) => !known.has(field));
  if (unknown !== undefined) throw refused(`--tune grid: no method of this study has a field "${unknown}".`);
  if (contests.every(({ settings }) => settings.length === 1))
    throw refused('--tune grid: every method has a single setting, so that there is nothing to choose from.');
  const tried = contests.reduce((sum, { settings }) => sum + (settings.length > 1 ? settings.length : 0), 0);
  return tuned(request, contests, parts, {
    says: `Tuning: ${tried} settings in all on the development variant.`,
    first: 'the first of them',
  });
}

const refused = (message: string): WorkbenchError =>
  new WorkbenchError({
    kind: 'invalid-input',
    message,
    remedy: "Name several values, for example -m 'task-arithmetic:lambda=0..1 linear 21' --tune grid:lambda.",
    details: null,
  });

import { canonicalJson } from '../base/canonical.ts';
import { studyRequest, WorkbenchError } from './contract/contract.ts';
import type { StudyExtension, StudyRequest } from './contract/contract.ts';

/**
 * A study's request with more suites, methods and seeds; what it has stays. Throws WorkbenchError where nothing of it
 * is new, or where it would be more than a study may hold.
 */
export function extended(request: StudyRequest, more: Omit<StudyExtension, 'id'>): StudyRequest {
  const whole = merged(request, more);
  if (size(whole) === size(request))
    throw refused('The study has all of that already.', 'Name suites, methods or seeds that it does not have.');
  return whole;
}

/** `extended`, also where nothing is new. */
export function merged(request: StudyRequest, more: Omit<StudyExtension, 'id'>): StudyRequest {
  const known = new Set(request.methods.map(configuration));
  const methods = more.methods.filter((entry) => !known.has(configuration(entry)));
  const suites = [...new Set([...request.suites, ...more.suites])];
  const seeds = [...new Set([...request.seeds, ...more.seeds])].sort((a, b) => a - b);
  const parsed = studyRequest.safeParse({ ...request, suites, methods: [...request.methods, ...methods], seeds });
  if (!parsed.success) throw refused('The study would be too large: it holds at most 100 seeds.', 'Make a new study.');
  return parsed.data;
}

const size = ({ suites, methods, seeds }: StudyRequest): number => suites.length + methods.length + seeds.length;

const configuration = ({ method, hyperParameters }: StudyRequest['methods'][number]): string =>
  canonicalJson([method, hyperParameters]);

const refused = (message: string, remedy: string): WorkbenchError =>
  new WorkbenchError({ kind: 'refused', message, remedy, details: null });

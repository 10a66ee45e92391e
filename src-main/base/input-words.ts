import type { z } from 'zod';

/** What is wrong with an input, in sentences: each says which field, and what it has to be. */
export function inputSentences(error: z.ZodError): string {
  return [...new Set(error.issues.map(sentenceOf))].join(' ');
}

type Issue = z.core.$ZodIssue;

function sentenceOf(issue: Issue): string {
  const subject = subjectOf(issue.path);
  // Words of our own are a sentence already; "It …" is about the field.
  if (!/^(Invalid|Too big|Too small|Unrecognized)\b/.test(issue.message))
    return stopped(issue.message.replace(/^It\b/, subject));
  return stopped(`${subject} ${predicateOf(issue)}`);
}

/** `The label (methods.0.label)`; of a field that stands alone only `The name`. */
function subjectOf(path: readonly PropertyKey[]): string {
  const field = path.findLast((part) => typeof part === 'string');
  if (field === undefined) return 'The input';
  return `The ${field}${path.length === 1 ? '' : ` (${path.map(String).join('.')})`}`;
}

function predicateOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.endsWith('received undefined') ? 'is missing' : `must be of another type: ${issue.expected}`;
    case 'too_small':
      if (issue.origin === 'string' && issue.minimum === 1) return 'is empty';
      return `must ${measured(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum)}`;
    case 'too_big':
      return `must ${measured(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum)}`;
    case 'invalid_value':
      return `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}`;
    case 'unrecognized_keys':
      return `has no field ${issue.keys.map((key) => `"${key}"`).join(', ')}`;
    default:
      return 'is not of its form';
  }
}

function measured(origin: string, bound: string, limit: number | bigint): string {
  if (origin === 'string') return `have ${bound} ${limit} characters`;
  return origin === 'array' || origin === 'set' ? `have ${bound} ${limit} entries` : `be ${bound} ${limit}`;
}

const stopped = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

import { scalarFromText } from '../methods/field-text.ts';
import { refuseUnknown } from '../methods/hyper-parameters.ts';
import { WorkbenchError } from '../workbench/contract/contract.ts';
import type { MethodInfo, StudyRequest, WorkbenchClient } from '../workbench/contract/contract.ts';
import type { MethodText } from '../workbench/method-text.ts';
import { combinationCount, combinations, MOST_CONFIGURATIONS, sweptValues } from '../workbench/sweep.ts';
import { parseMethods } from './arguments.ts';

/**
 * The configurations that a method with its values stands for: one, or every combination where a value is a list or a
 * range (`ewc:lambda=1|10|100`, `'ewc:lambda=1e-3..1e1 log 5'`). A method that nobody knows keeps its text for the
 * Workbench to refuse. Throws HyperParameterError for a name that the method does not have, WorkbenchError for a range
 * that cannot be meant or too many combinations.
 */
export function configurationsOf(
  { method, values }: MethodText,
  info: MethodInfo | undefined,
): StudyRequest['methods'] {
  const fields = info?.fields ?? [];
  if (info !== undefined)
    refuseUnknown(
      info.title,
      values.keys(),
      fields.map(({ name }) => name),
    );
  const swept = new Map(
    [...values].map(([name, text]) => {
      const field = fields.find((candidate) => candidate.name === name);
      // An empty text is a value that the field refuses with its own sentence.
      const several =
        text.trim() === '' ? { ok: true as const, values: [text] } : sweptValues(text, field?.kind ?? 'text');
      if (!several.ok) throw refused(`${method}: ${name}: ${several.message}`);
      return [name, several.values.map((one) => scalarFromText(one, field))];
    }),
  );
  const count = combinationCount(swept);
  if (count > MOST_CONFIGURATIONS)
    throw refused(`${method} stands for ${count} configurations; at most ${MOST_CONFIGURATIONS} can be.`);
  return combinations(swept).map((one) => ({ method, hyperParameters: Object.fromEntries(one) }));
}

const refused = (message: string): WorkbenchError =>
  new WorkbenchError({ kind: 'invalid-input', message, remedy: null, details: null });

/** The configurations that options such as `--methods er ewc:lambda=1|10` stand for. */
export async function askedConfigurations(
  client: WorkbenchClient,
  texts: readonly string[],
): Promise<StudyRequest['methods']> {
  const asked = parseMethods(texts);
  if (asked.length === 0) return [];
  const known = await client.call('catalogue.methods', {});
  return asked.flatMap((one) =>
    configurationsOf(
      one,
      known.find(({ id }) => id === one.method),
    ),
  );
}

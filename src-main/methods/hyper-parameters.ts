import { z } from 'zod';
import type { HyperParameters, Method } from './contract.ts';
import { hyperParameters, scalar } from '../base/hyper-parameters.ts';
import { allowed } from './field-text.ts';
import type { HyperParameterField } from './field-text.ts';
import { nearest } from '../base/nearest.ts';

/** A hyper-parameter that the method does not have, or a value that its field does not allow. */
export class HyperParameterError extends Error {
  override readonly name = 'HyperParameterError';
}

const property = z.looseObject({
  type: z.string().optional(),
  description: z.string().optional(),
  default: scalar.optional(),
  const: scalar.optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  exclusiveMaximum: z.number().optional(),
  enum: z.array(scalar).optional(),
  defaultMeans: z.string().optional(),
});
const object = z.looseObject({ properties: z.record(z.string(), property).default({}) });

/**
 * The form of a method: one field for each of its schema's, in the schema's order, with range, default and description.
 */
export function formFields(schema: z.ZodObject): HyperParameterField[] {
  const { properties } = object.parse(z.toJSONSchema(schema, { io: 'input' }));
  return Object.entries(properties).map(([name, field]): HyperParameterField => {
    const choices = field.enum?.map(String) ?? null;
    // Numbers to choose from are numbers: as text they would be refused.
    const kind =
      choices !== null && field.type !== 'number' && field.type !== 'integer'
        ? 'choice'
        : field.type === 'integer'
          ? 'integer'
          : field.type === 'number'
            ? 'number'
            : field.type === 'boolean'
              ? 'boolean'
              : 'text';
    return {
      name,
      kind,
      description: field.description ?? '',
      default: field.default ?? '',
      defaultMeans: field.defaultMeans ?? null,
      minimum: bound(field.minimum ?? field.exclusiveMinimum),
      maximum: bound(field.maximum ?? field.exclusiveMaximum),
      choices,
    };
  });
}

/** The bounds that zod gives every integer say nothing. */
function bound(value: number | undefined): number | null {
  return value === undefined || Math.abs(value) >= Number.MAX_SAFE_INTEGER ? null : value;
}

/**
 * A method's hyper-parameters with every field filled: its defaults, over them the settings published for the suite,
 * over them the `own` values. Published settings may name fields that the method has no more; own values may not.
 * Throws HyperParameterError with a sentence that names the method, the field, what is allowed and what was given.
 */
export function resolveHyperParameters(
  method: Pick<Method, 'title' | 'schema'>,
  own: HyperParameters,
  published: HyperParameters = {},
): HyperParameters {
  refuseUnknown(method.title, Object.keys(own), Object.keys(method.schema.shape));
  const values = { ...published, ...own };
  const parsed = method.schema.safeParse(values);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const name = issue?.path.map(String).join('.') ?? '';
    const field = formFields(method.schema).find((candidate) => candidate.name === name);
    throw new HyperParameterError(
      `${method.title}: ${name} must be ` +
        `${field === undefined ? (issue?.message ?? 'valid') : allowed(field)}, not ` +
        `${JSON.stringify(values[name])}.`,
    );
  }
  return hyperParameters.parse(parsed.data);
}

/** Throws HyperParameterError for the first name that a method does not have. */
export function refuseUnknown(title: string, names: Iterable<string>, known: readonly string[]): void {
  for (const name of names) {
    if (known.includes(name)) continue;
    throw new HyperParameterError(
      known.length === 0
        ? `${title} has no hyper-parameters, but "${name}" was given.`
        : `${title} has no hyper-parameter "${name}".${nearest(name, known)} It has: ${known.join(', ')}.`,
    );
  }
}

import { z } from 'zod';
import { isMeasure, type Measure } from '../base/measures.ts';
import type { Method } from './contract.ts';
import { refuseFormerNames } from './define.ts';
import { GRANTS } from './grants.ts';
import { PROTOCOL_KINDS } from './kinds.ts';

const measure = z.object({
  id: z.custom<Measure['id']>(
    (id) => typeof id === 'string' && isMeasure(id),
    'the id of a measure is "measure." and lower-case words with "-" between them',
  ),
  title: z.string().min(1).max(100),
  formula: z.string().max(300),
  direction: z.enum(['higher', 'lower', 'none']),
  unit: z.enum(['share', 'nats', 'seconds', 'bytes', 'count', 'number']),
}) satisfies z.ZodType<Measure>;

/** What every method says of itself; a person's file is read against it too. */
export const methodHeader = z.object({
  id: z
    .string()
    .max(100)
    .regex(/^[a-z0-9][a-z0-9+._-]*$/, 'must be lower-case letters, digits, + . _ -'),
  version: z.int().min(1),
  driver: z.int().min(1),
  title: z.string().min(1).max(200),
  summary: z.string().max(2000),
  family: z.string().min(1).max(60),
  protocol: z.enum(PROTOCOL_KINDS, {
    error: 'say which kind of suite it is for: `protocol` is "rows", "stream", "experts" or "probe"',
  }),
  asks: z.array(
    z.enum(GRANTS, { error: `what a method may ask for is ${GRANTS.map((grant) => `'${grant}'`).join(', ')}` }),
  ),
  measures: z.array(measure).max(20).exactOptional(),
});

const shape = z.looseObject({
  ...methodHeader.shape,
  schema: z.instanceof(z.ZodObject),
});

/** The default export of a method's file as a method. Throws an Error that says what is missing or wrong. */
export function checkedMethod(module: unknown): Method {
  const value = module !== null && typeof module === 'object' && 'default' in module ? module.default : undefined;
  if (value === undefined)
    throw new Error(
      'it has no default export; write `export default defineMethod({ … })` with the helper of its family',
    );
  const parsed = shape.safeParse(value);
  if (!parsed.success)
    throw new Error(
      parsed.error.issues
        .map((issue) => `${issue.path.join('.') || 'the default export'}: ${issue.message}`)
        .join('; '),
    );
  if (value !== null && typeof value === 'object') refuseFormerNames(value);
  if (!isMethod(value)) throw new Error('its default export needs the functions `fits` and `run`');
  const defaults = value.schema.safeParse({});
  if (!defaults.success)
    throw new Error(
      `every hyper-parameter needs a default: ${defaults.error.issues.map((issue) => issue.path.join('.')).join(', ')}`,
    );
  return value;
}

function isMethod(value: unknown): value is Method {
  return (
    value !== null &&
    typeof value === 'object' &&
    'run' in value &&
    typeof value.run === 'function' &&
    'fits' in value &&
    typeof value.fits === 'function'
  );
}

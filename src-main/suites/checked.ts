import { z } from 'zod';
import { TARGETS } from '../methods/contract.ts';
import { GRANTS } from '../methods/grants.ts';
import { hyperParameters } from '../base/hyper-parameters.ts';
import { PROTOCOL_KINDS } from '../methods/kinds.ts';
import type { NetworkSpec } from '../engine/networks/specification.ts';
import type { ExpertsFacts } from '../methods/contract.ts';
import type { Suite, SuiteDescription, TrainingBudget } from './contract.ts';

/** A value that only the engine judges, when the suite is opened. */
const plain = <T>() => z.custom<T>((value) => value !== null && typeof value === 'object', 'must be an object');
/** The engine judges the layers; a network of older files, which had none, is told apart here. */
const network = z.custom<NetworkSpec>(
  (value) => value !== null && typeof value === 'object' && 'layers' in value && 'heads' in value,
  'a network is made of layers: write `mlp({ input, hidden, outputs, init })` or `cnn({ … })`, ' +
    'imported from "touchstone"',
);
const reference = z.string().min(1);

/** What every suite says of itself; a person's file is read against it too. */
export const suiteHeader = z.object({
  id: z
    .string()
    .max(100)
    .regex(/^[a-z0-9][a-z0-9+._/-]*$/, 'must be lower-case letters, digits, + . _ / -'),
  version: z.int().min(1),
  title: z.string().min(1).max(200),
  summary: z.string().max(2000),
  facts: z.object({
    id: z.string(),
    kind: z.enum(PROTOCOL_KINDS, {
      error: 'say what the suite hands out: `facts.kind` is "rows", "stream", "experts" or "probe"',
    }),
    family: z.string().min(1).max(60),
    scenario: z.string(),
    network,
    tasks: z.int().min(1),
    target: z.enum(TARGETS, { error: 'say what is asked of a row: `facts.target` is "classes" or "numbers"' }),
    classes: z.int().min(1),
    online: z.boolean(),
    table: z.boolean().optional(),
    experts: plain<ExpertsFacts>().optional(),
    folds: z.int({ error: 'say in `facts.folds` how many folds there are; 1 where there are none' }).min(1),
    start: z.object({ suite: reference, method: reference, hyperParameters, seed: z.int().min(0) }).optional(),
    grants: z.array(z.enum(GRANTS), {
      error:
        'say what the suite offers: `facts.grants` is a list with what applies of ' +
        GRANTS.map((grant) => `'${grant}'`).join(', '),
    }),
  }),
  quick: z.boolean(),
  quickOf: z.string().nullable(),
  datasets: z.array(z.string()).min(1),
  network,
  budget: plain<TrainingBudget>(),
  metrics: z.array(z.string()).min(1),
  publishedOnly: z.array(z.string()).optional(),
  references: z.object({ lower: reference, upper: reference }),
  protocol: z.json(),
}) satisfies z.ZodType<SuiteDescription>;

/**
 * The suites of a file. One without any is a helper of its family, and adds nothing. Throws an Error that says what of
 * a suite is missing or wrong.
 */
export function suitesOf(module: unknown): Suite[] {
  if (module === null || typeof module !== 'object') return [];
  const exported: unknown[] = [];
  for (const value of [
    'suites' in module ? module.suites : undefined,
    'default' in module ? module.default : undefined,
  ]) {
    if (Array.isArray(value)) exported.push(...value);
    else if (value !== undefined) exported.push(value);
  }
  return [...new Set(exported)].map(checkedSuite);
}

function checkedSuite(value: unknown): Suite {
  const parsed = suiteHeader.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`${issue?.path.join('.') || 'a suite'}: ${issue?.message ?? 'is wrong'}`);
  }
  if (parsed.data.facts.id !== parsed.data.id)
    throw new Error(`the facts of ${parsed.data.id} name another suite, ${parsed.data.facts.id}`);
  if (!isSuite(value)) throw new Error(`${parsed.data.id} needs the function \`open\``);
  return value;
}

function isSuite(value: unknown): value is Suite {
  return value !== null && typeof value === 'object' && 'open' in value && typeof value.open === 'function';
}

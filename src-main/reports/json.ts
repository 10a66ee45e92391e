import { joinedAtMost } from '../base/shortened.ts';
import { z } from 'zod';
import type { SampleProbabilities } from '../metrics/primitives.ts';
import type { ReportInput, ReportStudy, ReportSuite, ReportTrial } from './input.ts';

/**
 * The report as JSON: everything that is needed to have the study again on another machine, without loss. Arrays of probabilities are
 * little-endian Float32 (labels and tasks Int32) in base64; numbers JSON lacks are written as the strings NaN, Infinity and -Infinity.
 */

export const REPORT_FORMAT = 'touchstone-report';
export const REPORT_VERSION = 1;

const number = z.union([
  z.number(),
  z.literal('NaN').transform(() => Number.NaN),
  z.literal('Infinity').transform(() => Infinity),
  z.literal('-Infinity').transform(() => -Infinity),
]);
const scalar = z.union([z.number(), z.string(), z.boolean()]);

/** Base64 of a whole number of 4-byte words. */
const words = z.string().transform((text, context) => {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text || bytes.length % 4 !== 0) {
    context.addIssue({ code: 'custom', message: 'is no base64 of 4-byte values' });
    return z.NEVER;
  }
  return bytes;
});
const float32 = words.transform((bytes) =>
  Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i)),
);
const int32 = words.transform((bytes) =>
  Int32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readInt32LE(4 * i)),
);

const probabilities = z
  .strictObject({
    classes: z.number().int().min(1),
    values: float32,
    labels: int32,
    tasks: int32.optional(),
    classNames: z.array(z.string()).optional(),
  })
  .refine(
    ({ classes, values, labels, tasks }) =>
      values.length === labels.length * classes && (tasks === undefined || tasks.length === labels.length),
    'holds arrays whose lengths do not fit together',
  )
  .refine(({ classes, labels }) => labels.every((label) => label >= 0 && label < classes), 'holds labels out of range');

const primitives = z.strictObject({
  matrices: z.record(z.string(), z.array(z.array(number))),
  probabilities: z.record(z.string(), probabilities),
  curves: z.array(
    z.strictObject({
      name: z.string(),
      x: z.enum(['step', 'examples', 'task', 'lambda', 'members', 'epoch']),
      points: z.array(z.tuple([number, number])),
    }),
  ),
  scalars: z.record(z.string(), number),
});

const cost = z.strictObject({
  seconds: number,
  steps: number,
  flops: number,
  examples: number,
  forwardPasses: number,
  backwardPasses: number,
  bytesStored: number,
  parameters: number,
  peakMemoryBytes: number,
  workers: number,
});

const environment = z.strictObject({
  backend: z.string(),
  numerics: z.string(),
  versions: z.record(z.string(), z.string()),
  cpu: z.string(),
  gpu: z.string().nullable(),
  threads: z.number(),
  platform: z.string(),
});

const trial = z.strictObject({
  id: z.string().min(1),
  role: z.enum(['cell', 'artefact']),
  state: z.string(),
  rowKey: z.string(),
  label: z.string(),
  suite: z.string(),
  suiteVersion: z.number(),
  protocolHash: z.string(),
  dataHash: z.string(),
  method: z.string(),
  methodVersion: z.number(),
  hyperParameters: z.record(z.string(), scalar),
  seed: z.number().int().min(0),
  backend: z.string(),
  numerics: z.string(),
  createdAt: z.number(),
  startedAt: z.number().nullable(),
  finishedAt: z.number().nullable(),
  headline: number.nullable(),
  command: z.string(),
  metrics: z.record(z.string(), number),
  primitives: primitives.nullable(),
  cost: cost.nullable(),
  environment: environment.nullable(),
  notes: z.array(z.string()),
  failure: z.strictObject({ kind: z.string(), message: z.string() }).nullable(),
});

const suite = z.strictObject({
  id: z.string(),
  version: z.number(),
  title: z.string(),
  summary: z.string(),
  scenario: z.string(),
  protocol: z.json(),
  protocolHash: z.string(),
  datasets: z.array(
    z.strictObject({ id: z.string(), sha256: z.string().nullable(), licence: z.string(), source: z.string() }),
  ),
});

/** What an imported file must be. */
export const reportJson = z.strictObject({
  format: z.literal(REPORT_FORMAT),
  version: z.literal(REPORT_VERSION),
  title: z.string(),
  createdAt: z.number(),
  program: z.string(),
  study: z.strictObject({
    id: z.string(),
    name: z.string(),
    createdAt: z.number(),
    finishedAt: z.number().nullable(),
    backend: z.string(),
    seeds: z.array(z.number()),
    request: z.json(),
  }),
  suites: z.array(suite),
  trials: z.array(trial),
  commands: z.array(z.strictObject({ what: z.string(), command: z.string() })),
  /** As they were judged when the report was made; importing judges anew. */
  claims: z.array(z.looseObject({ suite: z.string(), method: z.string(), metric: z.string(), verdict: z.string() })),
});

export interface ImportedReport {
  readonly title: string;
  readonly createdAt: number;
  readonly program: string;
  readonly study: ReportStudy;
  readonly suites: readonly ReportSuite[];
  readonly trials: readonly ReportTrial[];
}

/** Writes the report as JSON text. */
export function jsonReport(input: ReportInput): string {
  return `${JSON.stringify(
    {
      format: REPORT_FORMAT,
      version: REPORT_VERSION,
      title: input.title,
      createdAt: input.createdAt,
      program: input.version,
      study: input.study,
      suites: input.suites,
      trials: input.trials.map((one) => ({
        ...one,
        primitives: one.primitives && {
          ...one.primitives,
          probabilities: Object.fromEntries(
            Object.entries(one.primitives.probabilities).map(([split, samples]) => [split, encodeSamples(samples)]),
          ),
        },
      })),
      commands: input.commands,
      claims: input.claims,
    },
    (_, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value),
  )}\n`;
}

function encodeSamples({ classes, values, labels, tasks, classNames }: SampleProbabilities): Record<string, unknown> {
  return {
    classes,
    values: base64(values),
    labels: base64(labels),
    ...(tasks === undefined ? {} : { tasks: base64(tasks) }),
    ...(classNames === undefined ? {} : { classNames }),
  };
}

function base64(array: Float32Array | Int32Array): string {
  const bytes = Buffer.alloc(array.length * 4);
  if (array instanceof Float32Array) array.forEach((value, i) => bytes.writeFloatLE(value, 4 * i));
  else array.forEach((value, i) => bytes.writeInt32LE(value, 4 * i));
  return bytes.toString('base64');
}

/** Reads a JSON report. Throws with what is wrong and where, and what to do: never half of a study. */
export function parseReportJson(text: string): ImportedReport {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error(
      'This file is not JSON. Choose the .json file of a Touchstone report; if it was copied, it may be cut off: copy it again.',
      { cause },
    );
  }
  const head = z.looseObject({ format: z.string(), version: z.number() }).safeParse(json);
  if (!head.success || head.data.format !== REPORT_FORMAT)
    throw new Error(
      'This JSON is no Touchstone report (it has no format "touchstone-report"). Choose the .json file that a report was saved as.',
    );
  if (head.data.version > REPORT_VERSION)
    throw new Error(
      `This report has format version ${head.data.version}; this program reads up to ${REPORT_VERSION}. Update Touchstone to import it.`,
    );
  const parsed = reportJson.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`);
    throw new Error(
      `This report is damaged and nothing was imported: ${joinedAtMost(problems, 3)}. Export it again where it was made.`,
    );
  }
  const { title, createdAt, program, study, suites, trials } = parsed.data;
  const ids = new Set(trials.map(({ id }) => id));
  if (ids.size !== trials.length)
    throw new Error(
      'This report is damaged and nothing was imported: it holds a trial twice. Export it again where it was made.',
    );
  return { title, createdAt, program, study, suites, trials: trials.map(withoutAbsent) };
}

/** zod answers absent optional fields as `undefined` in types only; this settles the type. */
function withoutAbsent(one: z.output<typeof trial>): ReportTrial {
  if (one.primitives === null) return { ...one, primitives: null };
  return {
    ...one,
    primitives: {
      ...one.primitives,
      probabilities: Object.fromEntries(
        Object.entries(one.primitives.probabilities).map(([split, { classes, values, labels, tasks, classNames }]) => [
          split,
          {
            classes,
            values,
            labels,
            ...(tasks === undefined ? {} : { tasks }),
            ...(classNames === undefined ? {} : { classNames }),
          },
        ]),
      ),
    },
  };
}

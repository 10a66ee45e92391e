import { joinedAtMost } from '../base/shortened.ts';
import { z } from 'zod';
import type { SampleNumbers, SampleProbabilities } from '../metrics/primitives.ts';
import { metricVersions } from '../metrics/registry.ts';
import { summarise } from '../metrics/sample-statistics.ts';
import type { ReportedTrial, ReportInput, ReportStudy, ReportSuite, ReportTrial } from './input.ts';
import { REPORT_FORMAT, REPORT_VERSION, reportJson } from './json-schema.ts';

/**
 * The report as JSON: everything that is needed to have the study again on another machine, without loss. Arrays of
 * probabilities are little-endian Float32 (labels and tasks Int32) in base64; numbers JSON lacks are written as the
 * strings NaN, Infinity and -Infinity.
 */

export interface ImportedReport {
  readonly title: string;
  readonly createdAt: number;
  readonly program: string;
  readonly study: ReportStudy;
  readonly suites: readonly ReportSuite[];
  readonly trials: readonly ReportedTrial[];
  /** Of the format. */
  readonly version: number;
  /** By which definition each metric was computed; null where the format did not say. */
  readonly definitions: Readonly<Record<string, number>> | null;
}

/**
 * How a report holds what trials answered: each answer, or their sufficient statistics, whose size does not depend on
 * how many there are.
 */
export type ReportedAnswers = 'each' | 'statistics';

/** Writes the report as JSON text, a trial a line. */
export const jsonReport = (input: ReportInput, answers: ReportedAnswers = 'each'): string =>
  textOf(input, input, answers);

/** A report of results that no study here made: nothing gives them again, and no claim is about them. */
export const outsideReportJson = (
  input: Pick<ReportInput, 'title' | 'createdAt' | 'version' | 'study' | 'suites' | 'trials'>,
): string => textOf(input, { commands: [], claims: [] }, 'each');

function textOf(
  input: Pick<ReportInput, 'title' | 'createdAt' | 'version' | 'study' | 'suites' | 'trials'>,
  { commands, claims }: Pick<ReportInput, 'commands' | 'claims'>,
  answers: ReportedAnswers,
): string {
  const { trials, ...head } = {
    format: REPORT_FORMAT,
    version: REPORT_VERSION,
    title: input.title,
    createdAt: input.createdAt,
    program: input.version,
    definitions: metricVersions(),
    study: input.study,
    suites: input.suites,
    commands,
    claims,
    trials: input.trials.map((one) => encoded({ ...one, primitives: one.primitives && reported(one, answers) })),
  };
  return `${encoded(head).slice(0, -1)},"trials":[\n${trials.join(',\n')}\n]}\n`;
}

/** JSON, with the numbers that it lacks as strings. */
function encoded(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'number' && !Number.isFinite(part) ? String(part) : part,
  );
}

function reported({ primitives }: ReportTrial, answers: ReportedAnswers): Record<string, unknown> | null {
  if (primitives === null) return null;
  const { statistics: _, numberStatistics: _of, probabilities, predictions, ...rest } = primitives;
  if (answers === 'statistics') {
    const { statistics, numbers } = summarise(primitives);
    const ofNumbers = Object.keys(numbers).length === 0 ? {} : { numberStatistics: numbers };
    return { ...rest, probabilities: {}, statistics, ...ofNumbers };
  }
  return {
    ...rest,
    probabilities: Object.fromEntries(
      Object.entries(probabilities).map(([split, samples]) => [split, encodeSamples(samples)]),
    ),
    ...(predictions === undefined ? {} : { predictions: mapped(predictions, encodeNumbers) }),
  };
}

function encodeNumbers({ width, targets, values, deviations, tasks, names }: SampleNumbers): Record<string, unknown> {
  return {
    width,
    targets: base64(targets),
    values: base64(values),
    ...(deviations === undefined ? {} : { deviations: base64(deviations) }),
    ...(tasks === undefined ? {} : { tasks: base64(tasks) }),
    ...(names === undefined ? {} : { names }),
  };
}

function encodeSamples(samples: SampleProbabilities): Record<string, unknown> {
  const { classes, values, scores, labels, tasks, classNames } = samples;
  return {
    classes,
    values: base64(values),
    ...(scores === undefined ? {} : { scores }),
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
    // Editors of Windows put a mark of byte order before the text.
    json = JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch (cause) {
    throw new Error(
      'This file is not JSON. Choose the .json file of a Touchstone report; if it was copied, it may be ' +
        'cut off: copy it again.',
      { cause },
    );
  }
  const head = z.looseObject({ format: z.string(), version: z.number() }).safeParse(json);
  if (!head.success || head.data.format !== REPORT_FORMAT)
    throw new Error(
      'This JSON is no Touchstone report (it has no format "touchstone-report"). Choose the .json file ' +
        'that a report was saved as.',
    );
  if (head.data.version > REPORT_VERSION)
    throw new Error(
      `This report has format version ${head.data.version}; this program reads up to ${REPORT_VERSION}. ` +
        'Update Touchstone to import it.',
    );
  const parsed = reportJson.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`);
    throw new Error(
      `This report is damaged and nothing was imported: ${joinedAtMost(problems, 3)}. Export it again ` +
        'where it was made.',
    );
  }
  const { title, createdAt, program, study, suites, version } = parsed.data;
  const trials = trialsOf(parsed.data);
  const ids = new Set(trials.map(({ id }) => id));
  if (ids.size !== trials.length)
    throw new Error(
      'This report is damaged and nothing was imported: it holds a trial twice. Export it again where it was made.',
    );
  const definitions = parsed.data.version === 1 ? null : parsed.data.definitions;
  return { title, createdAt, program, study, suites, trials, version, definitions };
}

type Parsed = z.output<typeof reportJson>;

/** What reports of earlier versions did not say. */
const UNSAID = { driver: 1, fold: null, artefacts: null };

function trialsOf(report: Parsed): ReportedTrial[] {
  switch (report.version) {
    case 1:
      return report.trials.map((one) => ({ ...one, ...UNSAID, dataHashes: null, sourceHash: null }));
    case 2:
      return report.trials.map((one) => ({ ...one, ...UNSAID }));
    case 3:
      return report.trials;
  }
}

function mapped<T, U>(dictionary: Readonly<Record<string, T>>, of: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(dictionary).map(([name, value]) => [name, of(value)]));
}

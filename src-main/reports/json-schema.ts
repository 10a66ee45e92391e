import { z } from 'zod';
import { measuredSchemas } from '../metrics/measured-schema.ts';
import { CALIBRATION_BINS } from '../metrics/predictions.ts';
import type { SampleStatistics } from '../metrics/primitives.ts';
import { TRIAL_STATES } from '../results/states.ts';
import { isPlain } from '../base/plain-text.ts';
import { BACKENDS, TRIAL_BACKENDS } from '../engine/types.ts';

/**
 * What a JSON report may hold. A report comes from anywhere: every value has its type and its bounds, and what a value
 * claims (a number of classes) never decides how much memory is taken for it.
 */

export const REPORT_FORMAT = 'touchstone-report';
/**
 * 2: the hashes of all datasets and of own files, and by which definitions its metrics were computed. 3: the whole
 * identity of trials; answers may be given by their sufficient statistics, and what is not known of an old result is
 * null.
 */
export const REPORT_VERSION = 3;

/** Classes that a network of today's suites may tell apart, with room; a confusion matrix is its square. */
const MOST_CLASSES = 1_000;
/** Milliseconds of the last second of the year 9999, the last that a date is written with four digits. */
const LATEST = 253_402_300_799_000;
/** How far a row of probabilities may be from a distribution: float32, summed. */
const ROUNDING = 1e-3;

const text = (most: number) => z.string().max(most);
/** A name that is shown in one line: nothing in it moves a terminal's cursor or hides. */
const name = (most: number) => text(most).refine(isPlain, 'holds control characters');
const list = <T extends z.ZodType>(element: T, most: number) => z.array(element).max(most);
/** A dictionary with names from outside; `__proto__` is no name. */
const dictionary = <T extends z.ZodType>(value: T, most: number) =>
  z.record(name(200), value).refine((entries) => Object.keys(entries).length <= most, `has more than ${most} entries`);

const measured = z.union([
  z.number(),
  z.literal('NaN').transform(() => Number.NaN),
  z.literal('Infinity').transform(() => Infinity),
  z.literal('-Infinity').transform(() => -Infinity),
]);
const amount = z.number().min(0);
const moment = z.number().min(0).max(LATEST);
const version = z.int().min(0).max(1_000_000);
const hash = z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256');
/** An artefact of another trial: its id, with `#` and the name where it is not the model. */
const reference = z
  .string()
  .max(500)
  .regex(/^[0-9a-f]{64}(#.+)?$/, 'names no trial');
const scalar = z.union([z.number(), text(1_000), z.boolean()]);

/** Base64 of a whole number of 4-byte words. */
const words = z.string().transform((encoded, context) => {
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded || bytes.length % 4 !== 0) {
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
    classes: z.int().min(1).max(MOST_CLASSES),
    values: float32,
    /** The values rank the classes and are no probabilities. */
    scores: z.literal(true).optional(),
    labels: int32,
    tasks: int32.optional(),
    classNames: list(name(500), MOST_CLASSES).optional(),
  })
  .refine(
    ({ classes, values, labels, tasks }) =>
      values.length === labels.length * classes && (tasks === undefined || tasks.length === labels.length),
    'holds arrays whose lengths do not fit together',
  )
  .refine(({ labels }) => labels.length > 0, 'holds no samples')
  .refine(({ classes, labels }) => labels.every((label) => label >= 0 && label < classes), 'holds labels out of range')
  .refine(
    ({ tasks }) => tasks === undefined || tasks.every((task) => task >= 0 && task < MOST_CLASSES),
    'holds tasks out of range',
  )
  .refine(
    ({ classes, classNames }) => classNames === undefined || classNames.length === classes,
    'names another number of classes than it has',
  )
  .refine((samples) => samples.scores === true || isDistribution(samples), 'holds rows that are no probabilities')
  .refine(({ values }) => values.every((value) => Number.isFinite(value)), 'holds values that are no numbers');

/** Whether each row lies between 0 and 1 and sums to 1. */
function isDistribution({ classes, values }: { readonly classes: number; readonly values: Float32Array }): boolean {
  for (let at = 0; at < values.length; at += classes) {
    let sum = 0;
    for (let c = 0; c < classes; c += 1) {
      const value = values[at + c] ?? Number.NaN;
      if (!(value >= -ROUNDING && value <= 1 + ROUNDING)) return false;
      sum += value;
    }
    if (Math.abs(sum - 1) > ROUNDING) return false;
  }
  return true;
}

const count = z.int().min(0);
/** Sums of one calibration bin: how many, of their probabilities, how many right. */
const binSums = z.tuple([count, amount, count]);
const statistics = z
  .strictObject({
    classes: z.int().min(1).max(MOST_CLASSES),
    samples: z.int().min(1),
    counts: list(list(count, MOST_CLASSES), MOST_CLASSES),
    tasks: list(count, MOST_CLASSES).optional(),
    /** Null, as the next two, where the answers were scores. */
    logLoss: amount.nullable(),
    brier: amount.nullable(),
    bins: z
      .strictObject({
        equalWidth: list(binSums, CALIBRATION_BINS).min(CALIBRATION_BINS),
        equalMass: list(binSums, CALIBRATION_BINS).min(CALIBRATION_BINS),
      })
      .nullable(),
    riskSum: amount.optional(),
    classNames: list(name(500), MOST_CLASSES).optional(),
  })
  .refine(isOneTally, 'holds counts that do not add up to its samples')
  .refine(
    ({ logLoss, brier, bins }) => (logLoss === null) === (brier === null) && (brier === null) === (bins === null),
    'holds a part of what probabilities come to',
  );

/** Whether every way of counting the samples comes to the same number. */
function isOneTally(given: SampleStatistics): boolean {
  const { classes, samples, counts, tasks, bins } = given;
  const total = (numbers: readonly number[]): number => numbers.reduce((sum, value) => sum + value, 0);
  const right = total(counts.map((row, label) => row[label] ?? 0));
  return (
    counts.length === classes &&
    counts.every((row) => row.length === classes) &&
    total(counts.map(total)) === samples &&
    (tasks === undefined || total(tasks) === samples) &&
    (bins === null ? [] : [bins.equalWidth, bins.equalMass]).every(
      (sums) => total(sums.map(([held]) => held)) === samples && total(sums.map(([, , hits]) => hits)) === right,
    )
  );
}

/** Predicted numbers; none of them is infinite, or the trial would have diverged. */
const MOST_NUMBERS = 1_000;
const numberNames = list(name(500), MOST_NUMBERS).optional();
const predictions = z
  .strictObject({
    width: z.int().min(1).max(MOST_NUMBERS),
    targets: float32,
    values: float32,
    deviations: float32.optional(),
    tasks: int32.optional(),
    names: numberNames,
  })
  .refine(({ targets }) => targets.length > 0, 'holds no samples')
  .refine(
    ({ width, targets, values, deviations, tasks }) =>
      targets.length % width === 0 &&
      values.length === targets.length &&
      (deviations === undefined || deviations.length === targets.length) &&
      (tasks === undefined || tasks.length === targets.length / width),
    'holds arrays whose lengths do not fit together',
  )
  .refine(
    ({ targets, values, deviations = [] }) =>
      [targets, values, deviations].every((numbers) => numbers.every((value: number) => Number.isFinite(value))),
    'holds values that are no numbers',
  )
  .refine(({ width, names }) => names === undefined || names.length === width, 'names another number of targets')
  .refine(
    ({ tasks }) => tasks === undefined || tasks.every((task) => task >= 0 && task < MOST_CLASSES),
    'holds tasks out of range',
  );
const sums = list(amount, MOST_NUMBERS).min(1);
const normal = z.strictObject({ logScore: list(measured, MOST_NUMBERS).min(1), rankedScore: sums, covered: sums });
const numberStatistics = z
  .strictObject({
    width: z.int().min(1).max(MOST_NUMBERS),
    samples: z.int().min(1),
    squaredError: sums,
    absoluteError: sums,
    spread: sums,
    normal: normal.optional(),
    tasks: list(count, MOST_CLASSES).optional(),
    names: numberNames,
  })
  .refine(
    ({ width, samples, squaredError, absoluteError, spread, normal, tasks, names }) =>
      [squaredError, absoluteError, spread, names ?? squaredError, ...Object.values(normal ?? {})].every(
        ({ length }) => length === width,
      ) &&
      (tasks === undefined || tasks.reduce((sum, held) => sum + held, 0) === samples),
    'holds sums that do not fit together',
  );

const { matrices, curves, scalars, cost, environment } = measuredSchemas({
  measured,
  amount,
  count,
  text: name,
  list,
  dictionary,
});
const primitives = z.strictObject({ matrices, probabilities: dictionary(probabilities, 20), curves, scalars });

/**
 * Of a program that was told them by methods, and did not count the FLOPs of an answer: none of the three was counted.
 */
const NEVER_COUNTED = { bytesStored: null, parameters: null, inferenceFlops: null } as const;
const anyCost = z.union([
  cost,
  cost.omit({ inferenceFlops: true }).transform((told) => ({ ...told, ...NEVER_COUNTED })),
]);

const trialFields = {
  id: name(200).min(1),
  role: z.enum(['cell', 'artefact']),
  state: z.enum(TRIAL_STATES),
  rowKey: name(500),
  label: name(500),
  suite: name(200).min(1),
  suiteVersion: version,
  protocolHash: name(200),
  dataHash: name(200),
  method: name(200).min(1),
  methodVersion: version,
  hyperParameters: dictionary(scalar, 200),
  seed: z.int().min(0),
  backend: z.enum(TRIAL_BACKENDS),
  numerics: name(200),
  createdAt: moment,
  startedAt: moment.nullable(),
  finishedAt: moment.nullable(),
  headline: measured.nullable(),
  command: text(20_000),
  metrics: dictionary(measured, 1_000),
  primitives: primitives.nullable(),
  cost: anyCost.nullable(),
  environment: environment.nullable(),
  notes: list(text(20_000), 1_000),
  failure: z.strictObject({ kind: name(200), message: text(20_000) }).nullable(),
};

const isMeasured = (trial: { state: string; primitives: unknown }): boolean =>
  trial.state !== 'done' || trial.primitives !== null;
const isWhole = (trial: { state: string; primitives: unknown; cost: unknown; environment: unknown }): boolean =>
  isMeasured(trial) && (trial.state !== 'done' || (trial.cost !== null && trial.environment !== null));
const HALF = 'is done, but what it measured is not there';

const provenance = {
  /** Of each of the suite's datasets; null where the machine that measured it had not kept the list. */
  dataHashes: list(hash, 100).min(1).nullable(),
  sourceHash: hash.nullable(),
};

const trial = {
  1: z.strictObject(trialFields).refine(isWhole, HALF),
  2: z.strictObject({ ...trialFields, ...provenance }).refine(isWhole, HALF),
  3: z
    .strictObject({
      ...trialFields,
      ...provenance,
      suiteVersion: version.nullable(),
      protocolHash: name(200).nullable(),
      dataHash: name(200).nullable(),
      methodVersion: version.nullable(),
      createdAt: moment.nullable(),
      primitives: primitives
        .extend({
          predictions: dictionary(predictions, 20).optional(),
          statistics: dictionary(statistics, 20).optional(),
          numberStatistics: dictionary(numberStatistics, 20).optional(),
        })
        .nullable(),
      driver: version,
      fold: z.int().min(0).max(1_000).nullable(),
      /** Null in what was imported from a report of an earlier version. */
      artefacts: dictionary(reference, 1_000).nullable(),
    })
    .refine(isMeasured, HALF),
};

const suite = z.strictObject({
  id: name(200),
  version,
  title: name(500),
  summary: text(20_000),
  scenario: name(200),
  protocol: z.json(),
  protocolHash: name(200),
  datasets: list(
    z.strictObject({ id: name(200), sha256: name(200).nullable(), licence: text(20_000), source: text(20_000) }),
    100,
  ),
});

const fields = {
  format: z.literal(REPORT_FORMAT),
  title: name(500),
  createdAt: moment,
  program: name(200),
  study: z.strictObject({
    id: name(200),
    name: name(500).min(1),
    createdAt: moment,
    finishedAt: moment.nullable(),
    backend: z.enum(BACKENDS),
    seeds: list(z.int().min(0), 10_000),
    /** Parsed by the contract's own schema when it is imported. */
    request: z.json(),
  }),
  suites: list(suite, 1_000),
  commands: list(z.strictObject({ what: text(1_000), command: text(100_000) }), 1_000),
  /** As they were judged when the report was made; importing judges anew. */
  claims: list(z.looseObject({ suite: text(200), method: text(500), metric: text(200), verdict: text(200) }), 100_000),
};

const MOST_TRIALS = 200_000;

/** What an imported file must be, by its version. */
export const reportJson = z.discriminatedUnion('version', [
  z.strictObject({ ...fields, version: z.literal(1), trials: list(trial[1], MOST_TRIALS) }),
  z.strictObject({
    ...fields,
    version: z.literal(2),
    /** The version of the definition of each metric, by its id. */
    definitions: dictionary(version, 1_000),
    trials: list(trial[2], MOST_TRIALS),
  }),
  z.strictObject({
    ...fields,
    version: z.literal(3),
    definitions: dictionary(version, 1_000),
    trials: list(trial[3], MOST_TRIALS),
  }),
]);

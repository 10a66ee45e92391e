import { z } from 'zod';
import { hyperParameters } from '../base/hyper-parameters.ts';
import { measuredSchemas, trusting } from '../metrics/measured-schema.ts';
import type { Artefact } from '../methods/contract.ts';
import { artefactFile, networkSpec } from '../results/artefact-files.ts';
import type { TrialIdentity } from '../results/identity.ts';
import { CURVE_AXES } from '../metrics/primitives.ts';

/**
 * What the Workbench and a trial worker say to each other over `fork`'s channel (serialization `advanced`: typed arrays
 * arrive as such).
 */

/** All that identifies a trial; its id is the hash of this. */
const trialIdentity = z.object({
  suite: z.string(),
  suiteVersion: z.number(),
  protocolHash: z.string(),
  data: z.array(z.string()).readonly(),
  method: z.string(),
  methodVersion: z.number(),
  sourceHash: z.string().nullable(),
  driver: z.number(),
  hyperParameters: hyperParameters.readonly(),
  seed: z.number(),
  fold: z.number().nullable(),
  backend: z.string(),
  numerics: z.string(),
  artefacts: z.record(z.string(), z.string()).readonly(),
}) satisfies z.ZodType<TrialIdentity>;

export const trialOrder = z.object({
  trial: z.string(),
  /** What it was asked as; a worker that would compute something else refuses. */
  identity: trialIdentity,
  /** False where nothing of it is kept (benchmark): then the identity is not looked at. */
  isKept: z.boolean(),
  /** File of the checkpoint; the one before it lies beside it. */
  checkpoint: z.string(),
  checkpointEvery: z.number(),
  /** By name: its file, which the worker reads from the data folder. */
  artefacts: z.record(z.string(), artefactFile),
  workers: z.number(),
  /** Files of the person's that hold the method and the suite; null where they come with the program. */
  own: z.object({ method: z.string().nullable(), suite: z.string().nullable() }),
});
export type TrialOrder = z.infer<typeof trialOrder>;

export const toWorker = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('run'), order: trialOrder }),
  z.object({ kind: z.literal('wish'), trial: z.string(), wish: z.enum(['pause', 'cancel']) }),
]);
export type ToWorker = z.infer<typeof toWorker>;

const float32 = z.custom<Float32Array>((value) => value instanceof Float32Array, 'must be a Float32Array');
const int32 = z.custom<Int32Array>((value) => value instanceof Int32Array, 'must be an Int32Array');
/** Numbers of any kind: measured values may be NaN or infinite, which z.number() refuses. */
const measured = z.custom<number>((value) => typeof value === 'number', 'must be a number');

const { matrices, curves, scalars, cost, environment } = measuredSchemas(trusting(measured));
const primitives = z.strictObject({
  matrices,
  probabilities: z.record(
    z.string(),
    z.object({
      classes: z.number(),
      values: float32,
      scores: z.literal(true).optional(),
      labels: int32,
      tasks: int32.optional(),
      classNames: z.array(z.string()).optional(),
    }),
  ),
  predictions: z
    .record(
      z.string(),
      z.object({
        width: z.number(),
        targets: float32,
        values: float32,
        deviations: float32.optional(),
        tasks: int32.optional(),
        names: z.array(z.string()).optional(),
      }),
    )
    .optional(),
  curves,
  scalars,
});

const answeredRows = z.object({
  kind: z.enum(['logits', 'log-probabilities', 'scores', 'numbers']),
  width: z.number(),
  values: float32,
  deviations: float32.optional(),
  rows: int32,
});
const arrays = z.record(z.string(), float32);
const note = z.string();
const artefact = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('model'), spec: networkSpec, arrays, note }),
  z.object({ kind: z.literal('arrays'), arrays, note }),
  z.object({ kind: z.literal('samples'), splits: z.record(z.string(), answeredRows), note }),
  z.object({
    kind: z.literal('bytes'),
    bytes: z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'must be a Uint8Array'),
    note,
  }),
]) satisfies z.ZodType<Artefact>;

export const trialResult = z.object({
  primitives,
  artefacts: z.record(z.string(), artefact),
  cost,
  environment,
  notes: z.array(z.string()),
  /**
   * Seconds of the cost that a next trial of the same kind is spared in this worker: data sets are open and graphs
   * optimised by then.
   */
  preparation: z.number(),
});

const divergence = z.object({ what: z.enum(['loss', 'parameters', 'answers']), message: z.string() });

export const fromWorker = z.discriminatedUnion('kind', [
  /** The backend is open. */
  z.object({
    kind: z.literal('ready'),
    backend: z.string(),
    numerics: z.string(),
    versions: z.record(z.string(), z.string()),
  }),
  /** The backend can't be opened here; the worker ends. */
  z.object({ kind: z.literal('unusable'), message: z.string(), details: z.string() }),
  z.object({
    kind: z.literal('progress'),
    trial: z.string(),
    done: z.number(),
    total: z.number(),
    rate: z.number().nullable(),
    eta: z.number().nullable(),
    metrics: z.record(z.string(), measured),
  }),
  z.object({
    kind: z.literal('curve-point'),
    trial: z.string(),
    name: z.string(),
    x: z.number(),
    y: measured,
    places: z.partialRecord(z.enum(CURVE_AXES), z.number()).optional(),
  }),
  z.object({ kind: z.literal('phase'), trial: z.string(), phase: z.string() }),
  z.object({ kind: z.literal('checkpoint'), trial: z.string(), elapsed: z.number() }),
  z.object({ kind: z.literal('log'), trial: z.string(), level: z.enum(['info', 'warning']), message: z.string() }),
  z.object({ kind: z.literal('done'), trial: z.string(), result: trialResult }),
  /** A loss, parameter or answer is not finite; the result is what had been measured until then. */
  z.object({
    kind: z.literal('diverged'),
    trial: z.string(),
    divergence,
    result: trialResult,
  }),
  z.object({ kind: z.literal('stopped'), trial: z.string(), state: z.enum(['paused', 'cancelled']) }),
  z.object({
    kind: z.literal('failed'),
    trial: z.string(),
    failure: z.object({ kind: z.string(), message: z.string(), details: z.string() }),
  }),
]);
export type FromWorker = z.infer<typeof fromWorker>;
export type ReceivedDivergence = z.infer<typeof divergence>;
export type ReceivedResult = z.infer<typeof trialResult>;

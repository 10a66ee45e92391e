import { z } from 'zod';
import { measuredSchemas, trusting } from '../../metrics/measured-schema.ts';
import { importedFrom, trialSummary } from './studies.ts';
import { curveAxes, json, look, measured } from './words.ts';

/** All that one trial measured, as shells see it. */

export const curve = z.object({
  name: z.string(),
  x: z.string(),
  points: z.array(z.tuple([z.number(), measured])),
  axes: curveAxes,
});

/**
 * Predicted classes whose probability lies in (from, to]: how many, their mean probability, the share that is right;
 * null where there are none.
 */
export const calibrationBin = z.object({
  from: z.number(),
  to: z.number(),
  count: z.number(),
  confidence: z.number().nullable(),
  accuracy: z.number().nullable(),
});
/**
 * Reliability diagram of the test samples of one task, or of all of them (`task` null). `error`: Σ n_b/n |accuracy_b −
 * confidence_b|, Guo et al. 2017.
 */
export const calibrationCurve = z.object({
  task: z.number().nullable(),
  samples: z.number(),
  error: z.number(),
  bins: z.array(calibrationBin),
});
/**
 * All test samples first, then each task where there are several; `curves` is null where nothing can be said, and `why`
 * says why.
 */
export const calibration = z.object({ curves: z.array(calibrationCurve).nullable(), why: z.string().nullable() });

export const trialDetail = trialSummary.extend({
  /** Null where it was computed here; `checked`: id and metrics followed from what the file holds. */
  imported: importedFrom.extend({ checked: z.boolean() }).nullable(),
  /** Of its configuration, where nothing stands beside it. */
  name: z.string(),
  look,
  protocolHash: z.string(),
  datasetHash: z.string(),
  /** Command line that reproduces this trial. */
  command: z.string(),
  metrics: z.array(z.object({ id: z.string(), value: z.number() })),
  matrices: z.record(z.string(), z.array(z.array(measured))),
  curves: z.array(curve),
  scalars: z.record(z.string(), measured),
  /** How many measured numbers are not finite and so left out, in a sentence; null where all are there. */
  gaps: z.string().nullable(),
  confusion: z.object({ classes: z.array(z.string()), counts: z.array(z.array(z.number())) }).nullable(),
  /** Predicted numbers against the true ones; null where classes were told, or the answers were not kept. */
  numbers: z
    .object({
      name: z.string(),
      samples: z.number(),
      /** Of more samples than are shown, every n-th. */
      points: z.array(z.tuple([z.number(), z.number()])),
    })
    .nullable(),
  /** 15 bins of equal width over the predicted class's probability, from the stored per-sample probabilities. */
  calibration,
  cost: measuredSchemas(trusting(z.number())).cost.nullable(),
  environment: json.nullable(),
  notes: z.array(z.string()),
  log: z.array(z.object({ at: z.number(), message: z.string() })),
});
/** Trials whose curves are asked for at once, at most. */
export const MOST_CURVES_ASKED = 30;
/** The curves of a trial without what else it measured: `stored` at its end, or as far as they have come. */
export const trialCurves = z.object({
  trial: z.string(),
  stored: z.boolean(),
  curves: z.array(curve),
});
export type TrialCurves = z.infer<typeof trialCurves>;
export type TrialDetail = z.infer<typeof trialDetail>;
export type Calibration = z.infer<typeof calibration>;
export type CalibrationCurve = z.infer<typeof calibrationCurve>;

export const trialExport = z.object({
  id: z.string(),
  /** The name under which the trial left the network. */
  artefact: z.string().default('model'),
  /** Kernels as this program has them, or as PyTorch's files. */
  layout: z.enum(['in-out', 'out-in']).default('in-out'),
});
/** A file as base64, with a name that says what it is. */
export const exportedNetwork = z.object({ name: z.string(), base64: z.string(), parameters: z.number() });

import { z } from 'zod';
import { mergeState } from './merges.ts';
import { studySummary, trialSummary } from './studies.ts';
import { curvePlaces } from './words.ts';

/** Pushed to every connected shell. Small and frequent: the renderer refetches what it shows. */
export const workbenchEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('trial'), trial: trialSummary, studies: z.array(z.string()) }),
  z.object({ kind: z.literal('study'), study: studySummary }),
  z.object({ kind: z.literal('study-deleted'), id: z.string() }),
  /** Trials that waited were planned anew: others stand in their place, in studies that are told of as usual. */
  z.object({ kind: z.literal('trials-gone'), ids: z.array(z.string()) }),
  /** How far a large study has been planned or stored; `total` is null while it is not known. */
  z.object({
    kind: z.literal('planning'),
    study: z.string(),
    name: z.string(),
    what: z.enum(['planned', 'stored']),
    trials: z.number(),
    total: z.number().nullable(),
  }),
  z.object({
    kind: z.literal('log'),
    trial: z.string().nullable(),
    /** What the trial is: suite, configuration and seed in words; empty where no trial speaks. */
    about: z.string(),
    /** The studies that it concerns; none where it concerns the whole data folder. */
    studies: z.array(z.string()),
    at: z.number(),
    level: z.enum(['info', 'warning', 'error']),
    message: z.string(),
  }),
  z.object({
    kind: z.literal('curve-point'),
    trial: z.string(),
    name: z.string(),
    x: z.number(),
    y: z.number(),
    /** The same point on other axes; empty where x is no step. */
    places: curvePlaces,
  }),
  z.object({
    kind: z.literal('data'),
    dataset: z.string(),
    state: z.enum(['downloading', 'done', 'failed']),
    done: z.number(),
    total: z.number().nullable(),
    rate: z.number().nullable(),
    message: z.string(),
  }),
  /** A merge of a person's own checkpoints, or a look at them. */
  z.object({ kind: z.literal('merge'), merge: mergeState }),
  /** Methods or suites can be chosen that could not before, or are no longer what they were. */
  z.object({ kind: z.literal('catalogue'), message: z.string() }),
  /** The Workbench behind this window: restarting after it died, or back. */
  z.object({ kind: z.literal('workbench'), state: z.enum(['up', 'down', 'restarting']), message: z.string() }),
]);
export type WorkbenchEvent = z.infer<typeof workbenchEvent>;

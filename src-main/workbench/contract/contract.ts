import { z } from 'zod';
import { tableOptions, tablePreview } from '../../datasets/tables/options.ts';
import { ensembleJob, ensembleResult } from '../../ensemble/messages.ts';
import { inspection, inspectRequest, mergeOutline } from '../../merge/messages.ts';
import { mergeRequest } from '../../merge/request.ts';
import { suiteForm } from '../../suites/made/form.ts';
import { boardView, compareQuery, comparison, leaderboard, leaderboardQuery } from './boards.ts';
import {
  listedClaim,
  methodInfo,
  metricInfo,
  ownFileInfo,
  publishedSystem,
  refusals,
  resultsHere,
  suiteInfo,
} from './catalogue.ts';
import { datasetInfo, datasetRemoved } from './data.ts';
import { ensembleMethod, outsideRequest } from './ensembles.ts';
import type { WorkbenchEvent } from './events.ts';
import { mergeState } from './merges.ts';
import { importedReport, LARGEST_PART, REPORT_FORMATS, reportFile } from './reports.ts';
import { studyDetail, studyExtension, studyPlan, studyRequest, studySummary, trialSummary } from './studies.ts';
import { doctorLine, systemInfo } from './system.ts';
import { exportedNetwork, MOST_CURVES_ASKED, trialCurves, trialDetail, trialExport } from './trials.ts';
import { id, name, nothing, op } from './words.ts';

export * from './boards.ts';
export * from './catalogue.ts';
export * from './data.ts';
export * from './ensembles.ts';
export * from './errors.ts';
export * from './events.ts';
export * from './merges.ts';
export * from './reports.ts';
export * from './studies.ts';
export * from './system.ts';
export * from './trials.ts';
export * from './wire.ts';
export { publishedId, variantOf } from '../../suites/variant-ids.ts';
export { hyperParameters, look, MOST_NAME, nameTrouble, scalar } from './words.ts';

/**
 * Everything a person can do with Touchstone, as data: each operation has an input and an output schema. Shells carry
 * it (IPC, HTTP + WebSocket, local socket, in process); the renderer and the command line know nothing else. Inputs are
 * parsed on arrival. The schemas lie beside this file by subject and can all be had from here.
 */
export const contract = {
  'system.info': op(nothing, systemInfo),
  /** Answered at once: tells a Workbench that is busy from one that is stopped. */
  'system.ping': op(nothing, nothing),
  'system.doctor': op(z.object({ speedTest: z.boolean().default(false) }), z.array(doctorLine)),
  'catalogue.suites': op(nothing, z.array(suiteInfo)),
  'catalogue.methods': op(nothing, z.array(methodInfo)),
  /** Asked where somebody looks: for the suites of a study, or for all of one method. Absent: all of them. */
  'catalogue.fits': op(
    z.object({ suites: z.array(z.string()).optional(), methods: z.array(z.string()).optional() }),
    refusals,
  ),
  /** What was measured here, in a few numbers a pair. */
  'catalogue.results': op(nothing, z.array(resultsHere)),
  /** The person's own files, those that cannot be used with the reason. */
  'catalogue.own': op(nothing, z.array(ownFileInfo)),
  'catalogue.metrics': op(nothing, z.array(metricInfo)),
  /** The published systems that the program is to hold, found by their papers' titles. */
  'catalogue.systems': op(nothing, z.array(publishedSystem)),
  /** A dialog of the system; only the desktop window has one. Null when the person chose nothing. */
  'window.choose': op(z.object({ what: z.enum(['file', 'folder']) }), z.object({ path: z.string().nullable() })),
  'data.list': op(nothing, z.array(datasetInfo)),
  'data.get': op(id, datasetInfo),
  /** How a table would be understood that is imported under this id; nothing is stored. */
  'data.preview': op(z.object({ id: z.string(), path: z.string(), options: tableOptions.prefault({}) }), tablePreview),
  /**
   * A published dataset from its files in a folder, or a table of the user's under a new id; then `preview` says how it
   * was understood.
   */
  'data.import': op(
    z.object({ id: z.string(), path: z.string(), options: tableOptions.prefault({}) }),
    z.object({ info: datasetInfo, preview: tablePreview.nullable() }),
  ),
  /** Results that were computed with it stay. */
  'data.remove': op(id, datasetRemoved),
  'data.verify': op(
    z.object({ id: z.string().optional() }),
    z.array(z.object({ id: z.string(), ok: z.boolean(), message: z.string() })),
  ),
  /** A suite of a data set by a form. It is frozen: its protocol never changes, another one is another suite. */
  'suite.make': op(suiteForm, suiteInfo),
  /** Forgets a suite that was made by a form; results that were measured on it stay. */
  'suite.remove': op(id, z.object({ id: z.string() })),
  'study.plan': op(studyRequest, studyPlan),
  'study.create': op(studyRequest, studySummary),
  /** The first-run study: six or more methods, three seeds, real digits, under a minute. */
  'study.quick': op(nothing, studySummary),
  'study.extend': op(studyExtension, studySummary),
  'study.list': op(nothing, z.array(studySummary)),
  'study.get': op(id, studyDetail),
  'study.pause': op(id, studySummary),
  'study.resume': op(id, studySummary),
  /** Takes up a study whose Touchstone has ended: what is queued runs, and nothing else changes. */
  'study.continue': op(id, studySummary),
  'study.cancel': op(id, studySummary),
  /**
   * Queues failed and cancelled trials again; with `diverged` those too, which come to the same end unless something
   * has changed.
   */
  'study.retry': op(z.object({ id: z.string(), diverged: z.boolean().default(false) }), studySummary),
  /** Forgets the study; results that no other study uses go with it when `results` is true. */
  'study.delete': op(
    z.object({ id: z.string(), results: z.boolean().default(false) }),
    z.object({ deletedTrials: z.number() }),
  ),
  /**
   * What `study.delete` would take with it: trials, how many of them are finished, and what their files take on the
   * disk.
   */
  'study.deletion': op(
    z.object({ id: z.string(), results: z.boolean().default(false) }),
    z.object({ id: z.string(), name: z.string(), trials: z.number(), finished: z.number(), bytes: z.number() }),
  ),
  'study.rename': op(z.object({ id: z.string(), name }), studySummary),
  'trial.get': op(id, trialDetail),
  /** For a picture of many trials, of those that run up to now. */
  'trial.curves': op(z.object({ trials: z.array(z.string()).max(MOST_CURVES_ASKED) }), z.array(trialCurves)),
  /** What a merge of a person's own checkpoints would read, write and need; refused where they do not fit. */
  'merge.outline': op(mergeRequest, mergeOutline),
  /** Norms, cosines and signs of what models changed, layer by layer; reads all of them, as event `merge` tells. */
  'merge.inspect': op(inspectRequest, inspection),
  /** Begins a merge; how far it is and how it ends is told by events. One at a time. */
  'merge.start': op(mergeRequest, mergeState),
  'merge.stop': op(nothing, mergeState),
  /** What is at work, or ended last. */
  'merge.state': op(nothing, mergeState),
  /** Ways to combine a person's own predictions. */
  'ensemble.methods': op(nothing, z.array(ensembleMethod)),
  /** Fits one of them to validation rows and applies it to test rows; one at a time. Refused by file and place. */
  'ensemble.run': op(ensembleJob, ensembleResult),
  'ensemble.stop': op(nothing, nothing),
  'trial.cancel': op(id, trialSummary),
  /** A network that a trial ended with, as a safetensors file. */
  'trial.export': op(trialExport, exportedNetwork),
  'leaderboard.get': op(leaderboardQuery, leaderboard),
  'compare.get': op(compareQuery, comparison),
  'claims.list': op(nothing, z.array(listedClaim)),
  /** The studies that would judge a claim on this machine: one for a claim's id, one a suite for a whole source's. */
  'claims.studies': op(id, z.object({ claims: z.array(z.string()), studies: z.array(studyRequest) })),
  'report.make': op(
    z.object({
      study: z.string(),
      formats: z.array(z.enum(REPORT_FORMATS)).min(1),
      /** Of the study's leaderboard; absent: all of it. The JSON report always holds the whole study. */
      view: boardView.optional(),
      /** What the JSON holds of the trials' answers: each of them, or their sufficient statistics. */
      answers: z.enum(['each', 'statistics']).default('each'),
      /** The HTML is for a printer. */
      paper: z.boolean().default(false),
    }),
    z.object({ files: z.array(reportFile) }),
  ),
  /** A part of a report that is too large for one message; `upload`: null for the first part, then what it answered. */
  'report.upload': op(
    z.object({ upload: z.string().nullable(), part: z.string().max(LARGEST_PART) }),
    z.object({ upload: z.string() }),
  ),
  /** A report by its text, by the parts that were uploaded, or as a file of this machine. */
  'report.import': op(
    z.union([
      z.strictObject({ text: z.string().max(LARGEST_PART) }),
      z.strictObject({ upload: z.string() }),
      z.strictObject({ path: z.string().min(1) }),
    ]),
    importedReport,
  ),
  /** Predictions of models that were trained elsewhere; refused by file and place, all or nothing. */
  'predictions.import': op(outsideRequest, importedReport),
} as const;

export type Contract = typeof contract;
export type Operation = keyof Contract;
/** What a caller passes (defaults may be left out) and what comes back. */
export type Input<K extends Operation> = z.input<Contract[K]['input']>;
export type ParsedInput<K extends Operation> = z.output<Contract[K]['input']>;
export type Output<K extends Operation> = z.output<Contract[K]['output']>;

/** What a shell talks to. Implemented by the Workbench itself and by every transport's client. */
export interface WorkbenchClient {
  call<K extends Operation>(operation: K, input: Input<K>): Promise<Output<K>>;
  subscribe(listener: (event: WorkbenchEvent) => void): () => void;
}

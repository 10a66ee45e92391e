import { z } from 'zod';
import { TRIAL_STATES } from '../../results/states.ts';
import { LARGEST_SEED, MOST_SEEDS } from '../seeds.ts';
import { hyperParameters, look, name, plain } from './words.ts';

/** Studies and their trials in short, as shells see them. */

export const trialState = z.enum(TRIAL_STATES);

export const trialSpec = z.object({
  suite: z.string(),
  method: z.string(),
  hyperParameters,
  seed: z.number().int().min(0),
  /** Null where the suite has no folds. */
  fold: z.number().int().min(0).nullable(),
  backend: z.string(),
});

export const progress = z.object({
  done: z.number(),
  total: z.number(),
  /** Steps per second and seconds left; null while unknown. */
  rate: z.number().nullable(),
  eta: z.number().nullable(),
  metrics: z.record(z.string(), z.number()),
});

export const failure = z.object({ kind: z.string(), message: z.string(), details: z.string(), attempts: z.number() });

export const trialSummary = z.object({
  id: z.string(),
  spec: trialSpec,
  /** Key of its configuration, as on leaderboards and among a study's `configurations`. */
  row: z.string(),
  state: trialState,
  /** What a running trial does before its first step; null when there is nothing to say. */
  phase: z.string().nullable(),
  progress: progress.nullable(),
  failure: failure.nullable(),
  /** What the trial was made for: part of a study's grid, or an artefact that others need. */
  role: z.enum(['cell', 'artefact']),
  createdAt: z.number(),
  startedAt: z.number().nullable(),
  finishedAt: z.number().nullable(),
  headline: z.number().nullable(),
  seconds: z.number().nullable(),
});

/**
 * `planning`: it is being made, and nothing of it runs yet. `interrupted`: what ran it has ended; resuming goes on.
 * `unreadable`: what was asked for cannot be read; `trouble` says what can be done.
 */
export const STUDY_STATES = [
  'planning',
  'running',
  'interrupted',
  'paused',
  'done',
  'failed',
  'cancelled',
  'unreadable',
] as const;

/** Where results come from that were not computed here. */
export const importedFrom = z.object({
  /** Of the study. */
  name: z.string(),
  /** The version of the program that wrote the report. */
  program: z.string(),
  exportedAt: z.number(),
  importedAt: z.number(),
});

export const studySummary = z.object({
  id: z.string(),
  name: z.string(),
  state: z.enum(STUDY_STATES),
  createdAt: z.number(),
  finishedAt: z.number().nullable(),
  suites: z.array(z.string()),
  methods: z.array(z.string()),
  seeds: z.array(z.number()),
  backend: z.string(),
  /** Null where it was asked for here. */
  imported: importedFrom.nullable(),
  counts: z.record(trialState, z.number()),
  /** Seconds left by learned estimates; null while unknown. */
  eta: z.number().nullable(),
  /** What is wrong with the study itself and what can be done, or null. */
  trouble: z.string().nullable(),
});

/**
 * What a person asks for. A method appears once per configuration; `label` tells configurations of one method apart.
 */
export const studyRequest = z.object({
  name,
  suites: z.array(plain).min(1),
  methods: z
    .array(z.object({ method: plain, label: plain.optional(), hyperParameters: hyperParameters.default({}) }))
    .min(1),
  seeds: z.array(z.number().int().min(0).max(LARGEST_SEED)).min(1).max(MOST_SEEDS),
  backend: z.enum(['auto', 'tensorflow-gpu', 'tensorflow-cpu', 'webgpu', 'wasm']).default('auto'),
  /** References (naive, joint, …) are added unless this is false. */
  references: z.boolean().default(true),
  /**
   * Settings of every method run on the suites' development variants first; the best one of each then runs as asked
   * for. `random`: so many, drawn. `grid`: those that `methods` names, of which those compete that differ in these
   * fields alone, or in any where none is named. `isDone`: it has been chosen.
   */
  tuning: z
    .discriminatedUnion('kind', [
      z.object({
        kind: z.literal('random'),
        candidates: z.number().int().min(2).max(1000),
        isDone: z.boolean().default(false),
      }),
      z.object({
        kind: z.literal('grid'),
        fields: z.array(plain).default([]),
        isDone: z.boolean().default(false),
      }),
    ])
    .optional(),
});

/** What a study gets beside what it has: every suite with every method and seed, old and new. */
export const studyExtension = z.object({
  id: z.string(),
  suites: z.array(z.string()).default([]),
  methods: z.array(studyRequest.shape.methods.element).default([]),
  seeds: z.array(studyRequest.shape.seeds.element).default([]),
});

export const studyPlan = z.object({
  trials: z.number(),
  alreadyDone: z.number(),
  artefacts: z.number(),
  /** Null while nothing is known of some of its trials. */
  seconds: z.number().nullable(),
  /** Whether some of `seconds` is what other methods took, or suites of the same data and budget. */
  fromOthers: z.boolean(),
  /** What takes longest of it, by what is known: all trials of a method on a suite together. */
  slowest: z.array(z.object({ suite: z.string(), method: z.string(), seconds: z.number() })),
  bytes: z.number(),
  refused: z.array(z.object({ suite: z.string(), method: z.string(), reason: z.string() })),
  warnings: z.array(z.string()),
});

/**
 * What `eta` was when the study began (or as soon as it could be said) and when half of it was done, beside the seconds
 * that it then took.
 */
export const forecast = z.object({
  mark: z.enum(['start', 'half']),
  madeAt: z.number(),
  /** Trials that were open then. */
  open: z.number(),
  /** Seconds; `actual` is null until the study has ended. */
  predicted: z.number(),
  actual: z.number().nullable(),
  /** predicted / actual − 1: 0.1 means said to take a tenth longer than it did. */
  error: z.number().nullable(),
});

/** A configuration of a study, with the name that tells it from the study's others. */
export const studyConfiguration = z.object({
  key: z.string(),
  method: z.string(),
  /** Of the method; the name begins with it. */
  title: z.string(),
  name: z.string(),
  look,
  reference: z.enum(['lower', 'upper']).nullable(),
});

export const studyDetail = studySummary.extend({
  request: studyRequest,
  /** Those of its grid first, in its order. */
  configurations: z.array(studyConfiguration),
  /** What was asked for and has no trials, and why. */
  leftOut: z.array(z.object({ suite: z.string(), method: z.string(), reason: z.string() })),
  trials: z.array(trialSummary),
  examplesPerSecond: z.number().nullable(),
  /** Empty where nothing could be said, or a pause made it void. */
  forecasts: z.array(forecast),
});
export type TrialSpec = z.infer<typeof trialSpec>;
export type TrialState = z.infer<typeof trialState>;
export type TrialSummary = z.infer<typeof trialSummary>;
export type StudyRequest = z.infer<typeof studyRequest>;
export type StudyExtension = z.infer<typeof studyExtension>;
export type StudyPlan = z.infer<typeof studyPlan>;
export type StudySummary = z.infer<typeof studySummary>;
export type StudyConfiguration = z.infer<typeof studyConfiguration>;
export type StudyDetail = z.infer<typeof studyDetail>;

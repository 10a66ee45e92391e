import { z } from 'zod';
import { isPlain } from '../base/plain-text.ts';
import { tableOptions, tablePreview } from '../datasets/tables/options.ts';
import { COLOURS, DASHES, MARKERS } from '../metrics/looks.ts';
import { LARGEST_SEED, MOST_SEEDS } from './seeds.ts';
import { VERDICTS } from '../metrics/claims/verdicts.ts';
import { CURVE_AXES } from '../metrics/primitives.ts';
import { CELL_STATES } from '../metrics/records.ts';
import { TRIAL_STATES } from '../results/states.ts';

/**
 * Everything a person can do with Touchstone, as data: each operation has an input and an output schema. Shells carry it (IPC, HTTP +
 * WebSocket, local socket, in process); the renderer and the command line know nothing else. Inputs are parsed on arrival.
 */

export const scalar = z.union([z.number(), z.string(), z.boolean()]);
export const hyperParameters = z.record(z.string(), scalar);
const json = z.json();
/** A name that a person gives and every screen and terminal shows. */
const plain = z.string().refine(isPlain, 'It holds control characters, which a terminal would obey.');
const name = plain
  .min(1)
  .max(120)
  .refine((text) => text.trim() !== '', 'It is blank.');

/** How a method or configuration looks everywhere: a colour of the palette, a marker, a dash. */
export const look = z.object({ colour: z.enum(COLOURS), marker: z.enum(MARKERS), dash: z.enum(DASHES) });

// ---------------------------------------------------------------- catalogue

/** One field of a method's form, derived from its zod schema. */
export const formField = z.object({
  name: z.string(),
  kind: z.enum(['number', 'integer', 'boolean', 'choice', 'text']),
  description: z.string(),
  default: scalar,
  /** Words for a default that stands for something else ("the suite's own"), or null. */
  defaultMeans: z.string().nullable(),
  minimum: z.number().nullable(),
  maximum: z.number().nullable(),
  choices: z.array(z.string()).nullable(),
});

export const paper = z.object({
  title: z.string(),
  authors: z.string(),
  year: z.number(),
  reference: z.string(),
  equations: z.string().optional(),
  deviations: z.string().optional(),
});

export const methodInfo = z.object({
  id: z.string(),
  version: z.number(),
  title: z.string(),
  summary: z.string(),
  family: z.string(),
  paper: paper.nullable(),
  fields: z.array(formField),
  needs: z.record(z.string(), z.boolean()),
  reference: z.enum(['lower', 'upper']).nullable(),
  look,
  origin: z.enum(['built-in', 'user']),
  /** By suite id: true, or the sentence that says why not. */
  fits: z.record(z.string(), z.union([z.literal(true), z.string()])),
  /** By suite id: the published hyper-parameters that differ from the defaults, and their source. */
  settings: z.record(z.string(), z.object({ values: hyperParameters, source: z.string() })),
});

/** A file of the person's own as the program has read it. */
export const ownFileInfo = z.object({
  kind: z.enum(['method', 'suite']),
  file: z.string(),
  /** Of the method or the suites in it. */
  ids: z.array(z.string()),
  /** SHA-256 of the file and what it imports, part of what results are filed under; null where it cannot be used. */
  hash: z.string().nullable(),
  /** Why it cannot be used. */
  trouble: z.string().nullable(),
  /** When this content was read. */
  seenAt: z.number(),
});

export const metricInfo = z.object({
  id: z.string(),
  title: z.string(),
  formula: z.string(),
  source: z.string(),
  direction: z.enum(['higher', 'lower', 'none']),
  /** Shares are shown as per cent. */
  unit: z.enum(['share', 'nats', 'seconds', 'bytes', 'count', 'flop', 'number']),
});

export const suiteInfo = z.object({
  id: z.string(),
  version: z.number(),
  title: z.string(),
  summary: z.string(),
  family: z.string(),
  scenario: z.string(),
  quick: z.boolean(),
  quickOf: z.string().nullable(),
  datasets: z.array(z.string()),
  /** False when a dataset is absent: then `missing` names it. */
  ready: z.boolean(),
  missing: z.array(z.string()),
  metrics: z.array(z.string()),
  references: z.object({ lower: z.string(), upper: z.string() }),
  protocol: json,
  protocolHash: z.string(),
  tasks: z.number(),
  classes: z.number(),
});

export const datasetInfo = z.object({
  id: z.string(),
  title: z.string(),
  kind: z.enum(['image', 'table']),
  state: z.enum(['shipped', 'installed', 'generated', 'absent']),
  rows: z.object({ train: z.number(), test: z.number() }),
  shape: z.array(z.number()),
  classes: z.array(z.string()),
  licence: z.string(),
  source: z.string(),
  citation: z.string(),
  bytes: z.number(),
  sha256: z.string().nullable(),
});

const datasetRemoved = z.object({ id: z.string(), bytes: z.number() });

// ---------------------------------------------------------------- studies and trials

export const trialState = z.enum(TRIAL_STATES);

export const trialSpec = z.object({
  suite: z.string(),
  method: z.string(),
  hyperParameters,
  seed: z.number().int().min(0),
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
 * `planning`: it is being made, and nothing of it runs yet. `interrupted`: what ran it has ended; resuming goes on. `unreadable`: what was
 * asked for cannot be read; `trouble` says what can be done.
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

/** What a person asks for. A method appears once per configuration; `label` tells configurations of one method apart. */
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
  seconds: z.number().nullable(),
  bytes: z.number(),
  refused: z.array(z.object({ suite: z.string(), method: z.string(), reason: z.string() })),
  warnings: z.array(z.string()),
});

/** What `eta` was when the study began (or as soon as it could be said) and when half of it was done, beside the seconds that it then took. */
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
  workers: z.number(),
  examplesPerSecond: z.number().nullable(),
  /** Empty where nothing could be said, or a pause made it void. */
  forecasts: z.array(forecast),
});

/** A measured number; null where it is not finite, which JSON cannot carry. */
const measured = z.number().nullable();

export const curve = z.object({
  name: z.string(),
  x: z.string(),
  points: z.array(z.tuple([z.number(), measured])),
  /** The same points on other axes, one value a point. */
  axes: z.partialRecord(z.enum(CURVE_AXES), z.array(z.number())),
});

/** What was measured for a claim, and the verdict with what explains it. */
export const claimStanding = z.object({
  measured: z.object({ mean: z.number(), low: z.number(), high: z.number(), n: z.number() }).nullable(),
  verdict: z.enum(VERDICTS),
  note: z.string(),
});

export const claimRecord = claimStanding.extend({
  /** The source's file and the claim's own id: `split-mnist-hsu/adam.task-il`. */
  id: z.string(),
  kind: z.enum(['value', 'ordering']),
  /** `ours`: the source states it on another protocol. */
  protocol: z.enum(['published', 'ours']),
  suite: z.string(),
  scenario: z.string(),
  method: z.string(),
  /** Their ids; of an ordering the better one first. */
  methods: z.array(z.string()),
  metric: z.string(),
  published: z.object({
    value: z.number(),
    spread: z.number().nullable(),
    n: z.number().nullable(),
    source: z.string(),
  }),
});

/** A claim with both its verdicts; its own is the one that says more, this machine's where both do. */
export const listedClaim = claimRecord.extend({
  /** By what was measured on this machine. */
  here: claimStanding,
  /** By the reference runs that come with the program. */
  shipped: claimStanding,
});

/** Predicted classes whose probability lies in (from, to]: how many, their mean probability, the share that is right; null where there are none. */
export const calibrationBin = z.object({
  from: z.number(),
  to: z.number(),
  count: z.number(),
  confidence: z.number().nullable(),
  accuracy: z.number().nullable(),
});
/** Reliability diagram of the test samples of one task, or of all of them (`task` null). `error`: Σ n_b/n |accuracy_b − confidence_b|, Guo et al. 2017. */
export const calibrationCurve = z.object({
  task: z.number().nullable(),
  samples: z.number(),
  error: z.number(),
  bins: z.array(calibrationBin),
});
/** All test samples first, then each task where there are several; `curves` is null where nothing can be said, and `why` says why. */
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
  /** 15 bins of equal width over the predicted class's probability, from the stored per-sample probabilities. */
  calibration,
  cost: z.record(z.string(), z.number()).nullable(),
  environment: json.nullable(),
  notes: z.array(z.string()),
  log: z.array(z.object({ at: z.number(), message: z.string() })),
});

// ---------------------------------------------------------------- leaderboard, compare, report

/** Mean over seeds with a 95 % t-interval; null interval below two seeds. */
export const estimate = z.object({
  mean: z.number(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  deviation: z.number().nullable(),
  n: z.number(),
  values: z.array(z.object({ seed: z.number(), value: z.number(), trial: z.string() })),
});

/** What a difference says by its adjusted p: `unknown` below five shared seeds, `open` where it can be chance, or which way. */
export const judgement = z.enum(['better', 'worse', 'open', 'unknown']);

/** The median of a configuration's trials, and the least and the most that one of them took. */
const costEstimate = z.object({ middle: z.number(), low: z.number(), high: z.number() }).nullable();
const suiteCost = z.object({
  seconds: costEstimate,
  flops: costEstimate,
  examples: costEstimate,
  bytesStored: costEstimate,
  peakMemoryBytes: costEstimate,
  parameters: costEstimate,
});

export const leaderboardCell = z.object({
  suite: z.string(),
  metric: z.string(),
  state: z.enum(CELL_STATES),
  estimate: estimate.nullable(),
  rank: z.number().nullable(),
  /** The best mean of those that have five seeds; of all where none has. */
  best: z.boolean(),
  /** Not significantly worse than the best (paired t-test, Holm); null when there are too few seeds to say, and `why` says so. */
  tiedWithBest: z.boolean().nullable(),
  /** Of the paired t-test against the best, adjusted (Holm) over all ranked configurations of the column; null below five shared seeds. */
  p: z.number().nullable(),
  why: z.string().nullable(),
  /** Paired difference to the baseline row, when one is chosen. */
  delta: z
    .object({
      mean: z.number(),
      low: z.number().nullable(),
      high: z.number().nullable(),
      /** Adjusted (Holm) over all ranked configurations of the column against the baseline; null below five shared seeds. */
      p: z.number().nullable(),
      n: z.number(),
      judgement,
    })
    .nullable(),
  claim: claimRecord.nullable(),
  expected: z.number(),
  finished: z.number(),
  failed: z.number(),
  /** Trials whose loss, parameters or answers are not finite, and those that needed what such a one was to make. */
  diverged: z.number(),
  notPossible: z.number(),
});

export const leaderboardRow = z.object({
  /** Identity of a configuration: method id plus the hash of its hyper-parameters. */
  key: z.string(),
  method: z.string(),
  /** Of the method. */
  title: z.string(),
  /** Of the configuration: the method first, then what tells it from the other rows. */
  name: z.string(),
  look,
  reference: z.enum(['lower', 'upper']).nullable(),
  hyperParameters,
  family: z.string(),
  needs: z.record(z.string(), z.boolean()),
  /** Where it was not computed here; a row that is not `checked` is shown, never ranked. */
  imported: z.object({ name: z.string(), checked: z.boolean() }).nullable(),
  cells: z.array(leaderboardCell),
  /** Medians over trials; over several suites their mean, and the largest of sizes. */
  cost: z.object({
    seconds: z.number().nullable(),
    flops: z.number().nullable(),
    examples: z.number().nullable(),
    bytesStored: z.number().nullable(),
    peakMemoryBytes: z.number().nullable(),
    parameters: z.number().nullable(),
  }),
  /** The least and the most time that a trial took. */
  timeSpread: z.object({ low: z.number(), high: z.number() }).nullable(),
  /** On each suite with finished trials; empty unless the query asks for it. */
  costs: z.array(z.object({ suite: z.string(), cost: suiteCost })),
  meanRank: z.number().nullable(),
});

const leaderboardColumn = z.object({ suite: z.string(), metric: z.string() });
export const leaderboardQuery = z.object({
  study: z.string().optional(),
  suites: z.array(z.string()).optional(),
  metrics: z.array(z.string()).optional(),
  baseline: z.string().optional(),
  backend: z.string().optional(),
  /**
   * Needs that methods must not have: rows with one of them have no rank, and ranks, marks and p are those of the others. Everything else
   * that narrows a view (hidden rows, columns) changes none of them.
   */
  without: z.array(z.string()).optional(),
  /** Only these columns, and of each suite its headline, over which ranks are taken; absent = all. */
  columns: z.array(leaderboardColumn).optional(),
  /** In place of `columns`: about so many, shared evenly among the suites, headlines first. */
  room: z.number().int().min(1).optional(),
  /** Rows have their costs on each suite, with the least and the most. */
  costsBySuite: z.boolean().optional(),
  /** The rows, by key, whose estimates have their single seeds; absent = all. A thousand rows of ten seeds are most of what is sent. */
  seedsOf: z.array(z.string()).optional(),
});
export const leaderboard = z.object({
  query: leaderboardQuery,
  columns: z.array(leaderboardColumn),
  /** Every column that could be asked for. */
  available: z.array(leaderboardColumn),
  rows: z.array(leaderboardRow),
  warnings: z.array(z.string()),
});

/** Rows that are compared at once, at most: more are no picture. */
export const MOST_COMPARED = 6;
export const compareQuery = z.object({
  study: z.string().optional(),
  suite: z.string(),
  metric: z.string(),
  rows: z.array(z.string()).min(2).max(MOST_COMPARED),
  backend: z.string().optional(),
  /** As of the leaderboard that the rows were chosen on. */
  without: z.array(z.string()).optional(),
});
export const comparison = z.object({
  suite: z.string(),
  metric: z.string(),
  methods: z.array(
    z.object({
      key: z.string(),
      title: z.string(),
      /** As on the board that it is taken from. */
      name: z.string(),
      look,
      estimate: estimate.nullable(),
      hyperParameters,
      /** The leaderboard's, as the next three. */
      rank: z.number().nullable(),
      best: z.boolean(),
      tiedWithBest: z.boolean().nullable(),
      /** Against the best, adjusted (Holm) over all configurations that were run. */
      p: z.number().nullable(),
    }),
  ),
  /** What was run: ranked configurations, how many were tested against the best, and which that is. */
  family: z.object({
    configurations: z.number(),
    tested: z.number(),
    best: z.object({ key: z.string(), name: z.string() }).nullable(),
  }),
  pairs: z.array(
    z.object({
      a: z.string(),
      b: z.string(),
      n: z.number(),
      mean: z.number(),
      low: z.number().nullable(),
      high: z.number().nullable(),
      /** Not adjusted. */
      p: z.number().nullable(),
      /** Adjusted (Holm) over the pairs compared. */
      pairwiseP: z.number().nullable(),
      /** The leaderboard's, where one of the two is the best; then it decides. */
      familyP: z.number().nullable(),
      judgement,
      effectSize: z.number().nullable(),
      sentence: z.string(),
    }),
  ),
  /** Pairs that `pairwiseP` is adjusted over, and pairs that are not among `pairs`. */
  pairwise: z.object({ tested: z.number(), leftOut: z.number() }),
  /** Only the settings that differ. */
  differences: z.array(z.object({ name: z.string(), values: z.record(z.string(), scalar.nullable()) })),
  /** Mean curve with a band over seeds. */
  curves: z.array(
    z.object({
      key: z.string(),
      name: z.string(),
      x: z.string(),
      points: z.array(z.object({ x: z.number(), mean: z.number(), low: z.number(), high: z.number() })),
    }),
  ),
  perTask: z.array(z.object({ key: z.string(), values: z.array(z.number()) })),
  perClass: z.array(z.object({ key: z.string(), values: z.array(z.number()) })),
  classNames: z.array(z.string()),
  warnings: z.array(z.string()),
});

/** What a person chose to see of a leaderboard; rows by key, columns by id (`suite~metric`, `cost.seconds`; null: all). */
export const boardView = z.object({
  columns: z.array(z.string()).readonly().nullable(),
  sort: z.object({ column: z.string(), descending: z.boolean() }).nullable(),
  baseline: z.string().nullable(),
  pinned: z.array(z.string()).readonly(),
  hidden: z.array(z.string()).readonly(),
  families: z.array(z.string()).readonly(),
  without: z.array(z.string()).readonly(),
  /** Words and settings that rows must have: `ewc lambda>100`. */
  filter: z.string().default(''),
  /** The best configuration of each method only; null: where there are many. */
  perMethod: z.boolean().nullable().default(false),
  /** Methods of which all configurations are shown all the same. */
  unfolded: z.array(z.string()).readonly().default([]),
});

export const REPORT_FORMATS = ['html', 'pdf', 'markdown', 'latex', 'csv', 'json'] as const;
/** `base64`: bytes. */
export const reportFile = z.object({
  name: z.string(),
  mime: z.string(),
  text: z.string(),
  encoding: z.enum(['utf8', 'base64']),
});

// ---------------------------------------------------------------- system

export const doctorLine = z.object({
  topic: z.string(),
  level: z.enum(['ok', 'note', 'warning', 'error']),
  message: z.string(),
  remedy: z.string().nullable(),
});
export const systemInfo = z.object({
  version: z.string(),
  dataFolder: z.string(),
  node: z.string(),
  platform: z.string(),
  cpu: z.string(),
  cores: z.number(),
  memoryBytes: z.number(),
  backend: z.string(),
  backends: z.array(z.object({ name: z.string(), available: z.boolean(), reason: z.string() })),
  workers: z.number(),
  readOnly: z.string().nullable(),
});

const id = z.object({ id: z.string() });
const nothing = z.object({});
const op = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O) => ({ input, output });

export const contract = {
  'system.info': op(nothing, systemInfo),
  /** Answered at once: tells a Workbench that is busy from one that is stopped. */
  'system.ping': op(nothing, nothing),
  'system.doctor': op(z.object({ speedTest: z.boolean().default(false) }), z.array(doctorLine)),
  'catalogue.suites': op(nothing, z.array(suiteInfo)),
  'catalogue.methods': op(nothing, z.array(methodInfo)),
  /** The person's own files, those that cannot be used with the reason. */
  'catalogue.own': op(nothing, z.array(ownFileInfo)),
  'catalogue.metrics': op(nothing, z.array(metricInfo)),
  /** A dialog of the system; only the desktop window has one. Null when the person chose nothing. */
  'window.choose': op(z.object({ what: z.enum(['file', 'folder']) }), z.object({ path: z.string().nullable() })),
  'data.list': op(nothing, z.array(datasetInfo)),
  'data.get': op(id, datasetInfo),
  /** How a table would be understood that is imported under this id; nothing is stored. */
  'data.preview': op(z.object({ id: z.string(), path: z.string(), options: tableOptions.prefault({}) }), tablePreview),
  /** A published dataset from its files in a folder, or a table of the user's under a new id; then `preview` says how it was understood. */
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
  /** Queues failed and cancelled trials again; with `diverged` those too, which come to the same end unless something has changed. */
  'study.retry': op(z.object({ id: z.string(), diverged: z.boolean().default(false) }), studySummary),
  /** Forgets the study; results that no other study uses go with it when `results` is true. */
  'study.delete': op(
    z.object({ id: z.string(), results: z.boolean().default(false) }),
    z.object({ deletedTrials: z.number() }),
  ),
  /** What `study.delete` would take with it: trials, how many of them are finished, and what their files take on the disk. */
  'study.deletion': op(
    z.object({ id: z.string(), results: z.boolean().default(false) }),
    z.object({ id: z.string(), name: z.string(), trials: z.number(), finished: z.number(), bytes: z.number() }),
  ),
  'study.rename': op(z.object({ id: z.string(), name }), studySummary),
  'trial.get': op(id, trialDetail),
  'trial.cancel': op(id, trialSummary),
  'leaderboard.get': op(leaderboardQuery, leaderboard),
  'compare.get': op(compareQuery, comparison),
  'claims.list': op(nothing, z.array(listedClaim)),
  'report.make': op(
    z.object({
      study: z.string(),
      formats: z.array(z.enum(REPORT_FORMATS)).min(1),
      /** Of the study's leaderboard; absent: all of it. The JSON report always holds the whole study. */
      view: boardView.optional(),
      /** The HTML is for a printer. */
      paper: z.boolean().default(false),
    }),
    z.object({ files: z.array(reportFile) }),
  ),
  'report.import': op(
    z.object({ text: z.string() }),
    /** `notChecked`: trials whose id or metrics cannot be computed from the file; they are shown, never ranked. */
    z.object({ study: z.string(), trials: z.number(), alreadyThere: z.number(), notChecked: z.number() }),
  ),
} as const;

export type Contract = typeof contract;
export type Operation = keyof Contract;
/** What a caller passes (defaults may be left out) and what comes back. */
export type Input<K extends Operation> = z.input<Contract[K]['input']>;
export type ParsedInput<K extends Operation> = z.output<Contract[K]['input']>;
export type Output<K extends Operation> = z.output<Contract[K]['output']>;

// ---------------------------------------------------------------- events

/** Pushed to every connected shell. Small and frequent: the renderer refetches what it shows. */
export const workbenchEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('trial'), trial: trialSummary, studies: z.array(z.string()) }),
  z.object({ kind: z.literal('study'), study: studySummary }),
  z.object({ kind: z.literal('study-deleted'), id: z.string() }),
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
  z.object({ kind: z.literal('curve-point'), trial: z.string(), name: z.string(), x: z.number(), y: z.number() }),
  z.object({
    kind: z.literal('data'),
    dataset: z.string(),
    state: z.enum(['downloading', 'done', 'failed']),
    done: z.number(),
    total: z.number().nullable(),
    rate: z.number().nullable(),
    message: z.string(),
  }),
  /** Methods or suites can be chosen that could not before, or are no longer what they were. */
  z.object({ kind: z.literal('catalogue'), message: z.string() }),
  /** The Workbench behind this window: restarting after it died, or back. */
  z.object({ kind: z.literal('workbench'), state: z.enum(['up', 'down', 'restarting']), message: z.string() }),
]);
export type WorkbenchEvent = z.infer<typeof workbenchEvent>;

// ---------------------------------------------------------------- errors

/** Errors are values that cross process borders intact. */
export const ERROR_KINDS = [
  'invalid-input',
  'not-found',
  'refused',
  'conflict',
  'data',
  'storage',
  'engine',
  'unavailable',
  'cancelled',
  'internal',
] as const;
export const workbenchFailure = z.object({
  kind: z.enum(ERROR_KINDS),
  message: z.string(),
  remedy: z.string().nullable(),
  details: z.string().nullable(),
});
export type WorkbenchFailure = z.infer<typeof workbenchFailure>;

export class WorkbenchError extends Error {
  override readonly name = 'WorkbenchError';
  readonly failure: WorkbenchFailure;
  constructor(failure: WorkbenchFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** What a shell talks to. Implemented by the Workbench itself and by every transport's client. */
export interface WorkbenchClient {
  call<K extends Operation>(operation: K, input: Input<K>): Promise<Output<K>>;
  subscribe(listener: (event: WorkbenchEvent) => void): () => void;
}

/**
 * A browser opens its WebSocket with these two subprotocols and the token of the run as a third. So the token reaches this port only (a
 * cookie would reach every port), and nobody has a socket before showing it. The server takes the first one, or the second where the token
 * is not that of the run: such a socket is only there to say so, because a page cannot read the answer to a refused upgrade.
 */
export const SOCKET_PROTOCOLS = { signedIn: 'touchstone', signedOut: 'touchstone.sign-in' } as const;
/** Code with which the loopback shell closes the socket of a page that has not the token of this run. */
export const NOT_SIGNED_IN = 4401;

/** Envelope on every wire (IPC, WebSocket, local socket, worker-free): one request, one reply, plus events. */
export const wireRequest = z.object({ id: z.number(), operation: z.string(), input: z.unknown() });
export const wireMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('reply'), id: z.number(), output: z.unknown() }),
  z.object({ kind: z.literal('error'), id: z.number(), failure: workbenchFailure }),
  z.object({ kind: z.literal('event'), event: workbenchEvent }),
]);
export type WireRequest = z.infer<typeof wireRequest>;
export type WireMessage = z.infer<typeof wireMessage>;

export type SystemInfo = z.infer<typeof systemInfo>;
export type DatasetInfo = z.infer<typeof datasetInfo>;
export type TablePreview = z.infer<typeof tablePreview>;
export type TableOptions = z.input<typeof tableOptions>;
export type DoctorLine = z.infer<typeof doctorLine>;
export type FormField = z.infer<typeof formField>;
export type MethodInfo = z.infer<typeof methodInfo>;
export type MetricInfo = z.infer<typeof metricInfo>;
export type OwnFileInfo = z.infer<typeof ownFileInfo>;
export type SuiteInfo = z.infer<typeof suiteInfo>;
export type TrialSpec = z.infer<typeof trialSpec>;
export type TrialState = z.infer<typeof trialState>;
export type TrialSummary = z.infer<typeof trialSummary>;
export type TrialDetail = z.infer<typeof trialDetail>;
export type Calibration = z.infer<typeof calibration>;
export type CalibrationCurve = z.infer<typeof calibrationCurve>;
export type StudyRequest = z.infer<typeof studyRequest>;
export type StudyExtension = z.infer<typeof studyExtension>;
export type StudyPlan = z.infer<typeof studyPlan>;
export type StudySummary = z.infer<typeof studySummary>;
export type StudyConfiguration = z.infer<typeof studyConfiguration>;
export type StudyDetail = z.infer<typeof studyDetail>;
export type Estimate = z.infer<typeof estimate>;
export type Judgement = z.infer<typeof judgement>;
export type Leaderboard = z.infer<typeof leaderboard>;
export type LeaderboardQuery = z.infer<typeof leaderboardQuery>;
export type LeaderboardRow = z.infer<typeof leaderboardRow>;
export type LeaderboardCell = z.infer<typeof leaderboardCell>;
export type CompareQuery = z.infer<typeof compareQuery>;
export type Comparison = z.infer<typeof comparison>;
export type ClaimRecord = z.infer<typeof claimRecord>;
export type ListedClaim = z.infer<typeof listedClaim>;
export type ReportFormat = (typeof REPORT_FORMATS)[number];
export type ReportFile = z.infer<typeof reportFile>;

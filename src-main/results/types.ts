import type { CellColumns, PlacedCell } from '../metrics/records.ts';
import type { Artefact } from '../methods/contract.ts';
import type { Cost, Environment, Primitives } from '../metrics/primitives.ts';
import type { CellVersion, TrialIdentity } from './identity.ts';
import type { TrialState } from './states.ts';

export type StoredState = TrialState;
export type TrialRole = 'cell' | 'artefact';
/** `plan`: its trials are still being put down; none of them may start. */
export type StudyIntent = 'plan' | 'run' | 'pause' | 'cancel';

export interface StoredProgress {
  readonly done: number;
  readonly total: number;
  readonly rate: number | null;
  readonly eta: number | null;
  readonly metrics: Readonly<Record<string, number>>;
}

export interface StoredFailure {
  readonly kind: string;
  readonly message: string;
  readonly details: string;
  readonly attempts: number;
}

/** What a trial is, as it is stored and as it travels in a report. */
interface TrialDescription {
  readonly id: string;
  readonly suite: string;
  readonly suiteVersion: number;
  readonly protocolHash: string;
  readonly dataHash: string;
  readonly method: string;
  readonly methodVersion: number;
  /** Version of what ran the method. */
  readonly driver: number;
  readonly configuration: string;
  readonly hyperParameters: Readonly<Record<string, number | string | boolean>>;
  readonly seed: number;
  readonly fold: number | null;
  readonly backend: string;
  readonly numerics: string;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly headline: number | null;
  readonly failure: StoredFailure | null;
}

/** What a trial was computed from and where. */
export interface Provenance {
  /** SHA-256 of each of the suite's datasets, in the suite's order; null: stored before the list was kept. */
  readonly dataHashes: readonly string[] | null;
  /** Of the file of an own method (an own suite's is in its protocol hash); null where it comes with the program. */
  readonly sourceHash: string | null;
  /** JSON text: where it was imported from; null: computed here. */
  readonly origin: string | null;
  /** Computed here, or imported and recomputed here. */
  readonly checked: boolean;
}

export interface StoredTrial extends TrialDescription, Provenance {
  readonly state: StoredState;
  readonly attempts: number;
  readonly progress: StoredProgress | null;
  readonly seconds: number | null;
  /**
   * Of its cell inside the database, which the trials share that differ in seed and fold only; null where that is
   * damaged.
   */
  readonly cell: number | null;
  /** The id that it had before ids were computed anew; null where it never had another. */
  readonly formerId: string | null;
}

export interface PlannedTrial {
  readonly id: string;
  readonly identity: TrialIdentity;
  readonly role: TrialRole;
  readonly label: string;
}

export interface StoredStudy {
  readonly id: string;
  readonly name: string;
  readonly intent: StudyIntent;
  /** The request as JSON text; the Workbench parses it by its contract. */
  readonly request: string;
  readonly backend: string;
  readonly createdAt: number;
  readonly finishedAt: number | null;
  /** JSON text: where it was imported from; null or absent: asked for here. */
  readonly origin?: string | null;
}

export interface MetricValue {
  readonly id: string;
  readonly value: number;
  readonly split?: string;
  /** -1 or absent = at the end. */
  readonly step?: number;
}

/** What a finished trial leaves behind. */
export interface StoredResult {
  readonly primitives: Primitives;
  readonly cost: Cost;
  readonly environment: Environment;
  readonly notes: readonly string[];
  readonly artefacts: Readonly<Record<string, Artefact>>;
}

/** A trial of another machine's report. */
export interface ImportedTrial extends TrialDescription, Provenance {
  /** An end: nothing that was not finished elsewhere runs here unasked. */
  readonly state: 'done' | 'failed' | 'cancelled' | 'diverged' | 'not-possible';
  /** Artefacts it opened: name → `artefactReference` with the id of an imported trial that comes earlier. */
  readonly needs: Readonly<Record<string, string>>;
  readonly role: TrialRole;
  readonly label: string;
  /** Null when it had not finished. */
  readonly result: StoredResult | null;
  readonly metrics: readonly MetricValue[];
}

/** A cell as it is stored; of equal seeds the later trial comes later. */
export interface MeasuredCell extends CellColumns {
  /** Of the cell inside the database. */
  readonly number: number;
  /** `cellId`: what its trials have in common. */
  readonly identity: string;
  readonly version: CellVersion;
  readonly protocolHash: string;
  readonly backend: string;
  readonly method: string;
  readonly configuration: string;
  readonly hyperParameters: Readonly<Record<string, number | string | boolean>>;
  readonly values: Float64Array;
}

/**
 * A cell as a leaderboard asks for it: with the label of its study, and what has become of the trials that are not
 * done.
 */
export interface BoardCell extends Omit<PlacedCell, 'key'> {
  readonly cell: MeasuredCell;
  readonly label: string;
}

/** What a study's time left was said to be. */
export interface Forecast {
  readonly mark: 'start' | 'half';
  readonly madeAt: number;
  /** Trials that were open then. */
  readonly open: number;
  /** Seconds. */
  readonly predicted: number;
  /** Seconds that it took; null until the study has ended. */
  readonly actual: number | null;
}

/** Open trials of one kind: running ones one by one, the others counted. */
export interface OpenWork {
  /** The trial, where it runs. */
  readonly running: string | null;
  readonly suite: string;
  readonly method: string;
  readonly configuration: string;
  readonly backend: string;
  readonly count: number;
}

export interface LogLine {
  readonly at: number;
  readonly level: string;
  readonly message: string;
}

import type { CurvePlaces } from '../metrics/primitives.ts';
import type { ResultsStore } from '../results/store.ts';
import type { StoredTrial } from '../results/types.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import type { TrialOrder } from '../trial/messages.ts';
import type { LiveTrial } from './summaries.ts';
import type { LocalHostOptions } from './hosts/local.ts';
import type { TrialEndingsParts } from './trial-endings.ts';

export interface TrialRunnerOptions {
  readonly store: ResultsStore;
  readonly suites: Pick<SuiteRegistry, 'suites'>;
  readonly dataFolder: string;
  readonly workerEntry: string;
  readonly execPath?: string;
  readonly times?: LocalHostOptions['times'];
  readonly giveWay?: boolean;
  /** Seconds between checkpoints. */
  readonly checkpointEvery: number;
  /** Places on a backend. */
  readonly capacity: (backend: string) => number;
  /** Stores what a trial measured; the metrics are the Workbench's business. */
  readonly finish: TrialEndingsParts['finish'];
  readonly diverged: TrialEndingsParts['diverged'];
  /** The trials that stand for the given ones by what this program computes now; those that wait for them too. */
  readonly renewed: (trials: readonly StoredTrial[]) => Promise<readonly StoredTrial[]>;
  /** Which of the person's files a trial runs. */
  readonly ownFilesOf: (trial: StoredTrial) => TrialOrder['own'];
  /** A study has other trials. */
  readonly onStudy: (study: string) => void;
  /** A trial has another state. */
  readonly onTrial: (id: string) => void;
  /** A running trial has come further; the trial is as it was stored when it was started. */
  readonly onProgress: (trial: StoredTrial, live: LiveTrial) => void;
  readonly onCurvePoint: (point: { trial: string; name: string; x: number; y: number; places: CurvePlaces }) => void;
  /** Suite, configuration and seed in words. */
  readonly nameOf: (trial: string) => string;
  readonly onLog: (trial: string | null, level: 'info' | 'warning' | 'error', message: string) => void;
  readonly now: () => number;
}

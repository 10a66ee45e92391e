import type { DatasetStore } from '../datasets/store.ts';
import { METRICS } from '../metrics/registry.ts';
import type { JsonValue, ReportInput, ReportSuite, ReportTrial } from '../reports/input.ts';
import { makeReport } from '../reports/make.ts';
import { PrintError } from '../reports/print.ts';
import type { PrintPage } from '../reports/print.ts';
import { WHOLE_BOARD } from '../reports/suite-boards.ts';
import type { BoardView } from '../reports/suite-boards.ts';
import { protocolHash } from '../suites/published.ts';
import type { ResultsStore } from '../results/store.ts';
import type { StoredStudy } from '../results/types.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import type { Configurations } from './configurations.ts';
import { WorkbenchError } from './contract/contract.ts';
import type { Output, ParsedInput } from './contract/contract.ts';
import { artefactsInReport, originalTrialId } from './imported-from.ts';
import type { Leaderboards } from './leaderboards.ts';
import { studyCommand, trialCommand } from './reproduce.ts';
import { requestOf } from './summaries.ts';

export interface ReportParts {
  readonly store: ResultsStore;
  readonly suites: SuiteRegistry;
  readonly datasets: DatasetStore;
  readonly leaderboards: Leaderboards;
  readonly configurations: Configurations;
  readonly version: string;
  readonly now: () => number;
  readonly print: PrintPage;
}

/**
 * Up to so many configurations a report has all their pairs (66); of more it has those with the best, and says how many
 * it leaves out.
 */
const ALL_PAIRS_OF = 12;
/** What is asked for: `report.make` without its study. */
export type ReportWish = Omit<ParsedInput<'report.make'>, 'study'>;

/** The files of a study's report, made from stored results only. */
export async function reportOf(
  parts: ReportParts,
  study: StoredStudy,
  wanted: ReportWish,
): Promise<Output<'report.make'>> {
  const input = await reportInput(parts, study, wanted.view ?? WHOLE_BOARD);
  try {
    return {
      files: await makeReport(input, wanted.formats, {
        paper: wanted.paper,
        answers: wanted.answers,
        print: parts.print,
      }),
    };
  } catch (error) {
    if (!(error instanceof PrintError)) throw error;
    throw new WorkbenchError({
      kind: 'unavailable',
      message: error.message,
      remedy: error.remedy,
      details: null,
    });
  }
}

async function reportInput(
  { store, suites, datasets, leaderboards, configurations, version, now }: ReportParts,
  study: StoredStudy,
  view: BoardView,
): Promise<ReportInput> {
  const request = requestOf(study);
  // What is damaged is named as failed, and no number of the report comes from it.
  for (const { trial } of store.studyTrials(study.id)) store.examine(trial.id);
  const stored = store.studyTrials(study.id);
  const used = [...new Set(stored.map(({ trial }) => trial.suite))];
  const infos = new Map((await datasets.list()).map((info) => [info.id, info]));
  const board = leaderboards.leaderboard({
    study: study.id,
    costsBySuite: true,
    ...(view.without.length === 0 ? {} : { without: [...view.without] }),
    ...(view.baseline === null ? {} : { baseline: view.baseline }),
  });
  const reportSuites = await Promise.all(
    used.map(async (id): Promise<ReportSuite> => {
      const suite = suites.find(id);
      if (suite === undefined)
        return {
          id,
          version: 0,
          title: id,
          summary: 'This version of Touchstone does not know the suite any more.',
          scenario: '',
          protocol: null,
          protocolHash: stored.find(({ trial }) => trial.suite === id)?.trial.protocolHash ?? '',
          datasets: [],
        };
      return {
        id,
        version: suite.version,
        title: suite.title,
        summary: suite.summary,
        scenario: suite.facts.scenario,
        protocol: suite.protocol,
        protocolHash: protocolHash(suite),
        datasets: await Promise.all(
          suite.datasets.map(async (dataset) => {
            const info = infos.get(dataset);
            return {
              id: dataset,
              sha256:
                info?.sha256 ?? (info === undefined || info.state === 'absent' ? null : await datasets.sha256(dataset)),
              licence: info?.licence ?? '',
              source: info?.source ?? '',
            };
          }),
        ),
      };
    }),
  );
  return {
    title: study.name,
    createdAt: now(),
    version,
    suites: reportSuites,
    leaderboard: board,
    view,
    study: {
      id: study.id,
      name: study.name,
      createdAt: study.createdAt,
      finishedAt: study.finishedAt,
      backend: study.backend,
      seeds: request.seeds,
      request: plainJson(request),
    },
    comparisons: used.flatMap((suite) => {
      const column = board.columns.findIndex((candidate) => candidate.suite === suite);
      const { metric, measure } = board.columns[column] ?? {};
      if (metric === undefined || (measure === undefined && !METRICS.some(({ id }) => id === metric))) return [];
      const rows = board.rows
        .filter((row) => row.cells[column]?.estimate != null)
        .sort(
          (a, b) =>
            (a.cells[column]?.rank ?? Number.POSITIVE_INFINITY) - (b.cells[column]?.rank ?? Number.POSITIVE_INFINITY),
        );
      return rows.length < 2
        ? []
        : [
            leaderboards.comparison(
              { study: study.id, suite, metric, rows: rows.map(({ key }) => key) },
              { pairs: rows.length <= ALL_PAIRS_OF ? 'all' : 'with the best', numbersOnly: true },
            ),
          ];
    }),
    claims: leaderboards.claimsOf(study.id),
    trials: stored.map(({ trial, role, label }): ReportTrial => {
      const { notes = [], ...primitives } = store.primitives(trial.id) ?? { notes: [] };
      const { key } = configurations.rowOf(trial);
      return {
        id: originalTrialId(trial),
        artefacts: artefactsInReport(store, trial),
        role,
        state: trial.state,
        rowKey: key,
        label,
        suite: trial.suite,
        suiteVersion: trial.suiteVersion,
        protocolHash: trial.protocolHash,
        dataHash: trial.dataHash,
        dataHashes: trial.dataHashes,
        sourceHash: trial.sourceHash,
        method: trial.method,
        methodVersion: trial.methodVersion,
        driver: trial.driver,
        hyperParameters: trial.hyperParameters,
        seed: trial.seed,
        fold: trial.fold,
        backend: trial.backend,
        numerics: trial.numerics,
        createdAt: trial.createdAt,
        startedAt: trial.startedAt,
        finishedAt: trial.finishedAt,
        headline: trial.headline,
        command: trialCommand(trial),
        metrics: Object.fromEntries(store.metrics(trial.id).map(({ id, value }) => [id, value])),
        primitives: 'matrices' in primitives ? primitives : null,
        cost: store.cost(trial.id),
        environment: store.environment(trial.id),
        notes,
        failure: trial.failure && { kind: trial.failure.kind, message: trial.failure.message },
      };
    }),
    commands: [{ what: 'the whole study', command: studyCommand(request, study.backend) }],
  };
}

function plainJson(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value));
}

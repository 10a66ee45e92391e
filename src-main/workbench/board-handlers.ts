import type { DatasetStore } from '../datasets/store.ts';
import type { PrintPage } from '../reports/print.ts';
import type { ResultsStore } from '../results/store.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import { checkNames } from './board-query.ts';
import type { Configurations } from './configurations.ts';
import type { Handlers } from './handlers.ts';
import { importReport } from './imports.ts';
import type { Leaderboards } from './leaderboards.ts';
import { findStudy } from './look-up.ts';
import { reportOf } from './reports.ts';
import type { Superseded } from './superseded.ts';

export interface BoardHandlerParts {
  readonly store: ResultsStore;
  readonly suites: SuiteRegistry;
  readonly datasets: DatasetStore;
  readonly leaderboards: Leaderboards;
  readonly superseded: Superseded;
  readonly configurations: Configurations;
  readonly version: string;
  readonly now: () => number;
  readonly print: PrintPage;
  /** A study has come with a report. */
  readonly onImport: (study: string) => void;
}

/** Leaderboards, comparisons, claims and reports. */
export function boardHandlers(
  parts: BoardHandlerParts,
): Pick<
  Handlers,
  'leaderboard.get' | 'compare.get' | 'claims.list' | 'claims.studies' | 'report.make' | 'report.import'
> {
  const { store, suites, leaderboards, superseded, now } = parts;
  /** What is of the present version is seen by the data that are here now. */
  const present = async <T>(work: () => T | Promise<T>): Promise<T> => {
    await superseded.refresh();
    return work();
  };
  const ofStudy = <Q extends { study?: string | undefined }>(query: Q): Q =>
    query.study === undefined ? query : { ...query, study: findStudy(store, query.study).id };
  const named = <Q extends Parameters<typeof checkNames>[0]>(query: Q): Q => {
    checkNames(query, suites, store);
    return query;
  };
  return {
    'leaderboard.get': (query) => present(() => leaderboards.leaderboard(ofStudy(named(query)))),
    'compare.get': (query) => present(() => leaderboards.comparison(ofStudy(query))),
    'claims.list': () => present(() => leaderboards.claims()),
    'claims.studies': async ({ id }) => leaderboards.claimStudies(id),
    'report.make': ({ study, ...wanted }) => present(() => reportOf(parts, findStudy(store, study), wanted)),
    'report.import': async ({ text }) => {
      const imported = await importReport({ store, suites, now }, text);
      parts.onImport(imported.study);
      return imported;
    },
  };
}

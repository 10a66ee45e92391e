import type { MethodRegistry } from '../methods/registry.ts';
import type { ResultsStore } from '../results/store.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import { checkNames } from './board-query.ts';
import type { Handlers } from './handlers.ts';
import type { Leaderboards } from './leaderboards.ts';
import { findStudy } from './look-up.ts';
import type { Superseded } from './superseded.ts';

export interface BoardHandlersParts {
  readonly store: ResultsStore;
  readonly suites: SuiteRegistry;
  readonly methods: MethodRegistry;
  readonly leaderboards: Leaderboards;
  /** Which results a board shows follows from the person's files as they are now. */
  readonly superseded: Pick<Superseded, 'refresh'>;
}

/** Boards, comparisons and claims. */
export function boardHandlers({
  store,
  suites,
  methods,
  leaderboards,
  superseded,
}: BoardHandlersParts): Pick<Handlers, 'leaderboard.get' | 'compare.get' | 'claims.list' | 'claims.studies'> {
  const present = async <T>(work: () => T): Promise<T> => {
    await superseded.refresh();
    return work();
  };
  const ofStudy = <Q extends { study?: string | undefined }>(query: Q): Q =>
    query.study === undefined ? query : { ...query, study: findStudy(store, query.study).id };
  const named = <Q extends Parameters<typeof checkNames>[0]>(query: Q): Q => {
    checkNames(query, { suites, methods, store });
    return query;
  };
  return {
    'leaderboard.get': (query) => present(() => leaderboards.leaderboard(ofStudy(named(query)))),
    'compare.get': (query) => present(() => leaderboards.comparison(ofStudy(query))),
    'claims.list': () => present(() => leaderboards.claims()),
    'claims.studies': async ({ id }) => leaderboards.claimStudies(id),
  };
}

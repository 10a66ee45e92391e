import type { DatasetStore } from '../datasets/store.ts';
import type { MethodRegistry } from '../methods/registry.ts';
import type { ResultsStore } from '../results/store.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import { methodInfos, metricInfos, refusalsOf, resultsOf, suiteInfos } from './catalogue.ts';
import type { Handlers } from './handlers.ts';
import type { OwnNews } from './own-news.ts';
import { publishedSystems } from './published-systems.ts';
import type { PublishedSettings } from './settings.ts';

export interface CatalogueParts {
  readonly methods: MethodRegistry;
  readonly suites: SuiteRegistry;
  readonly datasets: DatasetStore;
  readonly store: ResultsStore;
  readonly own: OwnNews;
  readonly settings: (suite: string) => PublishedSettings;
}

type CatalogueOperation = Extract<keyof Handlers, `catalogue.${string}`>;

/** What can be chosen, as the person's own files are now. */
export function catalogueHandlers({
  methods,
  suites,
  datasets,
  store,
  own,
  settings,
}: CatalogueParts): Pick<Handlers, CatalogueOperation> {
  return {
    'catalogue.suites': async () => {
      await own.refresh();
      return suiteInfos(suites, await datasets.list());
    },
    'catalogue.methods': async () => {
      await own.refresh();
      return methodInfos(methods, suites, settings);
    },
    'catalogue.fits': async (asked) => {
      await own.refresh();
      return refusalsOf(methods, suites, asked);
    },
    'catalogue.results': async () => resultsOf(store, methods, suites),
    'catalogue.own': async () => {
      await own.refresh();
      return own.files();
    },
    'catalogue.metrics': async () => metricInfos(methods),
    'catalogue.systems': async () => [...publishedSystems()],
  };
}

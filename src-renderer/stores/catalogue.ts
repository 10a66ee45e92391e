import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import { publishedId, variantOf } from '../../src-main/workbench/contract/contract.ts';
import type {
  ListedClaim,
  MethodInfo,
  MetricInfo,
  OwnFileInfo,
  Output,
  Refusals,
  ResultsHere,
  SuiteInfo,
  SystemInfo,
  WorkbenchFailure,
} from '../../src-main/workbench/contract/contract.ts';
import { grouped } from '../app/grouped.ts';
import { failureOf } from '../transport/failures.ts';
import { useClient } from './client.ts';

export type DatasetInfo = Output<'data.list'>[number];

/** Suites, methods, metrics, datasets and facts about this machine: fetched once, again after a reconnect. */
export const useCatalogue = defineStore('catalogue', () => {
  const client = useClient();
  const suites = shallowRef<SuiteInfo[]>([]);
  const methods = shallowRef<MethodInfo[]>([]);
  /** The person's own files, also those that cannot be used. */
  const own = shallowRef<OwnFileInfo[]>([]);
  const metrics = shallowRef<MetricInfo[]>([]);
  const datasets = shallowRef<DatasetInfo[]>([]);
  const system = shallowRef<SystemInfo | null>(null);
  const failure = shallowRef<WorkbenchFailure | null>(null);
  const loaded = shallowRef(false);
  /** Why methods do not fit, of the suites that somebody looked at. */
  const refusals = shallowRef<ReadonlyMap<string, Refusals[string]>>(new Map());
  /** What was measured here, by pairs. */
  const results = shallowRef<ResultsHere[]>([]);
  /** The literature that the program is to hold. */
  const systems = shallowRef<Output<'catalogue.systems'>>([]);
  /** Null until somebody asked: judging them takes the Workbench a moment. */
  const claims = shallowRef<ListedClaim[] | null>(null);
  let loading: Promise<void> | null = null;

  async function fetchAll(): Promise<void> {
    failure.value = null;
    try {
      const [newSuites, newMethods, newOwn, newMetrics, newDatasets, newSystem] = await Promise.all([
        client.call('catalogue.suites', {}),
        client.call('catalogue.methods', {}),
        client.call('catalogue.own', {}),
        client.call('catalogue.metrics', {}),
        client.call('data.list', {}),
        client.call('system.info', {}),
      ]);
      suites.value = newSuites;
      methods.value = newMethods;
      own.value = newOwn;
      metrics.value = newMetrics;
      datasets.value = newDatasets;
      system.value = newSystem;
      loaded.value = true;
      refusals.value = new Map();
    } catch (thrown) {
      failure.value = failureOf(thrown);
    }
  }

  /** Fetches unless it is already here; safe to call from every view. */
  function ensure(): Promise<void> {
    return loaded.value ? Promise.resolve() : reload();
  }

  function reload(): Promise<void> {
    return (loading ??= fetchAll().finally(() => {
      loading = null;
    }));
  }

  /** Asks which methods fit these suites; what is known is not asked again. */
  async function askFits(ids: readonly string[]): Promise<void> {
    const open = ids.filter((id) => !refusals.value.has(id));
    if (open.length === 0) return;
    try {
      const answered = await client.call('catalogue.fits', { suites: open });
      refusals.value = new Map([...refusals.value, ...Object.entries(answered)]);
    } catch (thrown) {
      failure.value = failureOf(thrown);
    }
  }

  /** Asks again what was measured here; to be called by views that show it. */
  async function askResults(): Promise<void> {
    try {
      results.value = await client.call('catalogue.results', {});
    } catch (thrown) {
      failure.value = failureOf(thrown);
    }
  }

  async function askSystems(): Promise<void> {
    try {
      systems.value = await client.call('catalogue.systems', {});
    } catch (thrown) {
      failure.value = failureOf(thrown);
    }
  }

  async function askClaims(): Promise<void> {
    try {
      claims.value = await client.call('claims.list', {});
    } catch (thrown) {
      failure.value = failureOf(thrown);
    }
  }

  const resultsByMethod = computed(() => new Map(grouped(results.value, ({ method }) => method)));
  const resultsBySuite = computed(() => new Map(grouped(results.value, ({ suite }) => suite)));
  const suiteById = computed(() => new Map(suites.value.map((suite) => [suite.id, suite])));
  const methodById = computed(() => new Map(methods.value.map((method) => [method.id, method])));
  const metricById = computed(() => new Map(metrics.value.map((metric) => [metric.id, metric])));
  const datasetById = computed(() => new Map(datasets.value.map((dataset) => [dataset.id, dataset])));
  /** Variants on which settings are tried are no suites of the catalogue; they are named after the published one. */
  const suiteTitle = (id: string): string => {
    const title = suiteById.value.get(publishedId(id))?.title ?? id;
    return variantOf(id) === 'dev' && title !== id ? `${title}, development` : title;
  };
  const methodTitle = (id: string): string => methodById.value.get(id)?.title ?? id;

  return {
    suites,
    methods,
    own,
    metrics,
    datasets,
    system,
    failure,
    loaded,
    refusals,
    results,
    systems,
    askSystems,
    claims,
    askClaims,
    resultsByMethod,
    resultsBySuite,
    askFits,
    askResults,
    ensure,
    reload,
    suiteById,
    methodById,
    metricById,
    datasetById,
    suiteTitle,
    methodTitle,
  };
});

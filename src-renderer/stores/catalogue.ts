import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import type {
  MethodInfo,
  MetricInfo,
  OwnFileInfo,
  Output,
  SuiteInfo,
  SystemInfo,
  WorkbenchFailure,
} from '../../src-main/workbench/contract/contract.ts';
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

  const suiteById = computed(() => new Map(suites.value.map((suite) => [suite.id, suite])));
  const methodById = computed(() => new Map(methods.value.map((method) => [method.id, method])));
  const metricById = computed(() => new Map(metrics.value.map((metric) => [metric.id, metric])));
  const datasetById = computed(() => new Map(datasets.value.map((dataset) => [dataset.id, dataset])));
  const suiteTitle = (id: string): string => suiteById.value.get(id)?.title ?? id;
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

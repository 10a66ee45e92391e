import type { DatasetInfo } from '../datasets/types.ts';
import { methodLook } from '../metrics/looks.ts';
import { METRICS } from '../metrics/registry.ts';
import { formFields } from '../methods/hyper-parameters.ts';
import type { MethodRegistry } from '../methods/registry.ts';
import { protocolHash } from '../suites/published.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import type { Output } from './contract/contract.ts';
import type { PublishedSettings } from './settings.ts';

/** What can be chosen: suites, methods and metrics, as the contract shows them. */

export function suiteInfos(suites: SuiteRegistry, datasets: readonly DatasetInfo[]): Output<'catalogue.suites'> {
  const here = new Set(datasets.filter(({ state }) => state !== 'absent').map(({ id }) => id));
  return [...suites.suites.values()].map((suite) => {
    const missing = suite.datasets.filter((id) => !here.has(id));
    return {
      id: suite.id,
      version: suite.version,
      title: suite.title,
      summary: suite.summary,
      family: suite.facts.family,
      scenario: suite.facts.scenario,
      quick: suite.quick,
      quickOf: suite.quickOf,
      datasets: [...suite.datasets],
      ready: missing.length === 0,
      missing,
      metrics: [...suite.metrics],
      references: { ...suite.references },
      protocol: toJson(suite.protocol),
      protocolHash: protocolHash(suite),
      tasks: suite.facts.tasks,
      classes: suite.facts.classes,
      grants: [...suite.facts.grants],
      kind: suite.facts.kind,
    };
  });
}

export function methodInfos(
  methods: MethodRegistry,
  suites: SuiteRegistry,
  settings: (suite: string) => PublishedSettings,
): Output<'catalogue.methods'> {
  return [...methods.methods.values()]
    .filter(({ method }) => method.hidden !== true)
    .map(({ method, origin }) => {
      const fits: Record<string, true | string> = {};
      const published: Record<string, { values: Record<string, number | string | boolean>; source: string }> = {};
      for (const suite of suites.suites.values()) {
        fits[suite.id] = method.fits(suite.facts);
        const found = settings(suite.id)[method.id];
        if (found !== undefined) published[suite.id] = found;
      }
      return {
        id: method.id,
        version: method.version,
        title: method.title,
        summary: method.summary,
        family: method.family,
        paper: method.paper,
        fields: formFields(method.schema),
        asks: [...method.asks],
        reference: method.reference ?? null,
        look: methodLook(method.id, method.reference ?? null),
        origin,
        protocol: method.protocol,
        fits,
        settings: published,
      };
    });
}

export function metricInfos(): Output<'catalogue.metrics'> {
  return METRICS.map(({ id, title, formula, source, direction, unit }) => ({
    id,
    title,
    formula,
    source,
    direction,
    unit,
  }));
}

type Json = Output<'catalogue.suites'>[number]['protocol'];

/** A protocol is JSON by its type; a copy loses `readonly`. */
function toJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value));
}

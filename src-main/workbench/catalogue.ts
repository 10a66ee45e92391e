import { fileURLToPath } from 'node:url';
import { remembered } from '../base/remembered.ts';
import type { DatasetInfo } from '../datasets/types.ts';
import { methodLook } from '../metrics/looks.ts';
import { METRICS } from '../metrics/registry.ts';
import { formFields } from '../methods/hyper-parameters.ts';
import type { MethodRegistry } from '../methods/registry.ts';
import { protocolHash } from '../suites/published.ts';
import type { ResultsStore } from '../results/store.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import { metricWords } from './measures.ts';
import type { Output } from './contract/contract.ts';
import type { PublishedSettings } from './settings.ts';

const PROGRAM = fileURLToPath(new URL('..', import.meta.url));

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
    .map(({ method, origin, file }) => {
      const published: Record<string, { values: Record<string, number | string | boolean>; source: string }> = {};
      for (const suite of suites.suites.values()) {
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
        ...(method.tensorMerge === undefined
          ? {}
          : {
              mergesFiles: {
                needsStart: method.tensorMerge.needsStart,
                models: method.tensorMerge.models ?? null,
                perModel: method.tensorMerge.perModel,
                usual: method.tensorMerge.onFiles,
              },
            }),
        look: methodLook(method.id, method.reference ?? null),
        origin,
        protocol: method.protocol,
        file: shownFile(file),
        settings: published,
      };
    });
}

/** Program files by their place in the program; a person's own as they lie. */
const shownFile = (file: string): string => (file.startsWith(PROGRAM) ? file.slice(PROGRAM.length) : file);

/** Why methods do not fit suites; those that are asked for, or all of either. */
export function refusalsOf(
  methods: MethodRegistry,
  suites: SuiteRegistry,
  asked: { readonly suites?: readonly string[]; readonly methods?: readonly string[] },
): Output<'catalogue.fits'> {
  const chosen = (asked.methods ?? [...methods.methods.keys()]).map((id) => methods.get(id));
  const shown = chosen.filter(({ hidden }) => hidden !== true);
  return Object.fromEntries(
    (asked.suites ?? [...suites.suites.keys()]).map((id) => {
      const { facts } = suites.get(id);
      const refused = shown.flatMap((method): [string, string][] => {
        const verdict = method.fits(facts);
        return verdict === true ? [] : [[method.id, verdict]];
      });
      return [id, Object.fromEntries(refused)];
    }),
  );
}

/** What was measured here by pairs, of the versions that this program has. */
export function resultsOf(
  store: ResultsStore,
  methods: MethodRegistry,
  suites: SuiteRegistry,
): Output<'catalogue.results'> {
  const hashes = new Map<string, string | null>();
  const hashOf = (id: string): string | null =>
    remembered(hashes, id, () => {
      const suite = suites.find(id);
      return suite === undefined ? null : protocolHash(suite);
    });
  const directions = new Map(METRICS.map(({ id, direction }) => [id, direction]));
  const present = store.summaries().filter(({ suite, method, methodVersion, protocolHash: hash }) => {
    const known = methods.methods.get(method)?.method;
    return known !== undefined && known.hidden !== true && known.version === methodVersion && hashOf(suite) === hash;
  });
  return [...Map.groupBy(present, ({ suite, method }) => `${suite}\n${method}`).values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const headline = suites.find(first.suite)?.metrics[0] ?? '';
    const values = group.flatMap(({ headline: value }) => value ?? []);
    const timed = group.filter(({ seconds }) => seconds !== null);
    const trials = (of: typeof group): number => of.reduce((sum, { n }) => sum + n, 0);
    return {
      suite: first.suite,
      method: first.method,
      trials: trials(group),
      best:
        values.length === 0 ? null : directions.get(headline) === 'lower' ? Math.min(...values) : Math.max(...values),
      seconds:
        timed.length === 0 ? null : timed.reduce((sum, { seconds, n }) => sum + (seconds ?? 0) * n, 0) / trials(timed),
    };
  });
}

export function metricInfos(methods: MethodRegistry): Output<'catalogue.metrics'> {
  return [...metricWords(methods).values()].map(({ id, title, formula, source, direction, unit }) => ({
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

import { canonicalJson } from '../../base/canonical.ts';
import type { HyperParameters } from '../../methods/contract.ts';
import type { MethodRegistry } from '../../methods/registry.ts';
import { formatNumber, formatValue, unitSymbol } from '../../metrics/format.ts';
import { METRICS } from '../../metrics/registry.ts';
import { mean } from '../../metrics/statistics/estimates.ts';
import type { SuiteDescription } from '../../suites/contract.ts';
import type { SuiteRegistry } from '../../suites/registry.ts';
import { idOfVariant, variantOf } from '../../suites/variant-ids.ts';
import type { StudyRequest } from '../contract/contract.ts';
import type { Grid, KnownTrial, Planner, Proposal } from './planner.ts';

export interface TuningParts {
  readonly methods: MethodRegistry;
  readonly suites: SuiteRegistry;
  /** Published hyper-parameters of a method on a suite. */
  settings(suite: string, method: string): HyperParameters;
}

/** Settings of a method that compete on a suite: the best one runs as asked for, the first of equal ones. */
export interface Contest {
  readonly suite: string;
  readonly method: string;
  /** What a person calls it. */
  readonly label: string | undefined;
  readonly settings: readonly HyperParameters[];
}

/** So many fields are named in the label of what was chosen. */
const NAMED_FIELDS = 3;

/**
 * First all settings run on the development variant of each suite; then, on the published suite and with all seeds, the
 * one with the best mean of the variant's first metric. Test data take no part in the choice. Networks are trained anew
 * for each setting with the first seed alone; on a suite of experts, which are there, the mean is over all seeds. What
 * has a single setting needs no choice.
 */
export function tuned(
  { seeds, references }: StudyRequest,
  contests: readonly Contest[],
  { suites }: TuningParts,
  words: { readonly says: string; readonly first: string },
): Planner {
  const variantFor = (suite: string): SuiteDescription => suites.get(idOfVariant(suite, 'dev'));
  const open = contests.filter(({ settings }) => settings.length > 1);
  return {
    next(known) {
      if (known.some(({ suite }) => variantOf(suite) === 'published')) return 'done';
      if (known.length > 0 || open.length === 0) return chosen(known);
      const trials = open.map(({ suite, method, settings }): Grid => {
        const variant = variantFor(suite);
        return {
          suites: [variant.id],
          methods: settings.map((hyperParameters) => ({ method, hyperParameters })),
          seeds: variant.facts.kind === 'experts' ? seeds : seeds.slice(0, 1),
          references: false,
        };
      });
      return { trials, says: [words.says] };
    },
  };

  function chosen(known: readonly KnownTrial[]): Proposal {
    const trials: Grid[] = [];
    const sentences: string[] = [];
    for (const contest of contests) {
      const { suite, method, label, settings } = contest;
      const run = (hyperParameters: HyperParameters, name: string | undefined): void => {
        const asked = { method, hyperParameters, ...(name === undefined ? {} : { label: name }) };
        trials.push({ suites: [suite], methods: [asked], seeds, references });
      };
      if (settings.length === 1) {
        run(settings[0], label);
        continue;
      }
      const variant = variantFor(suite);
      const best = bestOf(known, contest, variant);
      sentences.push(sentenceOf(contest, variant, best, words.first));
      if (best !== null) run(best.values, label ?? labelOf(best, fieldsThatDiffer(contest, contests)));
    }
    return { trials, says: sentences };
  }
}

interface Best {
  readonly values: HyperParameters;
  readonly mean: number;
  /** Of the first settings; null where they did not end well. */
  readonly usual: number | null;
  readonly ended: number;
}

/** The settings with the best mean; those that diverged or failed are no candidates. Null where none is left. */
function bestOf(
  known: readonly KnownTrial[],
  { settings, method }: Contest,
  { id, metrics }: SuiteDescription,
): Best | null {
  const sign = METRICS.find((metric) => metric.id === metrics[0])?.direction === 'lower' ? -1 : 1;
  const keys = new Map<string, KnownTrial[]>(settings.map((values) => [canonicalJson(values), []]));
  for (const trial of known)
    if (trial.suite === id && trial.method === method) keys.get(canonicalJson(trial.hyperParameters))?.push(trial);
  const results = settings.map((values) => {
    const own = keys.get(canonicalJson(values)) ?? [];
    const measured = own.flatMap(({ state, headline }) => (state === 'done' && headline !== null ? [headline] : []));
    return { values, mean: own.length > 0 && measured.length === own.length ? mean(measured) : null };
  });
  const ended = results.flatMap((one) => (one.mean === null ? [] : [{ values: one.values, mean: one.mean }]));
  const [best] = [...ended].sort((a, b) => sign * (b.mean - a.mean));
  if (best === undefined) return null;
  return { ...best, usual: results[0]?.mean ?? null, ended: ended.length };
}

/** `lambda 0.45, best of 21 on validation rows`: what a board calls it. */
function labelOf({ values, ended }: Best, fields: readonly string[]): string {
  const budget = `best of ${ended} on validation rows`;
  if (fields.length > NAMED_FIELDS) return `tuned, ${budget}`;
  return [...fields.map((field) => `${field} ${wordOf(values[field])}`), budget].join(', ');
}

/** Fields in which settings of the method differ, within its contest or from another of the same method. */
function fieldsThatDiffer({ method, suite, settings: [first = {}] }: Contest, contests: readonly Contest[]): string[] {
  const all = contests
    .filter((one) => one.method === method && one.suite === suite)
    .flatMap(({ settings }) => settings);
  return Object.keys(first).filter((field) => new Set(all.map((values) => values[field])).size > 1);
}

function sentenceOf(
  { method, suite, settings }: Contest,
  variant: SuiteDescription,
  best: Best | null,
  first: string,
): string {
  if (best === null)
    return `Tuning: no setting of ${method} came to an end on the development variant of ${suite}; it is left out.`;
  const metric = METRICS.find(({ id }) => id === variant.metrics[0]);
  const unit = metric?.unit ?? 'number';
  const show = (value: number): string => `${formatValue(value, unit)}${unitSymbol(unit)}`;
  const values = Object.entries(best.values).map(([name, value]) => `${name}=${wordOf(value)}`);
  const usual = best.usual === null ? `which did not end with ${first}` : `${show(best.usual)} with ${first}`;
  return (
    `Tuned ${method} on ${suite}: ${values.join(', ')}. Best of ${best.ended} settings` +
    `${best.ended === settings.length ? '' : ` (of ${settings.length}, others came to no end)`} by ` +
    `${variant.metrics[0] ?? ''} on held-out training rows: ${show(best.mean)} (${usual}).`
  );
}

const wordOf = (value: HyperParameters[string] | undefined): string =>
  typeof value === 'number' && !Number.isInteger(value)
    ? formatNumber(value, 6).replace(/0+$/, '')
    : String(value ?? '');

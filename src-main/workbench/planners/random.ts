import { canonicalJson } from '../../base/canonical.ts';
import { stream } from '../../engine/random/streams.ts';
import type { Stream } from '../../engine/random/streams.ts';
import type { HyperParameterField } from '../../methods/field-text.ts';
import type { HyperParameters, MethodDescription } from '../../methods/contract.ts';
import { formFields, resolveHyperParameters } from '../../methods/hyper-parameters.ts';
import type { MethodRegistry } from '../../methods/registry.ts';
import { formatNumber, formatValue, unitSymbol } from '../../metrics/format.ts';
import { METRICS } from '../../metrics/registry.ts';
import { mean } from '../../metrics/statistics/estimates.ts';
import type { SuiteDescription } from '../../suites/contract.ts';
import type { SuiteRegistry } from '../../suites/registry.ts';
import { idOfVariant, variantOf } from '../../suites/variants.ts';
import type { StudyRequest } from '../contract/contract.ts';
import type { Grid, KnownTrial, Planner } from './planner.ts';

export interface RandomParts {
  readonly methods: MethodRegistry;
  readonly suites: SuiteRegistry;
  /** Published hyper-parameters of a method on a suite. */
  settings(suite: string, method: string): HyperParameters;
}

/** A number is drawn within this factor of its default, integers nearer: they mostly multiply the cost. */
const REACH = { number: 10, integer: 2 } as const;

/**
 * Random search (Bergstra & Bengio 2012). First every method runs with its usual settings and with `candidates − 1`
 * drawn ones on the development variant of each suite, with the first seed. Then, on the published suite and with all
 * seeds, the one with the best mean of the suite's first metric runs. Test data take no part in the choice.
 */
export function random(request: StudyRequest, candidates: number, parts: RandomParts): Planner {
  const { suites, methods, seeds, references } = request;
  const pairs = suites.flatMap((suite) => methods.map((asked, index) => ({ suite, asked, index })));
  const settingsOf = ({ suite, asked, index }: (typeof pairs)[number]): readonly HyperParameters[] => {
    const method = parts.methods.get(asked.method);
    const usual = resolveHyperParameters(method, asked.hyperParameters, parts.settings(suite, method.id));
    const open = formFields(method.schema).filter(({ name }) => asked.hyperParameters[name] === undefined);
    const drawn = Array.from({ length: candidates - 1 }, (_, i) =>
      drawnAround(method, usual, open, stream(0, `tuning/${suite}/${method.id}/${index}/${i}`)),
    );
    return [...new Map([usual, ...drawn].map((values) => [canonicalJson(values), values])).values()];
  };
  return {
    next(known) {
      if (known.some(({ suite }) => variantOf(suite) === 'published')) return 'done';
      if (known.length === 0) {
        const trials = pairs.map((pair): Grid => {
          const tried = settingsOf(pair).map((hyperParameters) => ({ method: pair.asked.method, hyperParameters }));
          const suite = parts.suites.get(idOfVariant(pair.suite, 'dev')).id;
          return { suites: [suite], methods: tried, seeds: seeds.slice(0, 1), references: false };
        });
        return { trials, says: [`Tuning: ${candidates} settings of each method on the development variant.`] };
      }
      const chosen = pairs.map((pair) => {
        const suite = parts.suites.get(pair.suite);
        return { pair, suite, best: bestOf(known, settingsOf(pair), pair.asked.method, suite) };
      });
      return {
        trials: chosen.flatMap(({ pair: { suite, asked }, best }): Grid[] => {
          if (best === null) return [];
          const tuned = { method: asked.method, label: asked.label ?? 'tuned', hyperParameters: best.values };
          return [{ suites: [suite], methods: [tuned], seeds, references }];
        }),
        says: chosen.map(({ pair, suite, best }) => sentenceOf(pair.asked.method, suite, best)),
      };
    },
  };
}

/** Settings around the usual ones: what is open is drawn anew, each field for itself. */
function drawnAround(
  method: MethodDescription,
  usual: HyperParameters,
  open: readonly HyperParameterField[],
  draws: Stream,
): HyperParameters {
  const values = open.flatMap((field): [string, HyperParameters[string]][] => {
    const value = drawn(field, usual[field.name], draws);
    return value === undefined ? [] : [[field.name, value]];
  });
  const parsed = method.schema.safeParse({ ...usual, ...Object.fromEntries(values) });
  // Fields may exclude one another: then this one stays as usual.
  return parsed.success ? resolveHyperParameters(method, { ...usual, ...Object.fromEntries(values) }) : usual;
}

/** Numbers on a logarithmic scale around their usual value; 0 stays 0 in half of the draws. */
function drawn(
  { kind, minimum, maximum, choices }: HyperParameterField,
  usual: HyperParameters[string] | undefined,
  draws: Stream,
): HyperParameters[string] | undefined {
  if (kind === 'boolean') return draws.uniform() < 0.5;
  if (kind === 'choice') return choices?.[Math.floor(draws.uniform() * choices.length)];
  if ((kind !== 'number' && kind !== 'integer') || typeof usual !== 'number') return undefined;
  const bounds = { least: minimum ?? -Infinity, most: maximum ?? Infinity };
  const within = (value: number): number => Math.min(bounds.most, Math.max(bounds.least, value));
  const isWhole = kind === 'integer';
  const value =
    usual === 0
      ? draws.uniform() < 0.5 || isWhole
        ? 0
        : 10 ** (-4 + 3 * draws.uniform())
      : around(usual, REACH[kind], bounds, draws);
  return isWhole ? Math.round(within(value)) : Number(within(value).toPrecision(3));
}

/**
 * A draw on a logarithmic scale, within this factor and the field's bounds: drawn between them, not cut off at them, or
 * half of all draws of a value near its bound would be that bound.
 */
function around(
  usual: number,
  factor: number,
  { least, most }: { readonly least: number; readonly most: number },
  draws: Stream,
): number {
  const [low, high] = [Math.max(least, usual / factor), Math.min(most, usual * factor)];
  // Negative values, whose ends change places, are drawn by their size.
  if (!(low > 0)) return usual * factor ** (2 * draws.uniform() - 1);
  return low * (high / low) ** draws.uniform();
}

interface Best {
  readonly values: HyperParameters;
  readonly mean: number;
  /** Of the usual settings; null where they did not end well. */
  readonly usual: number | null;
  readonly tried: number;
  readonly ended: number;
}

/** The settings with the best mean; those that diverged or failed are no candidates. Null where none is left. */
function bestOf(
  known: readonly KnownTrial[],
  settings: readonly HyperParameters[],
  method: string,
  suite: SuiteDescription,
): Best | null {
  const sign = METRICS.find(({ id }) => id === suite.metrics[0])?.direction === 'lower' ? -1 : 1;
  const results = settings.map((values) => {
    const own = known.filter(
      (trial) =>
        trial.suite === idOfVariant(suite.id, 'dev') &&
        trial.method === method &&
        canonicalJson(trial.hyperParameters) === canonicalJson(values),
    );
    const measured = own.flatMap(({ state, headline }) => (state === 'done' && headline !== null ? [headline] : []));
    return { values, mean: own.length > 0 && measured.length === own.length ? mean(measured) : null };
  });
  const ended = results.flatMap((one) => (one.mean === null ? [] : [{ values: one.values, mean: one.mean }]));
  const [best] = [...ended].sort((a, b) => sign * (b.mean - a.mean));
  if (best === undefined) return null;
  return { ...best, usual: results[0]?.mean ?? null, tried: settings.length, ended: ended.length };
}

function sentenceOf(method: string, suite: SuiteDescription, best: Best | null): string {
  if (best === null)
    return `Tuning: no setting of ${method} came to an end on the development variant of ${suite.id}; it is left out.`;
  const metric = METRICS.find(({ id }) => id === suite.metrics[0]);
  const unit = metric?.unit ?? 'number';
  const show = (value: number): string => `${formatValue(value, unit)}${unitSymbol(unit)}`;
  const values = Object.entries(best.values).map(([name, value]) => `${name}=${wordOf(value)}`);
  const usual =
    best.usual === null ? 'which did not end with the usual ones' : `${show(best.usual)} with the usual ones`;
  return (
    `Tuned ${method} on ${suite.id}: ${values.join(', ')}. Best of ${best.ended} settings by ` +
    `${suite.metrics[0] ?? ''} on held-out training rows: ${show(best.mean)} (${usual}).`
  );
}

const wordOf = (value: HyperParameters[string]): string =>
  typeof value === 'number' && !Number.isInteger(value) ? formatNumber(value, 6).replace(/0+$/, '') : String(value);

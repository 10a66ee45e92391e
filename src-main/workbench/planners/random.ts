import { canonicalJson } from '../../base/canonical.ts';
import { stream } from '../../engine/random/streams.ts';
import type { Stream } from '../../engine/random/streams.ts';
import type { HyperParameterField } from '../../methods/field-text.ts';
import type { HyperParameters, MethodDescription } from '../../methods/contract.ts';
import { formFields, resolveHyperParameters } from '../../methods/hyper-parameters.ts';
import type { StudyRequest } from '../contract/contract.ts';
import type { Planner } from './planner.ts';
import { tuned } from './tuning.ts';
import type { Contest, TuningParts } from './tuning.ts';

/** A number is drawn within this factor of its default, integers nearer: they mostly multiply the cost. */
const REACH = { number: 10, integer: 2 } as const;

/**
 * Random search (Bergstra & Bengio 2012): of every method compete its usual settings and `candidates − 1` drawn ones.
 */
export function random(request: StudyRequest, candidates: number, parts: TuningParts): Planner {
  const { suites, methods } = request;
  const contests = suites.flatMap((suite) =>
    methods.map((asked, index): Contest => {
      const method = parts.methods.get(asked.method);
      const usual = resolveHyperParameters(method, asked.hyperParameters, parts.settings(suite, method.id));
      const open = formFields(method.schema).filter(({ name }) => asked.hyperParameters[name] === undefined);
      const drawn = Array.from({ length: candidates - 1 }, (_, i) =>
        drawnAround(method, usual, open, stream(0, `tuning/${suite}/${method.id}/${index}/${i}`)),
      );
      const settings = [...new Map([usual, ...drawn].map((values) => [canonicalJson(values), values])).values()];
      return { suite, method: asked.method, label: asked.label, settings };
    }),
  );
  return tuned(request, contests, parts, {
    says: `Tuning: ${candidates} settings of each method on the development variant.`,
    first: 'the usual ones',
  });
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

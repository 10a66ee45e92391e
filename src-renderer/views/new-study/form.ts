import { nameTrouble } from '../../../src-main/workbench/contract/contract.ts';
import type {
  FormField,
  MethodInfo,
  Refusals,
  StudyRequest,
  SuiteInfo,
} from '../../../src-main/workbench/contract/contract.ts';
import { decimal } from '../../../src-main/base/numbers.ts';
import { parseSeeds, seedsText } from '../../../src-main/workbench/seeds.ts';
import { quotedValue } from '../../../src-main/workbench/quoted.ts';
import { plural } from '../../app/format.ts';
import { allowed } from '../../../src-main/methods/field-text.ts';
import { combinationCount, combinations, MOST_CONFIGURATIONS, sweptValues } from '../../../src-main/workbench/sweep.ts';

export type Scalar = number | string | boolean;

/**
 * What a person typed into a method's form; a field that is absent or blank keeps the published setting. A field may
 * hold several values, as a list or a range: the line then stands for every combination.
 */
export type Typed = Readonly<Record<string, string>>;

export interface Configuration {
  /** Identity on screen only. */
  readonly key: number;
  readonly method: string;
  readonly label: string;
  readonly typed: Typed;
}

export type Checked =
  { readonly ok: true; readonly value: Scalar | undefined } | { readonly ok: false; readonly message: string };

/** What was typed into a field as the field's kind; undefined when it is blank. */
export function checkField(field: FormField, typed: string | undefined): Checked {
  const text = (typed ?? '').trim();
  return text === '' ? { ok: true, value: undefined } : checkValue(field, text);
}

/** One value of a field, without quotation marks. */
function checkValue(field: FormField, text: string): Checked {
  const refuse: Checked = { ok: false, message: `${field.name} must be ${allowed(field)}, not ${text}.` };
  switch (field.kind) {
    case 'text':
      return { ok: true, value: text };
    case 'boolean':
      return text === 'true' || text === 'false' ? { ok: true, value: text === 'true' } : refuse;
    case 'choice':
      return field.choices?.includes(text) === true ? { ok: true, value: text } : refuse;
    case 'number':
    case 'integer': {
      const value = decimal(text);
      const fits =
        value !== null &&
        (field.kind === 'number' || Number.isInteger(value)) &&
        value >= (field.minimum ?? -Infinity) &&
        value <= (field.maximum ?? Infinity) &&
        (field.choices === null || field.choices.includes(String(value)));
      return fits ? { ok: true, value } : refuse;
    }
  }
}

export type CheckedValues =
  { readonly ok: true; readonly values: readonly Scalar[] } | { readonly ok: false; readonly message: string };

/**
 * All values that were typed into a field, a list or a range (`1, 10, 100`; `1e-3…1e1 log 5`); none when it is blank.
 */
export function checkValues(field: FormField, typed: string | undefined): CheckedValues {
  const swept = sweptValues(typed ?? '', field.kind);
  if (!swept.ok) return swept;
  const values: Scalar[] = [];
  for (const text of swept.values) {
    const checked = checkValue(field, text);
    if (!checked.ok) return checked;
    if (checked.value !== undefined && !values.includes(checked.value)) values.push(checked.value);
  }
  return { ok: true, values };
}

/** How many configurations one line of the form stands for. */
export function configurationCount(method: MethodInfo, typed: Typed): number {
  return combinationCount(
    new Map(
      method.fields.map((field) => {
        const checked = checkValues(field, typed[field.name]);
        return [field.name, checked.ok ? checked.values : []];
      }),
    ),
  );
}

export interface FieldDefault {
  /** One value, or null when the chosen suites have different published values. */
  readonly value: Scalar | null;
  /** The value of each chosen suite. */
  readonly bySuite: readonly { readonly suite: string; readonly value: Scalar; readonly source: string | null }[];
}

/** What a field is when nothing is typed: the setting published for each suite, else the method's default. */
export function defaultOf(
  method: MethodInfo,
  field: FormField,
  suites: readonly string[],
  refusals: KnownRefusals,
): FieldDefault {
  const bySuite = suites
    .filter((suite) => isFit(method, suite, refusals))
    .map((suite) => {
      const setting = method.settings[suite];
      const published = setting?.values[field.name];
      return published === undefined
        ? { suite, value: field.default, source: null }
        : { suite, value: published, source: setting?.source ?? null };
    });
  const [first] = bySuite;
  if (first === undefined) return { value: field.default, bySuite };
  return { value: bySuite.every((one) => one.value === first.value) ? first.value : null, bySuite };
}

/** Whether a method fits a suite that was asked. */
export function isFit({ id }: MethodInfo, suite: string, refusals: KnownRefusals): boolean {
  const refused = refusals.get(suite);
  return refused !== undefined && refused[id] === undefined;
}

/** A stored request as a draft again: each of its configurations a line of its own. */
export function draftOf(request: StudyRequest): Draft {
  return {
    name: '',
    suites: request.suites,
    configurations: request.methods.map(({ method, label, hyperParameters }, index) => ({
      key: index + 1,
      method,
      label: label ?? '',
      typed: Object.fromEntries(Object.entries(hyperParameters).map(([name, value]) => [name, quotedValue(value)])),
    })),
    seeds: seedsText(request.seeds),
    backend: request.backend,
    references: request.references,
  };
}

export interface Draft {
  readonly name: string;
  readonly suites: readonly string[];
  readonly configurations: readonly Configuration[];
  readonly seeds: string;
  readonly backend: StudyRequest['backend'];
  readonly references: boolean;
}

export type Built =
  { readonly ok: true; readonly request: StudyRequest } | { readonly ok: false; readonly todo: readonly string[] };

/** The request that a draft stands for, or everything that keeps it from being one, in words. */
export function buildRequest(draft: Draft, methods: ReadonlyMap<string, MethodInfo>, fallbackName: string): Built {
  const todo: string[] = [];
  if (draft.suites.length === 0) todo.push('Choose a suite.');
  if (draft.configurations.length === 0) todo.push('Choose a method.');
  const seeds = parseSeeds(draft.seeds);
  if (!seeds.ok) todo.push(seeds.message);
  const seen = new Set<string>();
  const entries = draft.configurations.flatMap((configuration) => {
    const method = methods.get(configuration.method);
    const title = method?.title ?? configuration.method;
    const typed = new Map<string, readonly Scalar[]>();
    for (const field of method?.fields ?? []) {
      const checked = checkValues(field, configuration.typed[field.name]);
      if (!checked.ok) todo.push(`${title}: ${checked.message}`);
      else typed.set(field.name, checked.values);
    }
    const count = combinationCount(typed);
    if (count > MOST_CONFIGURATIONS) {
      todo.push(`${title}: one line stands for ${count} configurations; at most ${MOST_CONFIGURATIONS} can be.`);
      return [];
    }
    const label = configuration.label.trim();
    return combinations(typed).map((values) => {
      const identity = JSON.stringify([configuration.method, [...values].sort(([a], [b]) => a.localeCompare(b))]);
      if (seen.has(identity)) todo.push(`${title}: two configurations have the same settings.`);
      seen.add(identity);
      return {
        method: configuration.method,
        // A label names one configuration; those of a sweep are told apart by their settings.
        ...(label === '' || count > 1 ? {} : { label }),
        hyperParameters: Object.fromEntries(values),
      };
    });
  });
  const name = draft.name.trim() === '' ? fallbackName : draft.name.trim();
  const tooLong = nameTrouble(name);
  if (tooLong !== null) todo.push(`${tooLong} Shorten it.`);
  if (todo.length > 0 || !seeds.ok) return { ok: false, todo: [...new Set(todo)] };
  return {
    ok: true,
    request: {
      name,
      suites: [...draft.suites],
      methods: entries,
      seeds: [...seeds.seeds],
      backend: draft.backend,
      references: draft.references,
    },
  };
}

/** A name that says what is compared: `EWC, SI on Split-MNIST, class-IL`. */
export function suggestName(methods: readonly string[], suites: readonly string[]): string {
  const few = (names: readonly string[], what: string): string =>
    names.length <= 3 ? names.join(', ') : `${names.length} ${what}`;
  if (methods.length === 0 || suites.length === 0) return '';
  const who = few([...new Set(methods)], 'methods');
  const full = `${who} on ${suites.length <= 2 ? suites.join(' and ') : `${suites.length} suites`}`;
  // Longer than a header is wide: counts say more than a name that is cut off.
  const short = full.length <= 56 || suites.length === 1 ? full : `${who} on ${suites.length} suites`;
  // Names of one's own methods and suites may be as long as they like.
  return nameTrouble(short) === null
    ? short
    : `${plural(methods.length, 'method')} on ${plural(suites.length, 'suite')}`;
}

export type Fit = { readonly fits: true } | { readonly fits: false; readonly reason: string };

/** Why methods do not fit, by suite and method, of the suites that were asked. */
export type KnownRefusals = ReadonlyMap<string, Refusals[string]>;

export function fitOf(method: MethodInfo, suite: SuiteInfo, refusals: KnownRefusals): Fit {
  if (!suite.ready) return { fits: false, reason: missingText(suite) };
  const refused = refusals.get(suite.id);
  if (refused === undefined) return { fits: false, reason: 'Being asked.' };
  const reason = refused[method.id];
  return reason === undefined ? { fits: true } : { fits: false, reason };
}

/** Why a suite cannot run. */
export function missingText(suite: SuiteInfo): string {
  return `Needs ${suite.missing.join(', ')}, not on this machine yet.`;
}

/** The end of the scale that a method is by one of these suites; by its own word where none is chosen. */
export function endOf(method: MethodInfo, suites: readonly SuiteInfo[]): 'lower' | 'upper' | null {
  if (suites.length === 0) return method.reference;
  if (suites.some(({ references }) => references.upper === method.id)) return 'upper';
  return suites.some(({ references }) => references.lower === method.id) ? 'lower' : null;
}

/** Methods that fit at least one of the chosen suites, and the others, both in the catalogue's order. */
export function orderMethods(
  methods: readonly MethodInfo[],
  suites: readonly SuiteInfo[],
  refusals: KnownRefusals,
): { readonly fitting: readonly MethodInfo[]; readonly others: readonly MethodInfo[] } {
  const fits = (method: MethodInfo): boolean => suites.some(({ id }) => isFit(method, id, refusals));
  return { fitting: methods.filter(fits), others: methods.filter((method) => !fits(method)) };
}

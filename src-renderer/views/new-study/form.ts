import type { FormField, MethodInfo, StudyRequest, SuiteInfo } from '../../../src-main/workbench/contract.ts';
import { decimal } from '../../../src-main/base/numbers.ts';
import { parseSeeds } from '../../../src-main/workbench/seeds.ts';

export type Scalar = number | string | boolean;

/** What a person typed into a method's form; a field that is absent or blank keeps the published setting. */
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

/** `a whole number from 1 to 100`. */
export function allowedText({ kind, minimum, maximum, choices }: FormField): string {
  if (kind === 'boolean') return 'on or off';
  if (kind === 'choice') return `one of ${(choices ?? []).join(', ')}`;
  if (kind === 'text') return 'text';
  const what = kind === 'integer' ? 'a whole number' : 'a number';
  if (minimum !== null && maximum !== null) return `${what} from ${minimum} to ${maximum}`;
  if (minimum !== null) return `${what} of at least ${minimum}`;
  if (maximum !== null) return `${what} of at most ${maximum}`;
  return what;
}

/** What was typed into a field as the field's kind; undefined when it is blank. */
export function checkField(field: FormField, typed: string | undefined): Checked {
  const text = (typed ?? '').trim();
  if (text === '') return { ok: true, value: undefined };
  const refuse: Checked = { ok: false, message: `${field.name} must be ${allowedText(field)}, not ${text}.` };
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
        value <= (field.maximum ?? Infinity);
      return fits ? { ok: true, value } : refuse;
    }
  }
}

export interface FieldDefault {
  /** One value, or null when the chosen suites have different published values. */
  readonly value: Scalar | null;
  /** The value of each chosen suite. */
  readonly bySuite: readonly { readonly suite: string; readonly value: Scalar; readonly source: string | null }[];
}

/** What a field is when nothing is typed: the setting published for each suite, else the method's default. */
export function defaultOf(method: MethodInfo, field: FormField, suites: readonly string[]): FieldDefault {
  const bySuite = suites
    .filter((suite) => method.fits[suite] === true)
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
  const seen = new Map<string, string>();
  const entries = draft.configurations.map((configuration) => {
    const method = methods.get(configuration.method);
    const values: Record<string, Scalar> = {};
    for (const field of method?.fields ?? []) {
      const checked = checkField(field, configuration.typed[field.name]);
      if (!checked.ok) todo.push(`${method?.title ?? configuration.method}: ${checked.message}`);
      else if (checked.value !== undefined) values[field.name] = checked.value;
    }
    const identity = JSON.stringify([
      configuration.method,
      Object.entries(values).sort(([a], [b]) => a.localeCompare(b)),
    ]);
    if (seen.has(identity))
      todo.push(`${method?.title ?? configuration.method}: two configurations have the same settings.`);
    seen.set(identity, configuration.method);
    const label = configuration.label.trim();
    return { method: configuration.method, ...(label === '' ? {} : { label }), hyperParameters: values };
  });
  if (todo.length > 0 || !seeds.ok) return { ok: false, todo: [...new Set(todo)] };
  const name = (draft.name.trim() === '' ? fallbackName : draft.name.trim()).slice(0, 120);
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
  return (full.length <= 56 || suites.length === 1 ? full : `${who} on ${suites.length} suites`).slice(0, 120);
}

const FAMILIES: Readonly<Record<string, string>> = {
  continual: 'Continual learning',
  merging: 'Model merging',
  ensembling: 'Ensembling',
  training: 'Training one network',
};

export const familyTitle = (family: string): string => FAMILIES[family] ?? family;

/** Suites by family in their own order; `needle` searches title, id, scenario and data sets, every word anywhere. */
export function groupSuites(
  suites: readonly SuiteInfo[],
  needle: string,
  only: 'all' | 'quick',
): readonly { readonly family: string; readonly suites: readonly SuiteInfo[] }[] {
  const words = needle
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const found = suites.filter((suite) => {
    const text = [
      suite.title,
      suite.id,
      suite.scenario,
      familyTitle(suite.family),
      ...suite.datasets,
      suite.quick ? 'quick' : '',
    ]
      .join(' ')
      .toLowerCase();
    return (only === 'all' || suite.quick) && words.every((word) => text.includes(word));
  });
  return [...new Set(found.map((suite) => suite.family))].map((family) => ({
    family,
    suites: found.filter((suite) => suite.family === family),
  }));
}

export type Fit = { readonly fits: true } | { readonly fits: false; readonly reason: string };

export function fitOf(method: MethodInfo, suite: SuiteInfo): Fit {
  if (!suite.ready) return { fits: false, reason: missingText(suite) };
  const verdict = method.fits[suite.id];
  if (verdict === true) return { fits: true };
  return { fits: false, reason: verdict ?? `${method.title} has not said whether it fits ${suite.title}.` };
}

/** Why a suite cannot run. */
export function missingText(suite: SuiteInfo): string {
  return `Needs ${suite.missing.join(', ')}, not on this machine yet.`;
}

/** Methods that fit at least one of the chosen suites first, each group in the catalogue's order; reference ends last in their group. */
export function orderMethods(
  methods: readonly MethodInfo[],
  suites: readonly SuiteInfo[],
): { readonly fitting: readonly MethodInfo[]; readonly others: readonly MethodInfo[] } {
  const fits = (method: MethodInfo): boolean => suites.some((suite) => method.fits[suite.id] === true);
  const own = methods.filter(fits);
  return {
    fitting: [
      ...own.filter((method) => method.reference === null),
      ...own.filter((method) => method.reference !== null),
    ],
    others: methods.filter((method) => !fits(method)),
  };
}

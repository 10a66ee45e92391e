import { decimal } from '../../../src-main/base/numbers.ts';
import { scalarFromText } from '../../../src-main/methods/field-text.ts';
import type { FormField, Input, MethodInfo } from '../../../src-main/workbench/contract/contract.ts';

/** A merge as it is typed. */
export interface MergeForm {
  base: string;
  models: { path: string; weight: string }[];
  method: string;
  /** By the name of the setting; blank: as usual. */
  typed: Record<string, string>;
  output: string;
  dtype: '' | 'float32' | 'float16' | 'bfloat16';
  force: boolean;
}

export const emptyForm = (): MergeForm => ({
  base: '',
  models: [
    { path: '', weight: '1' },
    { path: '', weight: '1' },
  ],
  method: 'ties',
  typed: {},
  output: '',
  dtype: '',
  force: false,
});

/** Methods that merge files, by title. */
export const mergingMethods = (methods: readonly MethodInfo[]): readonly MethodInfo[] =>
  methods.filter(({ mergesFiles }) => mergesFiles !== undefined).sort((a, b) => (a.title < b.title ? -1 : 1));

const NEEDS = {
  base: 'Add up what the models changed: need their base',
  models: 'Average the models: need no base',
  perModel: 'Keep a net for each model',
} as const;

function needOf({ mergesFiles }: MethodInfo): keyof typeof NEEDS {
  if (mergesFiles?.perModel === true) return 'perModel';
  return mergesFiles?.needsStart === true ? 'base' : 'models';
}

export interface MethodGroup {
  readonly title: string;
  readonly methods: readonly MethodInfo[];
}

/** Methods under what they need. */
export const methodGroups = (methods: readonly MethodInfo[]): readonly MethodGroup[] =>
  (['base', 'models', 'perModel'] as const).flatMap((need) => {
    const own = methods.filter((method) => needOf(method) === need);
    return own.length === 0 ? [] : [{ title: NEEDS[need], methods: own }];
  });

/** The name of a checkpoint without its ending. */
export const shortName = (name: string): string => name.replace(/\.safetensors(\.index\.json)?$/, '');

/** What a setting is unless it is typed. */
export const usualValue = (method: Pick<MethodInfo, 'mergesFiles'>, field: FormField): FormField['default'] =>
  method.mergesFiles?.usual[field.name] ?? field.default;

/** The files of the form that are named. */
export const namedModels = ({ models }: MergeForm): readonly string[] =>
  models.map(({ path }) => path.trim()).filter((path) => path !== '');

/** What is missing before anything can be merged, as a sentence; null where nothing is. */
export function missing(form: MergeForm, method: MethodInfo | undefined): string | null {
  if (method === undefined) return 'Choose how the models are merged.';
  const wanted = method.mergesFiles?.models ?? null;
  const count = namedModels(form).length;
  if (count === 0) return 'Name the models.';
  if (wanted !== null && count !== wanted) return `${method.title} merges ${wanted} models; ${count} are named.`;
  if (method.mergesFiles?.needsStart === true && form.base.trim() === '')
    return `${method.title} needs the model that the others were trained from.`;
  if (form.models.some(({ path, weight }) => path.trim() !== '' && decimal(weight.trim()) === null))
    return 'A weight is a number.';
  return form.output.trim() === '' ? 'Say where the result goes.' : null;
}

/** The request that a form is. */
export function requestOf(form: MergeForm, method: MethodInfo): Input<'merge.start'> {
  const models = form.models.filter(({ path }) => path.trim() !== '');
  const typed = Object.entries(form.typed).filter(
    ([name, text]) => text.trim() !== '' && method.fields.some((field) => field.name === name),
  );
  const output = form.output.trim();
  return {
    steps: [
      {
        method: method.id,
        ...(form.base.trim() === '' ? {} : { base: form.base.trim() }),
        models: models.map(({ path }) => path.trim()),
        weights: models.map(({ weight }) => decimal(weight.trim()) ?? NaN),
        set: Object.fromEntries(
          typed.map(([name, text]) => {
            const field = method.fields.find((each) => each.name === name);
            return [name, scalarFromText(text.trim(), field)];
          }),
        ),
      },
    ],
    // A folder that was chosen gets a file.
    output: output.endsWith('.safetensors') ? output : `${output.replace(/[\\/]$/, '')}/merged.safetensors`,
    force: form.force,
    ...(form.dtype === '' ? {} : { dtype: form.dtype }),
  };
}

/** Dropped files: the first one is the base where none is named, the others take the empty lines. */
export function withFiles(form: MergeForm, paths: readonly string[]): void {
  for (const path of paths) {
    const looksLikeBase = /base|start|pretrain/i.test(path.replace(/^.*[\\/]/, ''));
    if (form.base === '' && looksLikeBase) form.base = path;
    else {
      const empty = form.models.find((model) => model.path.trim() === '');
      if (empty === undefined) form.models.push({ path, weight: '1' });
      else empty.path = path;
    }
  }
}

/** Names of the pairs of models, in the order of their cosines. */
export function pairNames(models: readonly string[]): readonly string[] {
  const short = models.map(shortName);
  return short.flatMap((a, first) => short.slice(first + 1).map((b) => `${a}, ${b}`));
}

import {
  formKinds,
  suiteForm,
  usualForm,
  type DataKind,
  type FormData,
  type SuiteForm,
} from '../../../src-main/suites/made/form.ts';

/** A form as it is typed: hidden layers as a text, a blank where there is no limit. */
export interface TypedForm {
  kind: DataKind;
  name: string;
  hidden: string;
  epochs: number;
  batchSize: number;
  optimiser: 'adam' | 'sgd';
  rate: number;
  folds: number;
  validationPercent: number;
  scenario: 'task-il' | 'domain-il' | 'class-il';
  classesPerTask: number;
  rowsPerClass: number | '';
}

/** The usual form of a data set, of its usual kind unless told. */
export function typedForm(data: FormData, kind: DataKind = formKinds(data)[0] ?? 'rows', name = ''): TypedForm {
  const [rows, split] = (['rows', 'split'] as const).map((each) => usualForm(data, each, name));
  const own = usualForm(data, kind, name);
  return {
    kind,
    name,
    hidden: own.hidden.join(', '),
    epochs: own.epochs,
    batchSize: own.batchSize,
    optimiser: own.optimiser,
    rate: own.rate,
    folds: rows?.kind === 'rows' ? rows.folds : 1,
    validationPercent: rows?.kind === 'rows' ? 100 * rows.validationShare : 20,
    scenario: split?.kind === 'split' ? split.scenario : 'class-il',
    classesPerTask: split?.kind === 'split' ? split.classesPerTask : 2,
    rowsPerClass: '',
  };
}

/** What was typed as the Workbench takes it, or what is wrong with it by the field. */
export function checkedForm(
  dataset: string,
  typed: TypedForm,
):
  | { readonly ok: true; readonly form: SuiteForm }
  | { readonly ok: false; readonly field: string; readonly message: string } {
  const layers = typed.hidden
    .split(/[\s,]+/)
    .filter((units) => units !== '')
    .map(Number);
  const { kind, name, epochs, batchSize, optimiser, rate } = typed;
  const common = { dataset, name, hidden: layers, epochs, batchSize, optimiser, rate };
  const parsed = suiteForm.safeParse(
    kind === 'rows'
      ? { kind, ...common, folds: typed.folds, validationShare: typed.validationPercent / 100 }
      : {
          kind,
          ...common,
          scenario: typed.scenario,
          classesPerTask: typed.classesPerTask,
          rowsPerClass: typed.rowsPerClass === '' ? null : typed.rowsPerClass,
        },
  );
  if (parsed.success) return { ok: true, form: parsed.data };
  const [issue] = parsed.error.issues;
  return { ok: false, field: String(issue?.path[0] ?? ''), message: issue?.message ?? 'The form is not complete.' };
}

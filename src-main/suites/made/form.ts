import { z } from 'zod';

/**
 * A suite of a person's own as a small form over one data set: nothing is imported but its parser, so that it runs in a
 * browser. It is stored as it stands, one file a suite, and never changed: who wants another protocol makes another
 * suite.
 */

const layers = z.array(z.int().min(1).max(10_000)).max(20);
const common = {
  dataset: z.string().min(1).max(100),
  /** Its name behind the data set's: `rows/churn/wide`. */
  name: z
    .string()
    .max(40)
    .regex(/^[a-z0-9][a-z0-9_-]*$/, 'a name is lower-case letters, digits, _ and -'),
  /** Units of the hidden layers of an MLP. */
  hidden: layers,
  epochs: z.int().min(1).max(10_000),
  batchSize: z.int().min(1).max(100_000),
  optimiser: z.enum(['adam', 'sgd']),
  rate: z.number().gt(0).max(10),
};

export const rowsForm = z.strictObject({
  kind: z.literal('rows'),
  ...common,
  /** 1: the data set's own split; else all rows are dealt out to so many folds, each tested once. */
  folds: z.union([z.literal(1), z.int().min(2).max(20)]),
  /** Share of the training rows that validates. */
  validationShare: z.number().min(0.05).max(0.5),
});
export const splitForm = z.strictObject({
  kind: z.literal('split'),
  ...common,
  scenario: z.enum(['task-il', 'domain-il', 'class-il']),
  classesPerTask: z.int().min(1).max(1000),
  /** Of each class at most so many training rows; null: all. */
  rowsPerClass: z.int().min(1).max(1_000_000).nullable(),
});
/** A safetensors file of a network with these layers; `sha256`: what it held when the suite was made. */
const givenModel = z.strictObject({ file: z.string().min(1), sha256: z.string().default('') });
export const expertsForm = z.strictObject({
  kind: z.literal('experts'),
  ...common,
  validationShare: z.number().min(0.05).max(0.5),
  models: z.array(givenModel).min(2).max(50),
  /** The network that they were all trained from; null where they have none in common. */
  start: givenModel.nullable(),
});
export const suiteForm = z.discriminatedUnion('kind', [rowsForm, splitForm, expertsForm]);
export type SuiteForm = z.infer<typeof suiteForm>;
export type ExpertsForm = z.infer<typeof expertsForm>;
/** Kinds of suites that a data set is alone; experts need files beside it. */
export type DataKind = 'rows' | 'split';
export type DataForm = Exclude<SuiteForm, ExpertsForm>;

/** What a form has to know of the data set that it is about. */
export interface FormData {
  readonly id: string;
  readonly kind: 'image' | 'table';
  readonly classes: readonly string[];
  readonly rows: { readonly train: number; readonly test: number };
}

/** From so many training rows on, batches are larger and epochs fewer, so that a trial stays a matter of seconds. */
const MANY_ROWS = 5_000;
/** A stream has at least two tasks of two classes. */
const LEAST_CLASSES = 4;
const MOST_TASKS = 10;

/** How many classes of each task a data set can be cut into, the fewest first; none where it has too few classes. */
export function taskSizes(classes: number): readonly number[] {
  return Array.from({ length: classes }, (_, size) => size).filter(
    (size) => size >= 2 && size * 2 <= classes && classes % size === 0,
  );
}

/** Which kinds of suite a data set can become, the usual one first. */
export function formKinds({ kind, classes }: FormData): readonly DataKind[] {
  const split: DataKind[] =
    kind === 'image' && classes.length >= LEAST_CLASSES && taskSizes(classes.length).length > 0 ? ['split'] : [];
  return kind === 'image' ? [...split, 'rows'] : ['rows'];
}

/** The form as it is before a person changes it. */
export function usualForm(data: FormData, kind: DataKind, name: string): DataForm {
  const many = data.rows.train >= MANY_ROWS;
  const shared = { dataset: data.id, name, optimiser: 'adam' as const, rate: 0.001 };
  if (kind === 'rows')
    return {
      kind,
      ...shared,
      hidden: data.kind === 'image' ? [200, 200] : [64, 64],
      epochs: many ? 20 : 40,
      batchSize: many ? 128 : 32,
      folds: 1,
      validationShare: data.kind === 'image' ? 0.1 : 0.2,
    };
  const sizes = taskSizes(data.classes.length);
  return {
    kind,
    ...shared,
    hidden: [200, 200],
    epochs: many ? 4 : 10,
    batchSize: many ? 128 : 32,
    scenario: 'class-il',
    classesPerTask: sizes.find((size) => data.classes.length / size <= MOST_TASKS) ?? sizes[0] ?? 2,
    rowsPerClass: null,
  };
}

/** The id of the suite that a form makes. */
export const madeId = ({ kind, dataset, name }: Pick<SuiteForm, 'kind' | 'dataset' | 'name'>): string =>
  `${kind}/${dataset}/${name}`;

/** Of the id of a made suite its parts, or null where the id is no such. */
export function madeParts(
  id: string,
): { readonly kind: string; readonly dataset: string; readonly name: string } | null {
  const [kind, dataset, name, ...rest] = id.split('/');
  if (
    (kind !== 'rows' && kind !== 'split' && kind !== 'experts') ||
    dataset === undefined ||
    name === undefined ||
    rest.length > 0
  )
    return null;
  return { kind, dataset, name };
}

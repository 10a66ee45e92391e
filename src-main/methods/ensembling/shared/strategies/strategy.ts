import type { z } from 'zod';

/** What one model says of rows: distributions over classes [rows × width], or one number a row (width 1). */
export interface Predictions {
  readonly kind: 'probabilities' | 'numbers';
  readonly rows: number;
  readonly width: number;
  readonly values: Float64Array;
}

/** What all models say of the rows that a strategy is fitted on, and what is true of these. */
export interface Fitting {
  readonly models: readonly Predictions[];
  readonly target: Float64Array;
}

/** A strategy after it was fitted. */
export interface FittedStrategy {
  /** One prediction from those of all models, in their order. */
  apply(models: readonly Predictions[]): Predictions;
  /** One weight a model, where it has such. */
  readonly weights?: readonly number[];
  /** Of a selection step by step: the models chosen, and the loss after each. */
  readonly path?: { readonly order: readonly number[]; readonly losses: readonly number[] };
  /** Numbers that were fitted, by name. */
  readonly parameters?: Readonly<Record<string, number | readonly number[]>>;
  readonly note?: string;
  /** Labels that are in the set of each row, of strategies that tell sets. */
  sets?(models: readonly Predictions[]): readonly (readonly number[])[];
}

/** A way to make one prediction of several models' own. */
export interface Strategy<S extends z.ZodRawShape = z.ZodRawShape> {
  readonly id: string;
  readonly title: string;
  readonly kinds: readonly Predictions['kind'][];
  readonly schema: z.ZodObject<S>;
  fit(fitting: Fitting, settings: Readonly<Record<string, unknown>>): FittedStrategy;
}

/** A strategy whose settings are read by its own fields. */
export function strategy<const S extends z.ZodRawShape>({
  schema,
  fit,
  ...rest
}: Omit<Strategy, 'schema' | 'fit'> & {
  readonly schema: z.ZodObject<S>;
  fit(fitting: Fitting, settings: z.output<z.ZodObject<S>>): FittedStrategy;
}): Strategy<S> {
  return { ...rest, schema, fit: (fitting, settings) => fit(fitting, schema.parse(settings)) };
}

/** Σ weight · model. */
export function weightedMean(models: readonly Predictions[], weights: ArrayLike<number>): Predictions {
  const [first] = models;
  const values = new Float64Array(first.values.length);
  for (const [model, { values: own }] of models.entries())
    if (weights[model] !== 0) for (let at = 0; at < values.length; at += 1) values[at] += weights[model] * own[at];
  return { ...first, values };
}

export const equalMean = (models: readonly Predictions[]): Predictions =>
  weightedMean(models, new Float64Array(models.length).fill(1 / models.length));

/** Distributions whose rows are divided by their sums; a row of nothing says the same of every class. */
export function normalised({ values, ...rest }: Predictions): Predictions {
  const { width } = rest;
  const out = values.map((value) => Math.max(0, value));
  for (let at = 0; at < out.length; at += width) {
    const row = out.subarray(at, at + width);
    const sum = row.reduce((total, value) => total + value, 0);
    for (let k = 0; k < width; k += 1) row[k] = sum > 0 ? row[k] / sum : 1 / width;
  }
  return { ...rest, values: out };
}

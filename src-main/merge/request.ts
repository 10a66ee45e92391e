import { z } from 'zod';
import { hyperParameters } from '../base/hyper-parameters.ts';

/** What a person asks of a merge of their own checkpoints: the same for the command line, a recipe and the window. */

/** Names of tensors by a pattern, in which * stands for anything. */
const patterns = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);
const weights = z.array(z.number());

/** Other settings for the tensors whose names match; the first rule that matches counts. */
const layerRule = z.strictObject({
  match: patterns,
  method: z.string().optional(),
  set: hyperParameters.default({}),
  weights: weights.optional(),
  /** Not merged: taken from the base, or from the model of this number (counted from 1). */
  take: z.union([z.literal('base'), z.int().min(1)]).optional(),
});

const model = z.union([z.string().min(1), z.strictObject({ file: z.string().min(1), weight: z.number() })]);

const mergeStep = z.strictObject({
  /** By which later steps name its result in place of a file. */
  name: z
    .string()
    .regex(/^[\w-]+$/, 'a name is letters, digits, _ and -')
    .optional(),
  method: z.string(),
  base: z.string().min(1).optional(),
  models: z.array(model).min(1),
  weights: weights.optional(),
  set: hyperParameters.default({}),
  layers: z.array(layerRule).default([]),
});

export const MERGE_DTYPES = ['float32', 'float16', 'bfloat16'] as const;
const GIBIBYTE = 2 ** 30;
/** The program itself takes most of so much memory. */
export const LEAST_MEMORY = GIBIBYTE / 4;

const common = {
  /** Of the merged tensors; the base's own unless told. */
  dtype: z.enum(MERGE_DTYPES).optional(),
  /** As many bytes in one file at most; all in one file unless told. */
  shardBytes: z.int().min(1).optional(),
  /** Of random numbers. */
  seed: z.int().default(0),
  /** Where output units are counted in kernels; by the files' own word, else as in PyTorch's, unless told. */
  outputAxis: z.enum(['first', 'last']).optional(),
};

/** Steps, of which the last one's result is kept. */
const steps = z.array(mergeStep).min(1);

export const mergeRecipe = z.strictObject({ ...common, steps, output: z.string().min(1).optional() });
export type MergeRecipe = z.input<typeof mergeRecipe>;

export const mergeRequest = z.strictObject({
  ...common,
  steps,
  output: z.string().min(1),
  force: z.boolean().default(false),
  memoryBytes: z.int().min(LEAST_MEMORY).default(GIBIBYTE),
});
export type MergeRequest = z.output<typeof mergeRequest>;
export type MergeStep = MergeRequest['steps'][number];
export type LayerRule = MergeStep['layers'][number];

/** A model of a step, and its weight where it stands beside it. */
export const modelOf = (given: MergeStep['models'][number]): { readonly file: string; readonly weight?: number } =>
  typeof given === 'string' ? { file: given } : given;

/** Tells whether a tensor's name is one of those that a rule is about. */
export function matcherOf({ match }: Pick<LayerRule, 'match'>): (name: string) => boolean {
  const patterns = [match].flat().map((pattern) => {
    const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`, 's');
  });
  return (name) => patterns.some((pattern) => pattern.test(name));
}

import { z } from 'zod';
import { hyperParameters } from '../../../base/hyper-parameters.ts';
import type { Network } from '../../../engine/networks/specification.ts';
import type { NamedArrays } from '../../../engine/types.ts';
import type { Method } from '../../contract.ts';
import type { MethodHeader, ValuesOf } from '../../define.ts';
import type { MergedTensor, MergeTerms, TensorMerge, TensorMergeRun } from '../../tensor-merge.ts';
import { defineMergingMethod } from './define.ts';
import { shares } from './sums.ts';
import { checkAlike } from './task-vectors.ts';

type Visitor = (tensor: MergedTensor) => void;

/**
 * How a merge that needs tensors alone is written: one tensor by itself (`tensor`), or, where something is counted over
 * the whole net first, as passes that yield a visitor each and end with what makes one tensor (`survey`). Visitors see
 * every tensor in the order of their names. `each` and `surveyEach` make an array a model, for a net in place of each.
 */
export type TensorMergeDefinition<S extends z.ZodRawShape> = MethodHeader<S> & {
  /** It works with what models changed since a common start; then `base` is never null. */
  readonly needsStart?: boolean;
  /** How many models it merges, where that is not any number from two. */
  readonly models?: number;
  /**
   * Each entry is made of the same entry of the models alone: visitors and what makes a tensor may be given slices of
   * it, one after the other.
   */
  readonly entrywise?: boolean | ((values: ValuesOf<S>) => boolean);
  /** Whether it looks at a start where one is given; where it `needsStart`, unless told. */
  readonly usesBase?: boolean;
  /** False where models cannot have weights: others than equal ones are refused. */
  readonly weighs?: false;
  /** Whether a survey looks at the whole net, or at each tensor by itself; at the net unless told. */
  surveyOf?(values: ValuesOf<S>): 'net' | 'tensor';
  /** Settings that are usual on a person's own checkpoints, where these are others than the defaults. */
  readonly onFiles?: Partial<ValuesOf<S>>;
} & (
    | { tensor(tensor: MergedTensor, values: ValuesOf<S>, terms: MergeTerms): Float32Array }
    | { each(tensor: MergedTensor, values: ValuesOf<S>, terms: MergeTerms): readonly Float32Array[] }
    | {
        survey(
          values: ValuesOf<S>,
          terms: MergeTerms,
        ): Generator<Visitor, (tensor: MergedTensor) => Float32Array, void>;
      }
    | {
        surveyEach(
          values: ValuesOf<S>,
          terms: MergeTerms,
        ): Generator<Visitor, (tensor: MergedTensor) => readonly Float32Array[], void>;
      }
  );

/** A merge that needs tensors alone: it runs on suites of experts and, tensor by tensor, on a person's checkpoints. */
export function defineTensorMerge<const S extends z.ZodRawShape>(
  definition: TensorMergeDefinition<S>,
): Method & { readonly tensorMerge: TensorMerge } {
  const tensorMerge = tensorMergeOf(definition);
  const method = defineMergingMethod({
    ...definition,
    *merge(input, values) {
      const { network, models, stream } = input;
      const base = tensorMerge.needsStart ? input.base : null;
      const nets = mergeTensors(tensorMerge, values, { base, models, shapes: shapesOf(network), stream });
      yield 0;
      if (tensorMerge.perModel) return { kind: 'a net a model', nets };
      return { kind: 'parameters', merged: nets[0], ends: [models[0], models[1]] };
    },
  });
  return { ...method, tensorMerge };
}

/** The merge without the types of its fields. */
function tensorMergeOf<S extends z.ZodRawShape>(definition: TensorMergeDefinition<S>): TensorMerge {
  const schema = z.object(definition.fields);
  const { needsStart = false, models } = definition;
  return {
    needsStart,
    ...(models === undefined ? {} : { models }),
    perModel: 'each' in definition || 'surveyEach' in definition,
    usesBase: definition.usesBase ?? needsStart,
    entrywise: (values) =>
      typeof definition.entrywise === 'function'
        ? definition.entrywise(schema.parse(values))
        : (definition.entrywise ?? false),
    onFiles: hyperParameters.parse(definition.onFiles ?? {}),
    runsFor: (values) => definition.surveyOf?.(schema.parse(values)) ?? 'net',
    start(given, terms) {
      const values = schema.parse(given);
      if (definition.weighs === false) refuseWeights(definition.title, terms.weights);
      if ('tensor' in definition) return alone((tensor) => [definition.tensor(tensor, values, terms)]);
      if ('each' in definition) return alone((tensor) => definition.each(tensor, values, terms));
      if ('survey' in definition) return surveyed(definition.survey(values, terms), (array) => [array]);
      return surveyed(definition.surveyEach(values, terms), (arrays) => arrays);
    },
  };
}

/** @throws RangeError where not all models have the same weight. */
function refuseWeights(title: string, weights: readonly number[]): void {
  if (shares(weights).some((share) => Math.abs(share - 1 / weights.length) > 1e-9))
    throw new RangeError(`${title} takes all models alike: leave weights out.`);
}

const alone = (merge: TensorMergeRun['merge']): TensorMergeRun => ({ passes: () => [], merge });

function surveyed<T>(
  survey: Generator<Visitor, (tensor: MergedTensor) => T, void>,
  arrays: (made: T) => readonly Float32Array[],
): TensorMergeRun {
  let make: ((tensor: MergedTensor) => T) | null = null;
  return {
    *passes() {
      make = yield* survey;
    },
    merge(tensor) {
      if (make === null) throw new Error('Tensors can be merged after all passes over them, not before.');
      return arrays(make(tensor));
    },
  };
}

/** Nets in memory that are to be merged. */
export interface NetsToMerge extends Pick<MergeTerms, 'stream'> {
  readonly base: NamedArrays | null;
  readonly models: readonly NamedArrays[];
  /** By name; a tensor without a shape has one axis. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** All 1 unless told. */
  readonly weights?: readonly number[];
  /** As in networks of this program unless told. */
  readonly outputAxis?: MergedTensor['outputAxis'];
}

/**
 * Merges nets that are in memory: the one net, or one a model.
 *
 * @throws RangeError when models and base have different tensors. ZodError when a hyper-parameter is out of its range.
 */
export function mergeTensors(
  merge: TensorMerge,
  values: Readonly<Record<string, unknown>>,
  { base, models, shapes, stream, outputAxis = 'last', weights = models.map(() => 1) }: NetsToMerge,
): readonly NamedArrays[] {
  checkAlike(base === null ? models : [base, ...models]);
  const names = Object.keys(models[0]);
  const layers = new Map(names.map((name) => [layerOf(name), 0]));
  [...layers.keys()].forEach((layer, index) => layers.set(layer, index));
  const tensors = names.toSorted().map((name): MergedTensor => ({
    name,
    shape: shapes[name] ?? [models[0][name].length],
    outputAxis,
    base: base?.[name] ?? null,
    models: models.map((model) => model[name]),
    layer: layers.get(layerOf(name)) ?? 0,
    layers: layers.size,
  }));
  const merged = (merge.runsFor(values) === 'net' ? [tensors] : tensors.map((tensor) => [tensor])).flatMap(
    (together) => {
      const run = merge.start(values, { models: models.length, weights, stream });
      for (const visit of run.passes()) together.forEach(visit);
      return together.map((tensor) => run.merge(tensor));
    },
  );
  return Array.from({ length: merge.perModel ? models.length : 1 }, (_, net) =>
    Object.fromEntries(tensors.map(({ name }, index) => [name, merged[index][net]])),
  );
}

const layerOf = (tensor: string): string => tensor.slice(0, Math.max(tensor.lastIndexOf('/'), 0));

/** Of every tensor of a network, by its name. */
export const shapesOf = ({ params, state }: Network): Record<string, readonly number[]> =>
  Object.fromEntries([...params, ...state].map(({ name, shape }) => [name, shape]));

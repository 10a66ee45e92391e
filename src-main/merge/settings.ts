import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { nearest } from '../base/nearest.ts';
import { CheckpointError } from '../checkpoints/error.ts';
import type { HyperParameters, Method } from '../methods/contract.ts';
import { HyperParameterError, resolveHyperParameters } from '../methods/hyper-parameters.ts';
import { loadMethod, loadMethods, UnknownMethodError } from '../methods/registry.ts';
import type { TensorMerge } from '../methods/tensor-merge.ts';
import { OwnRunnables } from '../own/run.ts';
import { matcherOf, modelOf } from './request.ts';
import type { MergeStep } from './request.ts';

/** A method that merges tensors, ready to be used. */
export interface TensorMethod {
  readonly method: Method;
  readonly merge: TensorMerge;
}

/** Finds methods by id: those of the program, and a person's own in files that are named as their methods. */
export async function tensorMethod(id: string, dataFolder: string | null): Promise<TensorMethod> {
  const method = await methodOf(id, dataFolder);
  if (method.tensorMerge === undefined)
    throw new CheckpointError(
      `${method.title} needs more than tensors (data, or a trained network to run), so it merges only on suites.`,
      `Methods that merge files: ${(await tensorMethodIds()).join(', ')}.`,
    );
  return { method, merge: method.tensorMerge };
}

/** Ids of all methods that merge tensors alone. */
export async function tensorMethodIds(): Promise<readonly string[]> {
  const { methods } = await loadMethods();
  return [...methods.values()].flatMap(({ method }) => (method.tensorMerge === undefined ? [] : [method.id])).sort();
}

async function methodOf(id: string, dataFolder: string | null): Promise<Method> {
  try {
    return await loadMethod(id);
  } catch (error) {
    if (!(error instanceof UnknownMethodError)) throw error;
    const own = dataFolder === null ? undefined : ownFile(id, dataFolder);
    if (own !== undefined) return new OwnRunnables().method(own, id);
    const ids = await tensorMethodIds();
    throw new CheckpointError(
      `There is no method "${id}".${nearest(id, ids)}`,
      `Methods that merge files: ${ids.join(', ')}.`,
      { cause: error },
    );
  }
}

const ownFile = (id: string, dataFolder: string): string | undefined =>
  /^[a-z0-9][a-z0-9+._-]*$/.test(id)
    ? ['.ts', '.mts', '.js', '.mjs']
        .map((end) => join(dataFolder, 'methods', `${id}${end}`))
        .find((file) => existsSync(file))
    : undefined;

/** How some of the tensors of a step are made: merged by one method with one set of values, or taken from a model. */
export type Group =
  | {
      readonly kind: 'merge';
      readonly with: TensorMethod;
      readonly values: HyperParameters;
      readonly weights: readonly number[];
      /** Whether a large tensor may come in slices, with these values. */
      readonly isEntrywise: boolean;
      /** Whether one run is for the whole net, or one for each tensor. */
      readonly runsFor: 'net' | 'tensor';
    }
  | { readonly kind: 'take'; readonly from: number | 'base' };
export type MergeGroup = Extract<Group, { kind: 'merge' }>;

/** The groups of a step: that of each rule, and last the one of all other tensors. */
export interface StepGroups {
  readonly groups: readonly Group[];
  /** The group of a tensor, by its number. */
  of(name: string): number;
}

/**
 * What a step's method, settings, weights and rules say.
 *
 * @throws CheckpointError for methods, values or weights that do not fit.
 */
export async function groupsOf(step: MergeStep, dataFolder: string | null): Promise<StepGroups> {
  const models = step.models.map(modelOf);
  const beside = models.map(({ weight }) => weight);
  const isWeighted = beside.some((weight) => weight !== undefined);
  if (isWeighted && step.weights !== undefined)
    throw new CheckpointError('Weights stand beside the models or in a list of their own, not in both.');
  const usual = step.weights ?? beside.map((weight) => weight ?? 1);
  const merged = async (method: string, set: HyperParameters, weights: readonly number[]): Promise<Group> => {
    const found = await tensorMethod(method, dataFolder);
    checkModels(found, models.length, step.base !== undefined);
    if (weights.length !== models.length)
      throw new CheckpointError(`There are ${weights.length} weights for ${models.length} models; each model has one.`);
    const bad = weights.find((weight) => !Number.isFinite(weight));
    if (bad !== undefined) throw new CheckpointError(`A weight is a number, not ${bad}.`);
    const values = valuesOf(found, set);
    const { merge } = found;
    return {
      kind: 'merge',
      with: found,
      values,
      weights,
      isEntrywise: merge.entrywise(values),
      runsFor: merge.runsFor(values),
    };
  };
  const groups: Group[] = [];
  for (const { method = step.method, set, weights = usual, take } of step.layers) {
    if (take !== undefined) groups.push(taken(take, models.length, step.base !== undefined));
    else {
      const settings = method === step.method ? { ...step.set, ...set } : set;
      groups.push(await merged(method, settings, weights));
    }
  }
  groups.push(await merged(step.method, step.set, usual));
  const rules = step.layers.map(matcherOf);
  return {
    groups,
    of: (name) => {
      const rule = rules.findIndex((matches) => matches(name));
      return rule < 0 ? groups.length - 1 : rule;
    },
  };
}

function taken(from: number | 'base', models: number, hasBase: boolean): Group {
  if (from === 'base' && !hasBase) throw new CheckpointError('A rule takes tensors from the base, and none is given.');
  if (from !== 'base' && from > models)
    throw new CheckpointError(`A rule takes tensors from model ${from}; there are ${models}.`);
  return { kind: 'take', from: from === 'base' ? from : from - 1 };
}

function checkModels({ method, merge }: TensorMethod, models: number, hasBase: boolean): void {
  if (merge.needsStart && !hasBase)
    throw new CheckpointError(
      `${method.title} works with what models changed since their common start, and none is given.`,
      'Name the model that they were all trained from with --base.',
    );
  if (merge.models !== undefined && merge.models !== models)
    throw new CheckpointError(`${method.title} merges ${merge.models} models; ${models} are given.`);
}

function valuesOf({ method, merge }: TensorMethod, set: HyperParameters): HyperParameters {
  try {
    return resolveHyperParameters(method, set, merge.onFiles);
  } catch (error) {
    if (!(error instanceof HyperParameterError)) throw error;
    throw new CheckpointError(error.message, null, { cause: error });
  }
}

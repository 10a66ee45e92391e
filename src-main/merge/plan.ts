import { existsSync, realpathSync, statfsSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { joinedAtMost } from '../base/shortened.ts';
import { onFile, openCheckpoint } from '../checkpoints/checkpoint.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { DTYPES, FLOAT_WORDS, isFloat, isWhole } from '../checkpoints/dtypes.ts';
import type { Dtype } from '../checkpoints/dtypes.ts';
import { CheckpointError } from '../checkpoints/error.ts';
import { named } from '../checkpoints/header.ts';
import { checkTarget } from '../checkpoints/writer.ts';
import { differences, refuseDifferences } from './alike.ts';
import type { ModelTensors, TensorShape } from './alike.ts';
import { depthsOf } from './depths.ts';
import type { Depth } from './depths.ts';
import { matches, modelOf } from './request.ts';
import type { MergeRequest, MergeStep } from './request.ts';
import { groupsOf } from './settings.ts';
import type { Group, StepGroups } from './settings.ts';
import { tried } from './tried.ts';

/** A model of a step: tensors in files, or what an earlier step makes. */
export interface Source extends ModelTensors {
  readonly from: Checkpoint | { readonly step: number };
}

/** One tensor of a step's result. */
export interface PlannedTensor extends TensorShape, Depth {
  readonly entries: number;
  /** Its type in the result. */
  readonly out: Dtype;
  /** The number of its group, or the model whose bytes are copied. */
  readonly made: { readonly group: number } | { readonly copy: number | 'base' };
}

export interface PlannedStep {
  readonly step: MergeStep;
  readonly base: Source | null;
  readonly models: readonly Source[];
  readonly groups: readonly Group[];
  /** In the order of their names. */
  readonly tensors: readonly PlannedTensor[];
  readonly outputAxis: 'first' | 'last';
  /** Files of the result, one a model where the method makes a net in place of each. */
  readonly targets: readonly string[];
  readonly notes: readonly string[];
}

export interface MergePlan {
  readonly request: MergeRequest;
  readonly steps: readonly PlannedStep[];
  /** Every checkpoint that is read, once. */
  readonly inputs: readonly Checkpoint[];
  /** What the header of the base, or of the first model, says of itself. */
  readonly metadata: Readonly<Record<string, string>>;
  close(): void;
}

/**
 * Opens what a merge reads and checks all of it: files, names, shapes, types, methods, settings, room on the disk.
 *
 * @throws CheckpointError with a sentence on what is wrong.
 */
export async function planMerge(request: MergeRequest, dataFolder: string | null): Promise<MergePlan> {
  const opened = new Map<string, Checkpoint>();
  const close = (): void => opened.forEach((checkpoint) => checkpoint.close());
  try {
    const steps: PlannedStep[] = [];
    for (const [index, step] of request.steps.entries()) {
      const groups = await groupsOf(step, dataFolder);
      const source = (name: string): Source => {
        const earlier = request.steps.findIndex((other, at) => at < index && other.name === name);
        return earlier >= 0 ? resultOf(steps[earlier], earlier, name) : fileSource(name, opened);
      };
      steps.push(planStep(request, index, groups, source));
    }
    const [first] = steps;
    const reference = first.base ?? first.models[0];
    const metadata = 'path' in reference.from ? reference.from.metadata : {};
    const plan: MergePlan = { request, steps, inputs: [...opened.values()], metadata, close };
    steps.forEach(checkRules);
    for (const { groups } of steps) groups.forEach(tried);
    checkInputs(plan);
    checkRoom(plan);
    return plan;
  } catch (error) {
    close();
    throw error;
  }
}

function fileSource(path: string, opened: Map<string, Checkpoint>): Source {
  const key = onFile(path, () => realpathSync(path));
  const checkpoint = opened.get(key) ?? openCheckpoint(path);
  opened.set(key, checkpoint);
  return { label: basename(path), tensors: checkpoint.tensors, from: checkpoint };
}

function resultOf(step: PlannedStep, index: number, name: string): Source {
  if (isPerModel(step.groups))
    throw new CheckpointError(`The step "${name}" makes a net for each model; no later step can use it as one.`);
  const tensors = step.tensors.map((tensor) => [tensor.name, { ...tensor, dtype: tensor.out }] as const);
  return { label: `the step "${name}"`, tensors: new Map(tensors), from: { step: index } };
}

function planStep(
  request: MergeRequest,
  index: number,
  groups: StepGroups,
  source: (name: string) => Source,
): PlannedStep {
  const step = request.steps[index];
  const base = step.base === undefined ? null : source(step.base);
  const models = step.models.map((model) => source(modelOf(model).file));
  const isLast = index === request.steps.length - 1;
  if (!isLast && step.name === undefined)
    throw new CheckpointError(`Step ${index + 1} has no name, so nothing can be done with what it makes.`);
  const all = base === null ? models : [base, ...models];
  const isTaken = (name: string): boolean => groups.groups[groups.of(name)].kind === 'take';
  refuseDifferences(differences(all, isTaken));
  const reference = all[0];
  const outputAxis = request.outputAxis ?? axisOf(reference);
  const dtype = request.dtype === undefined ? null : FLOAT_WORDS[request.dtype];
  const copied: string[] = [];
  const depth = depthsOf([...reference.tensors.keys()]);
  const tensors = [...reference.tensors.keys(), ...takenElsewhere(groups, models, reference)]
    .toSorted()
    .flatMap((name): PlannedTensor[] => {
      const group = groups.of(name);
      const found = groups.groups[group];
      const copy = found.kind === 'take' ? found.from : null;
      const holder = copy === null ? reference : copy === 'base' ? base : models[copy];
      const tensor = holder?.tensors.get(name);
      // A rule may take a tensor from a model that does not have it: then the result has none.
      if (tensor === undefined) return [];
      const { shape } = tensor;
      const entries = shape.reduce((product, size) => product * size, 1);
      const common = { name, shape, dtype: tensor.dtype, entries, ...depth(name) };
      if (copy !== null) return [{ ...common, out: tensor.dtype, made: { copy } }];
      if (isFloat(tensor.dtype)) {
        // What another step goes on with is not rounded in between.
        const out = isLast ? (dtype ?? tensor.dtype) : 'F32';
        return [{ ...common, out, made: { group } }];
      }
      if (!isWhole(tensor.dtype))
        throw new CheckpointError(
          `${named(name)} is of the type ${tensor.dtype} in ${reference.label}; merged are float32, float16 and bfloat16.`,
          'Convert it, or take it from one model by a rule with `take`.',
        );
      copied.push(name);
      return [{ ...common, out: tensor.dtype, made: { copy: base === null ? 0 : 'base' } }];
    });
  return {
    step,
    base,
    models,
    groups: groups.groups,
    tensors,
    outputAxis,
    targets: isLast ? targetsOf(request.output, groups.groups, models) : [temporaryOf(request.output, index)],
    notes:
      copied.length === 0 ? [] : [`Counters are copied from ${reference.label}: ${joinedAtMost(copied, 3, ', ')}.`],
  };
}

/** Tensors that a rule takes from a model and that the first one does not have. */
function takenElsewhere({ groups, of }: StepGroups, models: readonly Source[], reference: Source): string[] {
  const found = models.flatMap((model, index) =>
    [...model.tensors.keys()].filter((name) => {
      const group = groups[of(name)];
      return group.kind === 'take' && group.from === index && !reference.tensors.has(name);
    }),
  );
  return [...new Set(found)];
}

const axisOf = ({ from }: Source): 'first' | 'last' =>
  'path' in from && from.metadata['touchstone.layout'] === 'in-out' ? 'last' : 'first';

const temporaryOf = (output: string, index: number): string =>
  join(dirname(output), `.${basename(output, '.safetensors')}.step-${index + 1}.${process.pid}.safetensors`);

const isPerModel = (groups: readonly Group[]): boolean =>
  groups.some((group) => group.kind === 'merge' && group.with.merge.perModel);

/** One file, or one a model, called after it, where a method makes a net in place of each. */
function targetsOf(output: string, groups: readonly Group[], models: readonly Source[]): readonly string[] {
  if (!isPerModel(groups)) return [output];
  const stems = models.map(({ label }) => basename(label, extname(label)));
  return stems.map((stem, index) =>
    output.replace(
      /(\.safetensors)?$/,
      `.${stems.indexOf(stem) === index ? stem : `${stem}-${index + 1}`}.safetensors`,
    ),
  );
}

export const bytesOfResult = ({ tensors }: PlannedStep): number =>
  tensors.reduce((sum, { entries, out }) => sum + entries * DTYPES[out], 0);

/** Refuses a result in the place of a file that is read: with --force it would be gone once the merge is done. */
function checkInputs({ request, inputs, steps }: MergePlan): void {
  const stem = basename(request.output, '.safetensors').replace(/[.+?^${}()|[\]\\]/g, '\\$&');
  const shard = new RegExp(`^${stem}(-\\d{5}-of-\\d{5}\\.safetensors|\\.safetensors(\\.index\\.json)?)$`);
  const folder = realPath(dirname(request.output));
  const targets = new Set((steps.at(-1)?.targets ?? []).map(realPath));
  for (const { path, files } of inputs)
    for (const read of [path, ...files.map((file) => file.path)].map(realPath))
      if (targets.has(read) || (dirname(read) === folder && shard.test(basename(read))))
        throw new CheckpointError(
          `${read} is read by this merge, and its result would be written in its place.`,
          'Choose another name for the result.',
        );
}

const realPath = (path: string): string => (existsSync(path) ? realpathSync(path) : resolve(path));

/** A rule that is about no tensor is a slip of the pen. */
function checkRules({ step, tensors }: PlannedStep): void {
  const idle = step.layers.find((rule) => !tensors.some(({ name }) => matches(rule, name)));
  if (idle !== undefined)
    throw new CheckpointError(
      `No tensor has a name like ${[idle.match].flat().map(named).join(' or ')}, which a rule is about.`,
      'Correct the pattern (* stands for anything), or leave the rule out.',
    );
}

/** Refuses what is there already, and a result that the disk has no room for. */
function checkRoom({ request, steps }: MergePlan): void {
  const last = steps.at(-1);
  last?.targets.forEach((target) =>
    checkTarget(target, { force: request.force, shardBytes: request.shardBytes ?? null }),
  );
  const needed = steps.reduce((sum, step) => sum + bytesOfResult(step) * step.targets.length, 0);
  const free = freeBytes(request.output);
  if (free !== null && free < needed)
    throw new CheckpointError(
      `The disk of ${request.output} has ${free} bytes left; the merge writes ${needed}` +
        `${steps.length > 1 ? ', with what lies between its steps' : ''}.`,
      'Free some space, or choose a place on another disk.',
    );
}

/** What is free where a file is to be; null where the system does not say. */
export function freeBytes(target: string): number | null {
  for (let folder = dirname(target); ; folder = dirname(folder)) {
    try {
      const { bavail, bsize } = statfsSync(folder);
      return bavail * bsize;
    } catch {
      if (folder === dirname(folder)) return null;
    }
  }
}

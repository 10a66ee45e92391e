import { existsSync, realpathSync, statfsSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { temporaryName } from '../base/files.ts';
import { nearest } from '../base/nearest.ts';
import { joinedAtMost } from '../base/shortened.ts';
import { onFile, openCheckpoint } from '../checkpoints/checkpoint.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { FLOAT_WORDS, isFloat, isWhole } from '../checkpoints/dtypes.ts';
import { CheckpointError } from '../checkpoints/error.ts';
import { named } from '../checkpoints/header.ts';
import { filesOf } from '../checkpoints/writer.ts';
import { differences, refuseDifferences } from './alike.ts';
import { depthsOf } from './depths.ts';
import { costOf } from './estimate.ts';
import { bytesOfResult, writtenTensors } from './planned.ts';
import type { MergePlan, PlannedStep, PlannedTensor, Source } from './planned.ts';
import { matcherOf, modelOf } from './request.ts';
import type { MergeRequest } from './request.ts';
import { groupsOf } from './settings.ts';
import type { Group, StepGroups } from './settings.ts';
import { triedPasses } from './tried.ts';

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
        const made = request.steps.findIndex((other) => other.name === name);
        if (made >= 0 && made < index) return resultOf(steps[made], made, name);
        refuseStepSlip(request, index, name, made);
        return fileSource(name, opened);
      };
      steps.push(planStep(request, index, groups, source));
    }
    const [first] = steps;
    const reference = first.base ?? first.models[0];
    const metadata = 'path' in reference.from ? reference.from.metadata : {};
    steps.forEach(checkRules);
    const costs = steps.map((step) => costOf(step, request.memoryBytes));
    const files = resultFiles(request, steps);
    const plan = { request, steps, costs, files, inputs: [...opened.values()], metadata, close };
    checkInputs(plan);
    checkRoom(plan);
    return plan;
  } catch (error) {
    close();
    throw error;
  }
}

/** A step that is named before it is made, and a name that is nearly that of a step. */
function refuseStepSlip({ steps }: MergeRequest, index: number, name: string, made: number): void {
  if (existsSync(name)) return;
  if (made >= 0)
    throw new CheckpointError(
      `Step ${index + 1} uses "${name}", which ${made === index ? 'is that step itself' : `step ${made + 1} makes`}.`,
      'A step uses files and what steps before it make.',
    );
  const earlier = steps.slice(0, index).flatMap((step) => step.name ?? []);
  const meant = nearest(basename(name), earlier);
  if (meant !== '') throw new CheckpointError(`${name} is not there, and no step before has this name.${meant}`);
}

function fileSource(path: string, opened: Map<string, Checkpoint>): Source {
  const key = onFile(path, () => realpathSync(path));
  const checkpoint = opened.get(key) ?? openCheckpoint(path);
  opened.set(key, checkpoint);
  const outputAxis = checkpoint.metadata['touchstone.layout'] === 'in-out' ? 'last' : 'first';
  return { label: basename(path), tensors: checkpoint.tensors, from: checkpoint, outputAxis };
}

function resultOf(step: PlannedStep, index: number, name: string): Source {
  if (isPerModel(step.groups))
    throw new CheckpointError(`The step "${name}" makes a net for each model; no later step can use it as one.`);
  const tensors = step.tensors.map((tensor) => [tensor.name, { ...tensor, dtype: tensor.out }] as const);
  const { outputAxis } = step;
  return { label: `the step "${name}"`, tensors: new Map(tensors), from: { step: index }, outputAxis };
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
  const outputAxis = request.outputAxis ?? reference.outputAxis;
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
    passes: groups.groups.map(triedPasses),
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

const temporaryOf = (output: string, index: number): string =>
  temporaryName(join(dirname(output), `${basename(output, '.safetensors')}.step-${index + 1}.safetensors`));

const isPerModel = (groups: readonly Group[]): boolean =>
  groups.some((group) => group.kind === 'merge' && group.with.merge.perModel);

/** One file, or one a model, called after it, where a method makes a net in place of each. */
function targetsOf(output: string, groups: readonly Group[], models: readonly Source[]): readonly string[] {
  if (!isPerModel(groups)) return [output];
  const taken = new Set<string>();
  return models.map(({ label }) => {
    const stem = basename(label, extname(label));
    let name = stem;
    for (let number = 2; taken.has(name); number += 1) name = `${stem}-${number}`;
    taken.add(name);
    return output.replace(/(\.safetensors)?$/, `.${name}.safetensors`);
  });
}

/** Every file of the result. @throws CheckpointError where one is there that may not be replaced. */
function resultFiles({ force, shardBytes }: MergeRequest, steps: readonly PlannedStep[]): readonly string[] {
  const last = steps[steps.length - 1];
  const written = writtenTensors(last);
  return last.targets.flatMap((target) => filesOf(target, written, { force, shardBytes: shardBytes ?? null }));
}

/** Refuses a result in the place of a file that is read: with --force it would be gone once the merge is done. */
function checkInputs({ inputs, files }: MergePlan): void {
  const written = new Set(files.map(realPath));
  const read = inputs.flatMap((input) => [input.path, ...input.files.map(({ path }) => path)].map(realPath));
  const both = read.find((path) => written.has(path));
  if (both !== undefined)
    throw new CheckpointError(
      `${both} is read by this merge, and its result would be written in its place.`,
      'Choose another name for the result.',
    );
}

const realPath = (path: string): string => (existsSync(path) ? realpathSync(path) : resolve(path));

/** A rule that is about no tensor is a slip of the pen. */
function checkRules({ step, tensors }: PlannedStep): void {
  const idle = step.layers.find((rule) => {
    const matches = matcherOf(rule);
    return !tensors.some(({ name }) => matches(name));
  });
  if (idle !== undefined)
    throw new CheckpointError(
      `No tensor has a name like ${[idle.match].flat().map(named).join(' or ')}, which a rule is about.`,
      'Correct the pattern (* stands for anything), or leave the rule out.',
    );
}

/** Refuses a result that the disk has no room for. */
function checkRoom({ request, steps }: MergePlan): void {
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

import { z } from 'zod';
import { canonicalJson } from '../../../base/canonical.ts';
import { hyperParameters } from '../../../base/hyper-parameters.ts';
import type { NamedArrays } from '../../../engine/types.ts';
import type {
  Answers,
  ClassAnswers,
  Predictor,
  SuiteFacts,
  Target,
  TrialContext,
  TrialRequest,
} from '../../contract.ts';
import { classAnswers } from '../../answers.ts';
import { openModel, openSamples } from '../../shared/artefacts.ts';
import { memberSeed } from '../../shared/member-seeds.ts';
import { logSoftmaxRows } from '../../shared/softmax.ts';
import adam from '../../training/adam.ts';
import { iidProtocol } from '../../training/contract.ts';
import labelSmoothing from '../../training/label-smoothing.ts';
import mixup from '../../training/mixup.ts';
import sgd from '../../training/sgd.ts';
import { OUT_OF_FOLD } from '../out-of-fold.ts';
import type { Combine } from '../contract.ts';
import { openEnsemble } from './members.ts';

/** The ordinary methods of a library, with their own defaults on every suite. The last two are for classes alone. */
const METHODS = [sgd, adam, labelSmoothing, mixup].map(({ id, schema }) => ({
  method: id,
  hyperParameters: hyperParameters.parse(schema.parse({})),
}));
const methodsFor = (target: Target): typeof METHODS => (target === 'classes' ? METHODS : METHODS.slice(0, 2));

export const libraryFields = {
  networks: z.number().int().min(1).max(10).default(2).describe('Networks of each of the four ordinary methods'),
  folds: z.number().int().min(2).max(20).default(5).describe('Folds of the training rows for answers out of fold'),
} as const;
export type LibraryValues = z.output<z.ZodObject<typeof libraryFields>>;

/** True where the suite has classes, or the sentence that says why not. */
export const libraryFits = ({ id, target }: SuiteFacts): true | string =>
  target === 'classes' ? true : `${id} asks for numbers; this combines answers about classes.`;

const membersOf = (target: Target, seed: number, networks: number) =>
  methodsFor(target).flatMap((method) =>
    Array.from({ length: networks }, (_, network) => ({ ...method, seed: memberSeed(seed, network) })),
  );

/**
 * Two trials for each model of the library: trained on all training rows (`model/<i>`), and its answers out of fold
 * (`out-of-fold/<i>`). All are made once and shared.
 */
export function libraryRequests(suite: SuiteFacts, { networks, folds }: LibraryValues, seed: number): TrialRequest[] {
  return membersOf(suite.target, seed, networks).flatMap((member, i): TrialRequest[] => [
    { name: `model/${i}`, suite: suite.id, ...member },
    {
      name: `out-of-fold/${i}`,
      artefact: OUT_OF_FOLD,
      suite: suite.id,
      method: OUT_OF_FOLD,
      hyperParameters: { method: member.method, settings: canonicalJson(member.hyperParameters), folds },
      seed: member.seed,
    },
  ]);
}

/** Models with their answers to the training rows by networks that never saw these. */
export interface OpenedLibrary {
  /** `sgd 0`, `sgd 1`, … */
  readonly names: readonly string[];
  /** Numbers a row: one for each class, or one. */
  readonly outputs: number;
  readonly kind: Target;
  /** What is true of the training rows: classes, or numbers in the units of the target. */
  readonly truth: Float64Array;
  /** What each model says of them out of fold, [rows × outputs]: log-probabilities, or numbers. */
  readonly outOfFold: readonly Float32Array[];
  /** Answers from those of the models that are used; of all unless told. */
  predictor(combine: Combine, used?: readonly number[]): Predictor;
}

export async function openAnswers(context: TrialContext, { networks }: LibraryValues): Promise<OpenedLibrary> {
  const { train, outputs, numbers } = iidProtocol(context);
  const scaled = await context.engine.read(train().y);
  const truth = Float64Array.from(scaled, (y) => (numbers === null ? y : y * numbers.deviation + numbers.mean));
  const kind = numbers === null ? 'classes' : 'numbers';
  const rows = numbers === null ? truth.length : truth.length / outputs;
  const members = membersOf(kind, context.seed, networks);
  const models: NamedArrays[] = [];
  const outOfFold: Float32Array[] = [];
  for (const i of members.keys()) {
    models.push((await openModel(context, `model/${i}`)).arrays);
    const { train: answers } = (await openSamples(context, `out-of-fold/${i}`)).splits;
    if (answers === undefined || answers.values.length !== rows * outputs)
      throw new Error(`The answers out of fold of ${members[i].method} are not about these training rows.`);
    outOfFold.push(answers.values);
  }
  const names = members.map(({ method, seed }) => `${method} ${seed - memberSeed(context.seed, 0)}`);
  return { names, outputs, kind, truth, outOfFold, predictor: openEnsemble(context, models).predictor };
}

/** A library of models that tell classes. */
export interface Library extends Pick<OpenedLibrary, 'names' | 'outOfFold'> {
  readonly classes: number;
  /** Of the training rows. */
  readonly labels: Int32Array;
  /** Answers from the log-probabilities of the models that are used [rows × classes]; of all unless told. */
  predictor(combine: (logs: readonly Float64Array[]) => ClassAnswers, used?: readonly number[]): Predictor;
}

export async function openLibrary(context: TrialContext, values: LibraryValues): Promise<Library> {
  const { names, outputs, truth, outOfFold, predictor } = await openAnswers(context, values);
  return {
    names,
    classes: outputs,
    labels: Int32Array.from(truth),
    outOfFold,
    predictor: (combine, used) =>
      predictor((answers) => combine(answers.map((one) => logProbabilities(one, outputs))), used),
  };
}

/** Of answers about classes, in float64. */
export function logProbabilities(answers: Answers, classes: number): Float64Array {
  return logSoftmaxRows(classAnswers(answers, answers.values.length / answers.width, classes).values, classes);
}

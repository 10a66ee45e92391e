import { z } from 'zod';
import { canonicalJson } from '../../../base/canonical.ts';
import { hyperParameters } from '../../../base/hyper-parameters.ts';
import type { NamedArrays } from '../../../engine/types.ts';
import type { Answers, ClassAnswers, Predictor, SuiteFacts, TrialContext, TrialRequest } from '../../contract.ts';
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
import { openEnsemble } from './members.ts';

/** The ordinary methods of a library, with their own defaults on every suite; each fits every suite of classes. */
const METHODS = [sgd, adam, labelSmoothing, mixup].map(({ id, schema }) => ({
  method: id,
  hyperParameters: hyperParameters.parse(schema.parse({})),
}));

export const libraryFields = {
  networks: z.number().int().min(1).max(10).default(2).describe('Networks of each of the four ordinary methods'),
  folds: z.number().int().min(2).max(20).default(5).describe('Folds of the training rows for answers out of fold'),
} as const;
type LibraryValues = z.output<z.ZodObject<typeof libraryFields>>;

/** True where the suite has classes, or the sentence that says why not. */
export const libraryFits = ({ id, target }: SuiteFacts): true | string =>
  target === 'classes' ? true : `${id} asks for numbers; this combines answers about classes.`;

const membersOf = (seed: number, networks: number) =>
  METHODS.flatMap((method) =>
    Array.from({ length: networks }, (_, network) => ({ ...method, seed: memberSeed(seed, network) })),
  );

/**
 * Two trials for each model of the library: trained on all training rows (`model/<i>`), and its answers out of fold
 * (`out-of-fold/<i>`). All are made once and shared.
 */
export function libraryRequests(suite: SuiteFacts, { networks, folds }: LibraryValues, seed: number): TrialRequest[] {
  return membersOf(seed, networks).flatMap((member, i): TrialRequest[] => [
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
export interface Library {
  /** `sgd 0`, `sgd 1`, … */
  readonly names: readonly string[];
  readonly classes: number;
  /** Of the training rows. */
  readonly labels: Int32Array;
  /** Log-probabilities of each model out of fold, [rows × classes]. */
  readonly outOfFold: readonly Float32Array[];
  /** Answers from the log-probabilities of the models that are used [rows × classes]; of all unless told. */
  predictor(combine: (logs: readonly Float64Array[]) => ClassAnswers, used?: readonly number[]): Predictor;
}

export async function openLibrary(context: TrialContext, { networks }: LibraryValues): Promise<Library> {
  const { train, outputs } = iidProtocol(context);
  const labels = Int32Array.from(await context.engine.read(train().y));
  const members = membersOf(context.seed, networks);
  const models: NamedArrays[] = [];
  const outOfFold: Float32Array[] = [];
  for (const i of members.keys()) {
    models.push((await openModel(context, `model/${i}`)).arrays);
    const { train: answers } = (await openSamples(context, `out-of-fold/${i}`)).splits;
    if (answers === undefined || answers.values.length !== labels.length * outputs)
      throw new Error(`The answers out of fold of ${members[i].method} are not about these training rows.`);
    outOfFold.push(answers.values);
  }
  const { predictor } = openEnsemble(context, models);
  const names = members.map(({ method, seed }) => `${method} ${seed - memberSeed(context.seed, 0)}`);
  return {
    names,
    classes: outputs,
    labels,
    outOfFold,
    predictor: (combine, used) =>
      predictor((answers) => combine(answers.map((one) => logProbabilities(one, outputs))), used),
  };
}

function logProbabilities(answers: Answers, classes: number): Float64Array {
  return logSoftmaxRows(classAnswers(answers, answers.values.length / answers.width, classes).values, classes);
}

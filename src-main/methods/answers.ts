import type { Column, TableRows } from '../base/table.ts';
import type { Network } from '../engine/networks/specification.ts';
import type { Stream } from '../engine/random/streams.ts';
import type { NamedArrays, Variable, Variables } from '../engine/types.ts';

/**
 * What a predictor says of rows, [rows × width] row-major. `logits` and `log-probabilities` are normalised by whoever
 * judges them. `scores` only rank the classes: they have no likelihood and no calibration. `numbers` are in the units
 * of the target, as are their standard deviations.
 */
export type ClassAnswers = {
  readonly kind: 'logits' | 'log-probabilities' | 'scores';
  /** Number of classes. */
  readonly width: number;
  readonly values: Float32Array;
  /** Of an ensemble: logits or log-probabilities of each member [rows × width]; suites measure diversity by them. */
  readonly members?: readonly Float32Array[];
};
export type NumberAnswers = {
  readonly kind: 'numbers';
  /** Numbers of a target. */
  readonly width: number;
  readonly values: Float32Array;
  readonly deviations?: Float32Array;
};
export type Answers = ClassAnswers | NumberAnswers;

/** What a suite asks a predictor, or a method its own. */
export interface Question {
  /** Network inputs [rows, …], resident. */
  readonly inputs: Variable;
  readonly rows: number;
  /** Task of each row; only where the protocol tells it at test. */
  readonly tasks?: Int32Array;
  /** The rows of a table as they are, before encoding: for learners that take categories and gaps themselves. */
  readonly table?: { readonly columns: readonly Column[]; readonly rows: TableRows };
  /** Streams of this question, for answers that draw: the same question finds the same numbers. */
  stream(name: string): Stream;
}

/** A network that a predictor answers with. */
export interface UsedModel {
  readonly network: Network;
  /** Its parameters and statistics by name, where they lie. */
  readonly values: Variables | NamedArrays;
}

/** Answers for rows of the evaluator's own inputs: methods return predictors, suites judge them. */
export interface Predictor {
  answer(question: Question): Promise<Answers>;
  /**
   * Every network that it answers with. Their parameters are counted, and looked at for numbers that are not finite
   * where the suite evaluates. `native`: a learner outside of the engine answers. Absent or `native`: the trial's
   * parameters are not counted.
   */
  readonly uses?: readonly UsedModel[] | 'native';
}

/**
 * Answers about so many classes.
 *
 * @throws Error when they are numbers, or about another number of classes or rows.
 */
export function classAnswers(answers: Answers, rows: number, classes: number): ClassAnswers {
  if (answers.kind === 'numbers')
    throw new Error(`The predictor answers with numbers; the suite asks which of ${classes} classes a row is of.`);
  checkSize(answers, rows, classes);
  return answers;
}

/**
 * Predicted numbers, so many a row.
 *
 * @throws Error when they are about classes, or of another size.
 */
export function numberAnswers(answers: Answers, rows: number, width: number): NumberAnswers {
  if (answers.kind !== 'numbers')
    throw new Error(`The predictor answers with ${answers.kind} of classes; the suite asks for a number.`);
  checkSize(answers, rows, width);
  return answers;
}

function checkSize({ width, values }: Answers, rows: number, expected: number): void {
  if (width !== expected || values.length !== rows * expected)
    throw new Error(
      `The predictor answers ${values.length} values of width ${width} for ${rows} rows; ${rows} × ${expected} are ` +
        'asked for.',
    );
}

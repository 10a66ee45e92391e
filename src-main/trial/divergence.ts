import type { Engine, NamedArrays, Variable } from '../engine/types.ts';
import type { Answers, Artefact, Outcome, Predictor } from '../methods/contract.ts';
import type { Primitives } from '../metrics/primitives.ts';

/** Where a trial lost its numbers. */
export interface Divergence {
  readonly what: 'loss' | 'parameters' | 'answers';
  /** In a sentence for the person, with task and step. */
  readonly message: string;
}

/** The place of a trial in its work: `step` counts from 1 over the whole trial, `task` from 0 where there are tasks. */
export interface WorkPlace {
  readonly step: number;
  readonly total: number;
  readonly task: number | null;
}

/** A loss, a parameter or an answer is no finite number: the trial has nothing more to measure. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';
  readonly divergence: Divergence;

  constructor(what: Divergence['what'], found: string, place: WorkPlace) {
    const message = `${found} ${placeText(place)}.`;
    super(message);
    this.divergence = { what, message };
  }
}

function placeText({ step, total, task }: WorkPlace): string {
  const at = `${step} of ${Math.max(step, Math.round(total))}`;
  return step === 0 ? 'before the first step' : `at step ${at}${task === null ? '' : `, in task ${task + 1}`}`;
}

/** The first value that is no finite number, and its index; -1 where all are. */
export function firstNotFinite(values: ArrayLike<number>): number {
  for (let i = 0; i < values.length; i += 1) if (!Number.isFinite(values[i])) return i;
  return -1;
}

/**
 * The loss that a step answered. Cheap enough for every answer: one number a step, which the engine has read back
 * anyway.
 *
 * @throws DivergedError
 */
export function checkLoss(loss: ArrayLike<number>, place: () => WorkPlace): void {
  const at = firstNotFinite(loss);
  if (at >= 0) throw new DivergedError('loss', `The loss is ${String(loss[at])}`, place());
}

/**
 * Parameters as they lie on the host. The loss does not show them all: a NaN weight behind a unit that is off is left
 * out by products that skip zeros.
 *
 * @throws DivergedError
 */
export function checkParameters(arrays: Readonly<Record<string, ArrayLike<number>>>, place: WorkPlace): void {
  for (const [name, values] of Object.entries(arrays)) {
    const at = firstNotFinite(values);
    if (at >= 0) throw new DivergedError('parameters', `The parameter ${name} holds ${String(values[at])}`, place);
  }
}

/**
 * Numbers and scores must be finite. A log-probability may be −∞ (the class is impossible), but no row may be all −∞,
 * and no value NaN or +∞: these are no distribution. The same holds for logits.
 *
 * @throws DivergedError
 */
export function checkAnswers(answers: Answers, rows: number, place: WorkPlace): void {
  if (answers.kind === 'numbers' || answers.kind === 'scores') {
    checkFinite(answers.values, answers.width, place);
    if (answers.kind === 'numbers') checkFinite(answers.deviations ?? [], answers.width, place);
    return;
  }
  const { values } = answers;
  const width = rows === 0 ? 0 : values.length / rows;
  for (let row = 0; row < rows; row += 1) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let i = row * width; i < (row + 1) * width; i += 1) {
      const value = values[i];
      if (Number.isNaN(value) || value === Number.POSITIVE_INFINITY) throw badAnswer(value, row, place);
      if (value > largest) largest = value;
    }
    if (width > 0 && largest === Number.NEGATIVE_INFINITY) throw badAnswer(largest, row, place);
  }
}

function checkFinite(values: ArrayLike<number>, width: number, place: WorkPlace): void {
  const at = firstNotFinite(values);
  if (at >= 0) throw badAnswer(values[at], Math.floor(at / width), place);
}

const badAnswer = (value: number, row: number, place: WorkPlace): DivergedError =>
  new DivergedError('answers', `The network's answer for example ${row + 1} is ${String(value)}`, place);

/** The last look: what a trial is about to leave behind. @throws DivergedError */
export function checkResult({ probabilities, predictions = {} }: Primitives, place: WorkPlace): void {
  for (const { values, width } of Object.values(predictions)) checkFinite(values, width, place);
  for (const [split, { values, classes }] of Object.entries(probabilities)) {
    const at = firstNotFinite(values);
    if (at >= 0)
      throw new DivergedError(
        'answers',
        `The probability for ${split} sample ${Math.floor(at / classes) + 1} is ${String(values[at])}`,
        place,
      );
  }
}

/** Reads what a predictor answers with, and looks at every number. @throws DivergedError */
export async function checkPredictor(engine: Engine, { uses = [] }: Predictor, place: WorkPlace): Promise<void> {
  if (uses === 'native') return;
  for (const { values } of uses) {
    for (const [name, value] of Object.entries<Variable | Float32Array>(values))
      checkParameters({ [name]: value instanceof Float32Array ? value : await engine.read(value) }, place);
  }
}

/** What a method ends with. @throws DivergedError */
export function checkOutcome({ artefacts = {}, parameterSets = {} }: Outcome, place: WorkPlace): void {
  const sets = [...Object.values(artefacts).map(numbersOf), ...Object.values(parameterSets)];
  for (const arrays of sets) checkParameters(arrays, place);
}

/** What of an artefact must be finite. A log-probability may be −∞. */
function numbersOf(artefact: Artefact): NamedArrays {
  return artefact.kind === 'model' || artefact.kind === 'arrays' ? artefact.arrays : {};
}

import type { Engine } from '../engine/types.ts';
import type { Predictor } from '../methods/contract.ts';
import { checkAnswers } from './divergence.ts';
import type { WorkPlace } from './divergence.ts';
import type { Grants } from './grants.ts';

/** For a person's own file; the types say the rest. */
const NO_ANSWER =
  'The method ends with a predictor that has no `answer`. Write `answer: async ({ inputs, rows }) => ({ kind: ' +
  '"logits", width, values })` in place of `predict`; `values` is [rows × width].';

interface Watched {
  readonly predictor: Predictor;
  /** Of all that it was asked so far. */
  flops: number;
  rows: number;
}

/** Predictors whose answers are looked at and whose work is counted; one for each, so that a suite knows it again. */
export class WatchedPredictors {
  readonly #engine: Engine;
  readonly #grants: Grants;
  readonly #place: () => WorkPlace;
  readonly #watched = new WeakMap<Predictor, Watched>();

  constructor(engine: Engine, grants: Grants, place: () => WorkPlace) {
    this.#engine = engine;
    this.#grants = grants;
    this.#place = place;
  }

  of(given: Predictor): Predictor {
    const known = this.#watched.get(given);
    if (known !== undefined) return known.predictor;
    if (!('answer' in given)) throw new Error(NO_ANSWER);
    const predictor: Predictor = {
      answer: async (question) => {
        const before = this.#engine.meter.flops;
        const answers = await given.answer(this.#grants.question(question));
        watched.flops += this.#engine.meter.flops - before;
        watched.rows += question.rows;
        checkAnswers(answers, question.rows, this.#place());
        return answers;
      },
    };
    const watched: Watched = { predictor, flops: 0, rows: 0 };
    this.#watched.set(given, watched);
    return predictor;
  }

  /**
   * Floating-point operations of one answer, by what the engine counted of all answers so far, to the nearest whole
   * one: what a call does once for all of its rows is spread over them. Null where nothing was asked.
   */
  flopsPerExample(given: Predictor): number | null {
    const watched = this.#watched.get(given);
    return watched === undefined || watched.rows === 0 ? null : Math.round(watched.flops / watched.rows);
  }
}

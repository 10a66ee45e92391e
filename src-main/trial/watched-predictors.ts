import type { Engine } from '../engine/types.ts';
import type { Predictor } from '../methods/contract.ts';
import { checkAnswers } from './divergence.ts';
import type { WorkPlace } from './divergence.ts';

interface Watched {
  readonly predictor: Predictor;
  /** Of all that it was asked so far. */
  flops: number;
  rows: number;
}

/** Predictors whose answers are looked at and whose work is counted; one for each, so that a suite knows it again. */
export class WatchedPredictors {
  readonly #engine: Engine;
  readonly #place: () => WorkPlace;
  readonly #watched = new WeakMap<Predictor, Watched>();

  constructor(engine: Engine, place: () => WorkPlace) {
    this.#engine = engine;
    this.#place = place;
  }

  of(given: Predictor): Predictor {
    const known = this.#watched.get(given);
    if (known !== undefined) return known.predictor;
    const predictor: Predictor = {
      predict: async (inputs, rows) => {
        const before = this.#engine.meter.flops;
        const answers = await given.predict(inputs, rows);
        watched.flops += this.#engine.meter.flops - before;
        watched.rows += rows;
        checkAnswers(answers, rows, this.#place());
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

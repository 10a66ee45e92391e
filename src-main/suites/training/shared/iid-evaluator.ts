import { z } from 'zod';
import type { JsonValue, Outcome, Predictor, Protocol } from '../../../methods/contract.ts';
import type { Primitives } from '../../../metrics/primitives.ts';
import type { OpenSuite } from '../../contract.ts';

const savedSchema = z.object({
  points: z.array(z.object({ epoch: z.number(), values: z.record(z.string(), z.number()) })),
});

/** What is measured on validation rows after an epoch, by the name of its curve. */
export type Validation = Readonly<Record<string, number>>;

/** Judges on validation data after epochs that a method offers, on test data only at the end. */
export class IidEvaluator implements OpenSuite {
  readonly protocol: Protocol;
  readonly #finish: (outcome: Outcome) => Promise<Primitives>;
  readonly #validate: (predictor: Predictor) => Promise<Validation>;
  #points: { epoch: number; values: Record<string, number> }[] = [];

  constructor(
    protocol: Protocol,
    finish: (outcome: Outcome) => Promise<Primitives>,
    validate: (predictor: Predictor) => Promise<Validation>,
  ) {
    this.protocol = protocol;
    this.#finish = finish;
    this.#validate = validate;
  }

  async evaluate({ stage, predictor }: { stage: number; predictor: Predictor }): Promise<Validation> {
    const values = { ...(await this.#validate(predictor)) };
    this.#points.push({ epoch: stage + 1, values });
    return values;
  }

  save(): JsonValue {
    return { points: this.#points };
  }

  restore(saved: JsonValue): void {
    this.#points = savedSchema.parse(saved).points;
  }

  /** The curves of validation. */
  soFar(): Primitives {
    const names = Object.keys(this.#points[0]?.values ?? {});
    const curves = names.map((name) => ({
      name,
      x: 'epoch' as const,
      points: this.#points.map(({ epoch, values }) => [epoch, values[name]] as const),
    }));
    return { matrices: {}, probabilities: {}, curves, scalars: {} };
  }

  async finish(outcome: Outcome): Promise<Primitives> {
    const primitives = await this.#finish(outcome);
    return { ...primitives, curves: [...primitives.curves, ...this.soFar().curves] };
  }
}

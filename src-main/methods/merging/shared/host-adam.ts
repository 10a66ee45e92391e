const BETAS = [0.9, 0.999] as const;
const EPSILON = 1e-8;

/** Adam (Kingma & Ba 2015) on numbers of the host, without weight decay, for merges that run beside no engine. */
export class HostAdam {
  readonly #rate: number;
  readonly #mean: Float64Array;
  readonly #square: Float64Array;
  #step = 0;

  constructor(count: number, rate: number) {
    this.#rate = rate;
    this.#mean = new Float64Array(count);
    this.#square = new Float64Array(count);
  }

  /** One step on `values`, in place. */
  update(values: Float64Array, gradient: Float64Array): void {
    this.#step += 1;
    const [beta1, beta2] = BETAS;
    const rate = this.#rate / (1 - beta1 ** this.#step);
    const correction = Math.sqrt(1 - beta2 ** this.#step);
    for (let at = 0; at < values.length; at += 1) {
      const slope = gradient[at];
      const mean = beta1 * this.#mean[at] + (1 - beta1) * slope;
      const square = beta2 * this.#square[at] + (1 - beta2) * slope * slope;
      this.#mean[at] = mean;
      this.#square[at] = square;
      values[at] -= (rate * mean) / (Math.sqrt(square) / correction + EPSILON);
    }
  }
}

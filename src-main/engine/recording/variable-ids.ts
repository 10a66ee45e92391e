import type { TensorSpec } from '../types.ts';

/**
 * Numbers for variables, which name them in the native graph. A number that is given back goes to the next variable of
 * the same type and shape, the smallest number first. So a trial that makes its variables in the same order as an
 * earlier one gets the same numbers.
 */
export class VariableIds {
  #next = 0;
  readonly #free = new Map<string, number[]>();

  take(spec: TensorSpec): number {
    return this.#freeOf(spec).shift() ?? this.#next++;
  }

  giveBack(id: number, spec: TensorSpec): void {
    const free = this.#freeOf(spec);
    const at = free.findIndex((other) => other > id);
    free.splice(at < 0 ? free.length : at, 0, id);
  }

  #freeOf({ dtype, shape }: TensorSpec): number[] {
    const key = `${dtype} ${shape.join('x')}`;
    const known = this.#free.get(key);
    if (known !== undefined) return known;
    const free: number[] = [];
    this.#free.set(key, free);
    return free;
  }
}

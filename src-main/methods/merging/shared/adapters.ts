import type { NamedArrays } from '../../../engine/types.ts';
import type { ExpertsFacts } from '../../contract.ts';

/** The artefact of an expert that was trained by changes of low rank. */
export const ADAPTERS = 'adapters';

/** α/r of every adapter: α is twice the rank. */
export const ADAPTER_SCALE = 2;

/** A change of low rank beside a kernel [in × out]: ADAPTER_SCALE · A · B. */
export interface Adapter {
  /** A [in × rank], row-major. */
  readonly down: Float32Array;
  /** B [rank × out], row-major. */
  readonly up: Float32Array;
  readonly rank: number;
}

/** The adapters among named arrays, by the name of the kernel that they change. */
export function adaptersOf(arrays: NamedArrays, rank: number): Readonly<Record<string, Adapter>> {
  return Object.fromEntries(
    Object.entries(arrays).flatMap(([name, down]) => {
      if (!name.endsWith('/down')) return [];
      const layer = name.slice(0, -'/down'.length);
      return [[`${layer}/kernel`, { down, up: arrays[`${layer}/up`], rank }] as const];
    }),
  );
}

/** Kernel + scale · A · B, sums in double precision. */
export function adapted(kernel: Float32Array, { down, up, rank }: Adapter, scale = ADAPTER_SCALE): Float32Array {
  const outputs = up.length / rank;
  return kernel.map((value, at) => {
    const [row, column] = [Math.floor(at / outputs), at % outputs];
    let sum = 0;
    for (let unit = 0; unit < rank; unit += 1) sum += down[row * rank + unit] * up[unit * outputs + column];
    return value + scale * sum;
  });
}

/** The rank of the adapters that a suite's experts are; null where they are whole networks. */
export function rankOf({ members }: ExpertsFacts): number | null {
  const ranks = new Set(members.map(({ hyperParameters }) => hyperParameters['rank']));
  const [rank] = ranks;
  return ranks.size === 1 && typeof rank === 'number' ? rank : null;
}

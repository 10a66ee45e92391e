/**
 * The program's part of `Engine.numerics`: how this program computes a step. The rest of it is the machine's: library,
 * kernels, own operations. Both are part of a trial's identity, and a result is outdated where the program's part is
 * not today's.
 */

/** Raised when the same recorded step may give other numbers than before; the golden graphs (a test) are held to it. */
const RECORDED = 6;
/** The same of steps that run operation by operation: 2 since gradients on wasm are made of plain products. */
const EAGER = 2;

/** As it stands in `numerics`: of recorded steps, and of those that run operation by operation. */
export const PROGRAM_NUMERICS = { recorded: `recorded-${RECORDED}`, eager: `eager-${EAGER}` } as const;

/** The program's part of a trial's `numerics`; null where they hold none that this program knows. */
export function programPart(numerics: string): string | null {
  return /(?<=^|[/-])(?:recorded|eager)-\d+(?=$|\/)/.exec(numerics)?.[0] ?? null;
}

/** What `programPart` would be if the trial ran today; null where it is not this program's way of computing. */
export function presentProgramPart(numerics: string): string | null {
  const part = programPart(numerics);
  if (part === null) return null;
  return part.startsWith('recorded') ? PROGRAM_NUMERICS.recorded : PROGRAM_NUMERICS.eager;
}

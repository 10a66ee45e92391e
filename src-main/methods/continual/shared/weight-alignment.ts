import type { Engine, Variable } from '../../../engine/types.ts';
import type { ContinualProtocol } from '../contract.ts';

/**
 * Weight aligning (Zhao et al. 2020, eqs. 4 to 6): the factor for the weights of new classes, the mean length of the
 * old classes' weight vectors over that of the new ones'. kernel [inputs × outputs], row-major.
 */
export function alignmentFactor(
  kernel: ArrayLike<number>,
  outputs: number,
  old: readonly number[],
  fresh: readonly number[],
): number {
  const length = (output: number): number => {
    let sum = 0;
    for (let at = output; at < kernel.length; at += outputs) sum += kernel[at] ** 2;
    return Math.sqrt(sum);
  };
  const mean = (of: readonly number[]): number => of.reduce((sum, output) => sum + length(output), 0) / of.length;
  return mean(old) / mean(fresh);
}

/** Scales the weights of the classes of `task` in a head's kernel; biases stay. */
export async function alignment(
  engine: Engine,
  kernel: Variable,
  protocol: Pick<ContinualProtocol, 'tasks' | 'outputs'>,
  task: number,
): Promise<void> {
  const values = Float32Array.from(await engine.read(kernel));
  const { outputs } = protocol;
  const fresh = protocol.tasks[task].outputs;
  const old = protocol.tasks.slice(0, task).flatMap((earlier) => [...earlier.outputs]);
  const factor = alignmentFactor(values, outputs, old, fresh);
  engine.write(
    kernel,
    values.map((value, at) => (fresh.includes(at % outputs) ? value * factor : value)),
  );
}

import type { ContinualRun } from '../contract.ts';
import { classMemory } from './class-memory.ts';
import { herding, unitRows } from './nearest-mean.ts';

/** Herded examples of every class that has been learnt, equally many of each. */
export interface Exemplars {
  /** The stored ids of one class, the first chosen first. */
  ofClass(output: number): Int32Array;
  /** All stored ids, class by class. */
  all(): Int32Array;
  /** How many a class may keep once `task` is learnt. */
  quota(task: number): number;
  /** Earlier classes keep their first ones; those of `task` are chosen by the network's features of now. */
  admit(task: number): Promise<void>;
}

/** Outputs of the classes of the first `tasks` tasks. */
export const outputsBefore = ({ protocol }: ContinualRun, tasks: number): readonly number[] =>
  protocol.tasks.slice(0, tasks).flatMap(({ outputs }) => [...outputs]);

/**
 * The memory of Rebuffi et al. 2017 (algorithms 4 and 5): `memory` examples in equal shares, at least one of each
 * class, chosen by herding on features of unit length. The shares are of the classes seen so far, or of all.
 */
export function herdedExemplars(run: ContinualRun, memory: number, share: 'seen' | 'all' = 'seen'): Exemplars {
  const { protocol, context } = run;
  const [{ name: head }] = context.network.spec.heads;
  const width = context.network.params.find(({ name }) => name === `${head}/kernel`)?.shape[0] ?? 0;
  const quota = (task: number): number =>
    Math.max(1, Math.floor(memory / (share === 'seen' ? outputsBefore(run, task + 1).length : protocol.outputs)));
  const stored = classMemory(run, quota(0));
  return {
    ofClass: stored.ofClass,
    all: stored.all,
    quota,
    admit: async (task) => {
      const each = quota(task);
      stored.shrink(each);
      for (const output of protocol.tasks[task].outputs) {
        const ids = protocol.tasks[task].ids.filter((id) => protocol.labelOf(id) === output);
        const order = herding(unitRows({ values: await run.features(ids), width }), each);
        stored.keep(
          output,
          order.map((row) => ids[row]),
        );
      }
    },
  };
}

/** One epoch of a task's own examples and the memory, each once. */
export const withExemplars = ({ protocol }: ContinualRun, exemplars: Exemplars, task: number): Int32Array =>
  Int32Array.from([...protocol.tasks[task].ids, ...exemplars.all()]);

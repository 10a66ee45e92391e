import type { ExampleMemory } from './example-memory.ts';
import type { MemoryHost } from './memory-host.ts';

/** Examples of each class in an order of preference, in a checkpointed host array. */
export interface ClassMemory extends ExampleMemory {
  /** The stored ids of one class, the best first. */
  ofClass(output: number): Int32Array;
  /** All stored ids, class by class. */
  all(): Int32Array;
  /** Stores these ids of a class in place of those that it has. */
  keep(output: number, ids: Int32Array): void;
  /** Every class keeps at most its first so many. */
  shrink(each: number): void;
}

/** A memory with room for at most `each` examples of a class. */
export function classMemory(run: MemoryHost, each: number): ClassMemory {
  const { outputs, bytesPerExample } = run.protocol;
  const ids = run.context.state.examples('exemplars/ids', outputs * each, bytesPerExample);
  const ofClass = (output: number): Int32Array => ids.slice(output * each, (output + 1) * each).filter((id) => id >= 0);
  return {
    ofClass,
    all: () => ids.filter((id) => id >= 0),
    keep: (output, chosen) => {
      ids.fill(-1, output * each, (output + 1) * each);
      ids.set(chosen.subarray(0, each), output * each);
    },
    shrink: (most) => {
      for (let output = 0; output < outputs; output++)
        if (most < each) ids.fill(-1, output * each + most, (output + 1) * each);
    },
  };
}

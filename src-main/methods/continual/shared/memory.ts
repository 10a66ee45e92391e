import type { Stream } from '../../../engine/random/streams.ts';
import type { ExampleMemory } from './example-memory.ts';
import type { MemoryHost } from './memory-host.ts';

/** Ids of stored examples, in checkpointed host arrays. */
export interface TaskMemory extends ExampleMemory {
  /** The stored ids of one earlier task, in the random order in which they were chosen. */
  ofTask(task: number): Int32Array;
  /** All stored ids, task by task. */
  all(): Int32Array;
  /**
   * Gives each of the first `tasks` tasks an equal quota: earlier ones keep their first ids, the newest draws at random
   * from `ids`.
   */
  admit(task: number, ids: Int32Array, stream: Stream): void;
}

/**
 * One epoch of naive rehearsal (Hsu et al. 2018, section 4): the task's own examples and the memory, repeated ⌊own /
 * `capacity`⌋ times (at least once), so that old and new data weigh about alike.
 */
export function rehearsedIds(memory: TaskMemory, own: Int32Array, capacity: number): Int32Array {
  const old = [...memory.all()];
  return Int32Array.from([
    ...Array.from({ length: Math.max(Math.floor(own.length / capacity), 1) }, () => old).flat(),
    ...own,
  ]);
}

/** An equal quota for each task seen, capacity ⌊size / tasks⌋ each, as naive rehearsal and GEM keep it. */
export function taskMemory(run: MemoryHost, size: number): TaskMemory {
  const { state } = run.context;
  const tasks = run.protocol.tasks.length;
  const ids = state.examples('memory/ids', tasks * size, run.protocol.bytesPerExample);
  const counts = state.int32('memory/counts', tasks);
  const ofTask = (task: number): Int32Array => ids.slice(task * size, task * size + counts[task]);
  return {
    ofTask,
    all: () => Int32Array.from(Array.from({ length: tasks }, (_, task) => [...ofTask(task)]).flat()),
    admit: (task, offered, stream) => {
      const quota = Math.min(Math.floor(size / (task + 1)), offered.length);
      for (let earlier = 0; earlier < task; earlier++) {
        counts[earlier] = Math.min(counts[earlier], quota);
        ids.fill(-1, earlier * size + counts[earlier], (earlier + 1) * size);
      }
      const chosen = stream.sample(offered.length, quota);
      chosen.forEach((index, i) => {
        ids[task * size + i] = offered[index];
      });
      counts[task] = quota;
    },
  };
}

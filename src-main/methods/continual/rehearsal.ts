import { z } from 'zod';
import { defineContinualMethod } from './shared/driver.ts';
import { rehearsedIds, taskMemory } from './shared/memory.ts';

/**
 * Naive rehearsal (Hsu et al. 2018, section 4): an equal share of memory for every task seen; each epoch trains on the
 * new task together with the memory, repeated until it is about as large as the new data.
 */
export default defineContinualMethod({
  id: 'rehearsal',
  version: 1,
  title: 'Naive rehearsal',
  summary: 'Stores an equal share of images of each task and mixes them, repeated, into every epoch.',
  paper: {
    title: 'Re-evaluating Continual Learning Scenarios: A Categorization and Case for Strong Baselines',
    authors: 'Hsu, Liu, Ramasamy, Kira',
    year: 2018,
    reference: 'arXiv:1810.12488',
    equations: 'section 4, naive rehearsal',
  },
  fields: { memory: z.number().int().min(1).max(100000).default(1100).describe('Images stored over all tasks') },
  asks: ['replay-memory', 'extra-passes', 'boundaries'],
  create: (run, { memory }) => {
    const stored = taskMemory(run, memory);
    return {
      epochIds: (task) => rehearsedIds(stored, run.protocol.tasks[task].ids, memory),
      endTask: async (task) => stored.admit(task, run.protocol.tasks[task].ids, run.stream(`memory/task${task}`)),
    };
  },
});

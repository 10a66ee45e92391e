import { z } from 'zod';
import { defineContinualMethod } from './shared/driver.ts';
import { greedyBalanced } from './shared/greedy-balanced.ts';

/**
 * GDumb (Prabhu et al. 2020, algorithm 1 and section 3.2). It stores examples greedily so that classes stay balanced,
 * and learns nothing meanwhile. Whenever it is asked, it trains a network from scratch on the memory alone.
 */
export default defineContinualMethod({
  id: 'gdumb',
  version: 1,
  title: 'GDumb',
  summary: 'Keeps a class-balanced memory and trains a fresh network on it alone.',
  paper: {
    title: 'GDumb: A Simple Approach that Questions Our Progress in Continual Learning',
    authors: 'Prabhu, Torr, Dokania',
    year: 2020,
    reference: '10.1007/978-3-030-58536-5_31',
    equations: 'algorithm 1 (greedy balancing sampler) and section 3.2',
    deviations:
      "Trains with the suite's optimiser and batch size instead of SGD with warm restarts and cutmix; " +
      "`passes` replaces the suite's epochs.",
  },
  fields: {
    memory: z.number().int().min(1).max(100000).default(1100).describe('Images stored over all classes'),
    passes: z
      .number()
      .int()
      .min(1)
      .max(200)
      .default(8)
      .describe('Copies of the memory in each epoch that the suite grants'),
  },
  asks: ['replay-memory', 'extra-passes', 'boundaries'],
  create: (run, { memory, passes }) => {
    const sampler = greedyBalanced(run, memory);
    const { engine, network } = run.context;
    return {
      epochIds: () => {
        const stored = sampler.all();
        return Int32Array.from(Array.from({ length: passes }, () => [...stored]).flat());
      },
      beginTask: async (task) => {
        sampler.offer(
          run
            .stream(`order/task${task}`)
            .permutation(run.protocol.tasks[task].ids.length)
            .map((i) => run.protocol.tasks[task].ids[i]),
          run.stream(`sampler/task${task}`),
        );
        const fresh = network.init(run.stream(`init/task${task}`));
        for (const [name, variable] of Object.entries(run.parameters)) engine.write(variable, fresh.params[name]);
        for (const [name, variable] of Object.entries(run.statistics)) engine.write(variable, fresh.state[name]);
        run.resetOptimiser();
      },
    };
  },
});

import { z } from 'zod';
import { defineContinualMethod } from './shared/driver.ts';

/**
 * The reference that keeps everything: in each task the network trains on the examples of all tasks so far, for the
 * epochs of the suite. With `start = new` it begins anew from other initial values in each task, which also costs what
 * was learnt about the weights.
 */
export default defineContinualMethod({
  id: 'cumulative',
  version: 1,
  title: 'Cumulative training',
  summary: 'Stores everything and trains on all tasks so far, going on from the last network or starting anew.',
  paper: null,
  fields: {
    start: z
      .enum(['kept', 'new'])
      .default('kept')
      .describe('Each task goes on from the network of the one before, or starts a new one (from scratch)'),
  },
  asks: ['replay-memory', 'extra-passes', 'boundaries'],
  create: (run, { start }) => {
    const { context, protocol } = run;
    const total = protocol.tasks.reduce((sum, { size }) => sum + size, 0);
    const stored = context.state.examples('all/ids', total, protocol.bytesPerExample);
    const before = (task: number): number => protocol.tasks.slice(0, task).reduce((sum, { size }) => sum + size, 0);
    return {
      epochIds: (task) => Int32Array.from([...stored.subarray(0, before(task)), ...protocol.tasks[task].ids]),
      beginTask: async (task) => {
        if (start === 'kept' || task === 0) return;
        const { params, state } = context.network.init(context.stream(`init/task${task}`));
        for (const [name, values] of Object.entries(params)) context.engine.write(run.parameters[name], values);
        for (const [name, values] of Object.entries(state)) context.engine.write(run.statistics[name], values);
        run.resetOptimiser();
      },
      endTask: async (task) => {
        stored.set(protocol.tasks[task].ids, before(task));
      },
    };
  },
});

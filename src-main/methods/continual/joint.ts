import { defineContinualMethod } from './shared/driver.ts';

/**
 * Training on the data of all tasks at once, for the epochs that each task has: the upper reference of every continual
 * leaderboard.
 */
export default defineContinualMethod({
  id: 'joint',
  version: 1,
  title: 'Joint training',
  reference: 'upper',
  paper: null,
  fields: {},
  asks: ['all-tasks'],
  singleStage: true,
  summary: 'Trains on all tasks at once; what a method without forgetting could reach.',
  create: ({ protocol }) => {
    const all = Int32Array.from(protocol.tasks.flatMap((task) => [...task.ids]));
    return { epochIds: () => all };
  },
});

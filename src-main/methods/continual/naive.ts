import { defineContinualMethod } from './shared/driver.ts';

/**
 * Fine-tuning on each task in turn with nothing against forgetting: the lower reference of every continual leaderboard.
 */
export default defineContinualMethod({
  id: 'naive',
  version: 1,
  title: 'Naive fine-tuning',
  reference: 'lower',
  paper: null,
  fields: {},
  summary: 'Trains on each task in turn with nothing against forgetting.',
  create: () => ({}),
});

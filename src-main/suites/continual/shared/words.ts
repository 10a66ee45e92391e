import type { ContinualScenario } from '../../../methods/continual/contract.ts';

/** The scenarios in titles. */
export const SCENARIO_TITLES: Readonly<Record<ContinualScenario, string>> = {
  'task-il': 'task-IL',
  'domain-il': 'domain-IL',
  'class-il': 'class-IL',
};

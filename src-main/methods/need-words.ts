/**
 * What methods ask for beyond the common budget, in words, for every screen and report: nothing is imported, so that it
 * runs in a browser.
 */

export interface NeedWords {
  /** For a badge. */
  readonly short: string;
  /** What a method is with or without. */
  readonly noun: string;
  readonly sentence: string;
}

const WORDS: Readonly<Record<string, NeedWords>> = {
  replayMemory: {
    short: 'memory',
    noun: 'a replay memory',
    sentence: 'Keeps examples of old tasks in a replay memory.',
  },
  taskIdAtTest: {
    short: 'task id',
    noun: 'the task id at test time',
    sentence: 'Is told which task a sample belongs to at test time.',
  },
  validationData: { short: 'val', noun: 'validation data', sentence: 'Uses validation data.' },
  allTasksAtOnce: {
    short: 'all tasks',
    noun: 'all tasks at once',
    sentence: 'Sees the data of all tasks at once.',
  },
  extraPasses: { short: 'passes', noun: 'extra passes', sentence: 'Makes extra passes over the data.' },
};

/** Of a need that a person's own method names, the name itself. */
export function needWords(need: string): NeedWords {
  return WORDS[need] ?? { short: need, noun: need, sentence: need };
}

/** The needs that are set. */
export function needsOf(needs: Readonly<Record<string, boolean>>): readonly string[] {
  return Object.entries(needs).flatMap(([need, wanted]) => (wanted ? [need] : []));
}

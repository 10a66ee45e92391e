/**
 * What a method may ask for beyond the training data of its budget, what suites offer, and what both are called on
 * every screen and in reports: nothing is imported, so that it runs in a browser.
 */

export interface GrantWords {
  /** For a badge. */
  readonly short: string;
  /** What a method is with or without. */
  readonly noun: string;
  /** Of a method that asks for it. */
  readonly sentence: string;
}

const WORDS = {
  validation: { short: 'val', noun: 'validation data', sentence: 'Uses validation data.' },
  'unlabelled-test': {
    short: 'test inputs',
    noun: 'test inputs without labels',
    sentence: 'Adapts to the inputs of the test data, without their labels.',
  },
  'training-inputs': {
    short: 'train inputs',
    noun: 'training inputs without labels',
    sentence: 'Measures its networks on training inputs, without their labels.',
  },
  'task-id-at-test': {
    short: 'task id',
    noun: 'the task id at test time',
    sentence: 'Is told which task a sample belongs to at test time.',
  },
  'all-tasks': { short: 'all tasks', noun: 'all tasks at once', sentence: 'Sees the data of all tasks at once.' },
  'replay-memory': {
    short: 'memory',
    noun: 'a replay memory',
    sentence: 'Keeps examples of old tasks in a replay memory.',
  },
  'extra-passes': { short: 'passes', noun: 'extra passes', sentence: 'Makes extra passes over the data.' },
  boundaries: {
    short: 'boundaries',
    noun: 'task boundaries',
    sentence: 'Is told when one task ends and the next begins.',
  },
} as const satisfies Readonly<Record<string, GrantWords>>;

/** Something that a method asks for and a suite offers. */
export type Grant = keyof typeof WORDS;

/** All there are, in the order of columns and filters. */
export const GRANTS: readonly Grant[] = Object.keys(WORDS).filter(isGrant);

export function isGrant(name: string): name is Grant {
  return Object.hasOwn(WORDS, name);
}

/** Of a grant that this program does not know, the name itself. */
export function grantWords(grant: string): GrantWords {
  return isGrant(grant) ? WORDS[grant] : { short: grant, noun: grant, sentence: grant };
}

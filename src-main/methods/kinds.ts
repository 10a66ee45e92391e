/**
 * What suites hand out, the only closed list, in words for every screen: nothing is imported, so that it runs in a
 * browser.
 */

/**
 * `rows`: training, validation and test rows of one task. `stream`: tasks that follow one another. `experts`: trained
 * networks to be merged or combined. `probe`: an experiment whose outcome is curves and scalars.
 */
export const PROTOCOL_KINDS = ['rows', 'stream', 'experts', 'probe'] as const;
export type ProtocolKind = (typeof PROTOCOL_KINDS)[number];

/** What a method of the kind learns from. */
export const KIND_WORDS: Readonly<Record<ProtocolKind, string>> = {
  rows: 'one training set',
  stream: 'a stream of tasks',
  experts: 'trained networks to merge',
  probe: 'an experiment of its own',
};

/** Networks of one trial have seeds 100·seed, 100·seed + 1, …, so that no two trials share one unless they should. */
export const MEMBERS_AT_MOST = 100;

/** The seed of network `index` of the trial with this seed. */
export const memberSeed = (seed: number, index: number): number => seed * MEMBERS_AT_MOST + index;

/** The seed of the first of the networks that one with this seed belongs to. */
export const firstMember = (seed: number): number => seed - (seed % MEMBERS_AT_MOST);

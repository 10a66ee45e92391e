/** What a method may ask for beyond the common budget, in words. */
export const NEED_SENTENCES: Readonly<Record<string, string>> = {
  replayMemory: 'Keeps examples of old tasks in a replay memory.',
  taskIdAtTest: 'Is told which task a sample belongs to at test time.',
  validationData: 'Uses validation data.',
  allTasksAtOnce: 'Sees the data of all tasks at once.',
  extraPasses: 'Makes extra passes over the data.',
};

/** The needs that are set. */
export function needsOf(needs: Readonly<Record<string, boolean>>): readonly string[] {
  return Object.entries(needs).flatMap(([need, wanted]) => (wanted ? [need] : []));
}

/** Items under the key they share, in order of first appearance. (Map.groupBy is younger than the oldest browser this runs in.) */
export function grouped<T>(
  items: readonly T[],
  key: (item: T) => string,
): readonly (readonly [string, readonly T[]])[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return [...groups];
}

import type { MethodInfo } from '../../src-main/workbench/contract/contract.ts';

type Titled = Pick<MethodInfo, 'id' | 'title' | 'origin'>;

/** Methods in the order of the names that are shown. */
export function byTitle<T extends Titled>(methods: readonly T[]): readonly T[] {
  return [...methods].sort((a, b) => a.title.localeCompare(b.title, 'en', { numeric: true }) || (a.id < b.id ? -1 : 1));
}

/** Ids of a person's own methods whose title another method has too: only the id tells them apart. */
export function ownTwins(methods: readonly Titled[]): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const { title } of methods) counts.set(title, (counts.get(title) ?? 0) + 1);
  const twins = methods.filter(({ origin, title }) => origin === 'user' && (counts.get(title) ?? 0) > 1);
  return new Set(twins.map(({ id }) => id));
}

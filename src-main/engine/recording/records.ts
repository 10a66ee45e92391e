/** The record with every value changed by `change`, under the same names. */
export function mapValues<K extends string, A, B>(
  record: Readonly<Record<K, A>>,
  change: (value: A, name: string) => B,
): Record<K, B>;
export function mapValues<A, B>(
  record: Readonly<Record<string, A>>,
  change: (value: A, name: string) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));
}

/** The same where every change takes its time; all at once. Rejects with the first failure. */
export function mapValuesAsync<K extends string, A, B>(
  record: Readonly<Record<K, A>>,
  change: (value: A, name: string) => Promise<B>,
): Promise<Record<K, B>>;
export async function mapValuesAsync<A, B>(
  record: Readonly<Record<string, A>>,
  change: (value: A, name: string) => Promise<B>,
): Promise<Record<string, B>> {
  return Object.fromEntries(
    await Promise.all(
      Object.entries(record).map(async ([name, value]): Promise<[string, B]> => [name, await change(value, name)]),
    ),
  );
}

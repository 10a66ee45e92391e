import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { canonicalJson, sha256 } from '../base/canonical.ts';

/**
 * A collection: a named list of suites that are compared together, one file each. A list that is published stays as it
 * is; another list is another version.
 */
const file = z.strictObject({
  version: z.int().min(1),
  title: z.string().min(1).max(200),
  summary: z.string().max(2000),
  /** In the order in which they are shown. */
  suites: z.array(z.string().min(1)).min(2).max(500),
  /** Methods that run beside those that are asked for: the two ends of a normalised score. */
  references: z.strictObject({ lower: z.string().min(1), upper: z.string().min(1) }),
});

export interface Collection extends z.infer<typeof file> {
  /** The name of its file. */
  readonly id: string;
}

/** Collections of these folders by id, of which the first one has it; and the files that are none, with the reason. */
export function readCollections(folders: readonly string[]): {
  readonly collections: ReadonlyMap<string, Collection>;
  readonly troubles: readonly { readonly file: string; readonly message: string }[];
} {
  const collections = new Map<string, Collection>();
  const troubles: { file: string; message: string }[] = [];
  for (const folder of folders)
    for (const name of existsSync(folder) ? readdirSync(folder).sort() : []) {
      const id = /^([a-z0-9][a-z0-9-]*)\.json$/.exec(name)?.[1];
      if (id === undefined || collections.has(id)) continue;
      const path = join(folder, name);
      try {
        collections.set(id, { id, ...file.parse(JSON.parse(readFileSync(path, 'utf8'))) });
      } catch (error) {
        const said = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
        troubles.push({ file: path, message: said });
      }
    }
  return { collections, troubles };
}

/** SHA-256 of what a collection is: its list, and the protocol of each suite; null while one of these is not here. */
export function collectionHash(
  { id, version, suites }: Collection,
  protocolOf: (suite: string) => string | undefined,
): string | null {
  const protocols = suites.map(protocolOf);
  if (protocols.includes(undefined)) return null;
  return sha256(canonicalJson({ id, version, suites: suites.map((suite, at) => [suite, protocols[at] ?? null]) }));
}

import { join } from 'node:path';
import type { Command } from 'commander';
import { collectionHash, readCollections } from '../suites/collections.ts';
import type { Collection } from '../suites/collections.ts';
import { dataFolder } from '../workbench/data-folder.ts';
import type { SuiteInfo } from '../workbench/contract/contract.ts';
import { jsonOption } from './options.ts';
import { answer } from './shell.ts';
import type { Shell } from './shell.ts';
import { table } from './text.ts';

const FOLDER = 'collections';
const SHIPPED = join(import.meta.dirname, '..', '..', 'resources', FOLDER);

/** The collections that come with the program, and a person's own in the folder `collections` of the data folder. */
export const collectionsHere = () => readCollections([SHIPPED, join(dataFolder(), FOLDER)]);

/** What names of suites and collections stand for. */
export interface Expanded {
  readonly suites: readonly string[];
  /** Methods of the collections that run beside those that are asked for. */
  readonly references: readonly string[];
  /** Suites of collections that are not here. */
  readonly missing: readonly string[];
}

/** Puts the suites of a collection in the place of its name; those that are not here are left out. */
export function expanded(
  names: readonly string[],
  collections: ReadonlyMap<string, Collection>,
  isHere: (suite: string) => boolean,
): Expanded {
  const asked = names.map((name) => collections.get(name));
  const found = asked.filter((collection) => collection !== undefined);
  const all = found.flatMap(({ suites }) => suites);
  return {
    suites: [...new Set(names.flatMap((name, at) => asked[at]?.suites.filter((suite) => isHere(suite)) ?? [name]))],
    references: [...new Set(found.flatMap(({ references }) => [references.lower, references.upper]))],
    missing: [...new Set(all.filter((suite) => !isHere(suite)))],
  };
}

/** `touchstone collections`: lists of suites that are compared together. */
export function addCollections(program: Command, shell: Shell): void {
  program
    .command('collections')
    .description(
      'lists of suites that are compared together; files of your own (version, title, summary, suites, references) ' +
        'lie in the folder collections of the data folder',
    )
    .addOption(jsonOption())
    .action((options: { json: boolean }) =>
      answer(
        shell,
        options.json,
        async (client) => told(await client.call('catalogue.suites', {})),
        (found) =>
          table(
            ['id', 'version', 'suites', 'hash', 'title'],
            found.map(({ id, version, suites, missing, hash, title }) => [
              id,
              String(version),
              missing.length === 0 ? String(suites.length) : `${suites.length - missing.length} of ${suites.length}`,
              hash?.slice(0, 12) ?? `lacks ${missing.join(', ')}`,
              title,
            ]),
          ),
      ),
    );
}

function told(suites: readonly Pick<SuiteInfo, 'id' | 'protocolHash'>[]) {
  const hashes = new Map(suites.map(({ id, protocolHash }) => [id, protocolHash]));
  return [...collectionsHere().collections.values()].map((collection) => ({
    ...collection,
    missing: collection.suites.filter((suite) => !hashes.has(suite)),
    hash: collectionHash(collection, (suite) => hashes.get(suite)),
  }));
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { catalogueEntry } from './entry.ts';
import type { CatalogueEntry } from './entry.ts';
import { GENERATORS } from './generators/index.ts';
import { reason } from './refuse.ts';
import { DatasetError } from './types.ts';

/**
 * The catalogue: every dataset Touchstone knows by name. What has files (shipped or published) is data, in
 * `resources/datasets/manifest.json`; what is generated is described in `generators/`. No dataset needs code of its own
 * unless its format
 * is new.
 */

const manifest = z.strictObject({ version: z.literal(1), datasets: z.array(catalogueEntry) });

/** Datasets by id, in the order in which they are shown. */
export type Catalogue = ReadonlyMap<string, CatalogueEntry>;

/**
 * Reads `<resources>/datasets/manifest.json` and adds the generated sets.
 *
 * @throws DatasetError when the manifest is missing or not what the schema says (a broken installation).
 */
export function loadCatalogue(resources: string): Catalogue {
  const file = join(resources, 'datasets', 'manifest.json');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new DatasetError(
      `${file}: the manifest of the shipped datasets can't be read (${reason(error)}). The installation ` +
        'is incomplete: install Touchstone again.',
    );
  }
  return catalogueOf([
    ...parseManifest(text, file),
    ...[...GENERATORS.values()].map(({ entry }) => catalogueEntry.parse(entry)),
  ]);
}

/** @throws DatasetError when two entries have one id. */
export function catalogueOf(entries: readonly CatalogueEntry[]): Catalogue {
  const catalogue = new Map<string, CatalogueEntry>();
  for (const entry of entries) {
    if (catalogue.has(entry.id))
      throw new DatasetError(`The catalogue has two datasets called "${entry.id}": rename one in the manifest.`);
    catalogue.set(entry.id, entry);
  }
  return catalogue;
}

function parseManifest(text: string, file: string): CatalogueEntry[] {
  try {
    return manifest.parse(JSON.parse(text)).datasets;
  } catch (error) {
    const detail = error instanceof z.ZodError ? z.prettifyError(error) : reason(error);
    throw new DatasetError(`${file}: not a dataset manifest: ${detail}`);
  }
}

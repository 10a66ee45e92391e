import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { HyperParameters } from '../methods/contract.ts';
import { readResource } from '../reports/resources.ts';
import { publishedId } from '../suites/variant-ids.ts';
import { hyperParameters } from './contract/contract.ts';

const FORM = {
  name: 'settings file',
  schema: z.record(z.string(), z.object({ values: hyperParameters, source: z.string() })),
};
export type PublishedSettings = Readonly<
  Record<string, { values: Record<string, number | string | boolean>; source: string }>
>;

export const SETTINGS_FOLDER = fileURLToPath(new URL('../../resources/settings/', import.meta.url));

/**
 * Published hyper-parameters of a suite by method, with their source: `resources/settings/<suite>.json`, the suite's id
 * as path (its development variant begins with the same ones); `{}` where there is no such file. Throws when the file
 * is not of that form.
 */
export function publishedSettings(suite: string, folder: string = SETTINGS_FOLDER): PublishedSettings {
  const published = publishedId(suite);
  for (const name of [published, published.replaceAll('/', '-'), published.replaceAll('/', '__')]) {
    const path = join(folder, `${name}.json`);
    if (existsSync(path)) return readResource(path, FORM);
  }
  return {};
}

export function settingsFor(published: PublishedSettings, method: string): HyperParameters {
  return published[method]?.values ?? {};
}

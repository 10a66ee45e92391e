import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { HyperParameters } from '../methods/contract.ts';

const scalar = z.union([z.number(), z.string(), z.boolean()]);
const file = z.record(z.string(), z.object({ values: z.record(z.string(), scalar), source: z.string() }));
export type PublishedSettings = Readonly<Record<string, { values: Record<string, number | string | boolean>; source: string }>>;

export const SETTINGS_FOLDER = fileURLToPath(new URL('../../resources/settings/', import.meta.url));

/**
 * Published hyper-parameters of a suite by method, with their source: `resources/settings/<suite>.json`, the suite's id as path; `{}` where
 * there is no such file. Throws when the file is not of that form.
 */
export function publishedSettings(suite: string, folder: string = SETTINGS_FOLDER): PublishedSettings {
  for (const name of [suite, suite.replaceAll('/', '-'), suite.replaceAll('/', '__')]) {
    const path = join(folder, `${name}.json`);
    if (!existsSync(path)) continue;
    const parsed = file.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    if (!parsed.success) throw new Error(`${path} is not a settings file: ${z.prettifyError(parsed.error)}`);
    return parsed.data;
  }
  return {};
}

export function settingsFor(published: PublishedSettings, method: string): HyperParameters {
  return published[method]?.values ?? {};
}

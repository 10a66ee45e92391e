import { readdir, rm } from 'node:fs/promises';
import { joinedAtMost } from '../base/shortened.ts';
import { basename, join } from 'node:path';
import { unpack } from './archive.ts';
import type { CatalogueEntry, Download } from './entry.ts';
import { install, makeStage, storageError } from './installed.ts';
import type { Candidate, Receipt } from './installed.ts';
import type { DatasetPaths } from './paths.ts';
import { reason, refusal } from './refuse.ts';
import { copyRegular, openRegular } from './regular-file.ts';
import { DatasetError } from './types.ts';

/** How deep below the chosen folder files are looked for: publishers' archives unpack into one or two folders. */
const DEPTH = 3;

/**
 * Installs a dataset from files in a folder: under their published names or the usual variants (unpacked,
 * `.idx3-ubyte`), in the folder
 * itself or up to three levels below, or as the published archive.
 *
 * @throws DatasetError naming what is missing and what was found, or which file is not what its name says.
 */
export async function importFolder(paths: DatasetPaths, entry: CatalogueEntry, folder: string): Promise<Receipt> {
  if (entry.origin === 'shipped')
    throw new DatasetError(`"${entry.id}" ships with Touchstone; there is nothing to import.`);
  if (entry.origin === 'generated') throw new DatasetError(`"${entry.id}" is generated; there is nothing to import.`);
  const present = await filesBelow(folder, DEPTH);
  const found = new Map(
    entry.files.flatMap((file) => {
      const path = firstNamed(present, [file.name, ...file.alsoNamed]);
      return path === null ? [] : [[file.name, path] as const];
    }),
  );
  const missing = entry.files.filter((file) => !found.has(file.name)).map((file) => file.name);
  const archive = missing.length === 0 ? null : archiveFor(entry, missing, present);
  if (missing.length > 0 && archive === null) {
    const seen = present.map((path) => basename(path));
    throw refusal({
      where: folder,
      expected: `${missing.join(', ')}${archives(entry)}`,
      found: seen.length === 0 ? 'no files' : joinedAtMost(seen, 8, ', '),
      remedy: seen.some((name) => name.endsWith('.xz'))
        ? 'Unpack the .xz files first (xz -dk *.xz).'
        : `Put the published files of ${entry.title} (${entry.source}) into one folder, under their published names.`,
    });
  }
  const stage = await makeStage(paths, entry.id);
  const candidates = new Map<string, Candidate>();
  try {
    if (archive !== null) {
      const { download, path } = archive;
      await (await openRegular(path, 'an archive of a dataset')).close();
      await unpack(
        download.archive === 'zip' ? 'zip' : 'tar.gz',
        path,
        new Map(missing.map((name) => [download.members[name] ?? '', join(stage, name)])),
      );
      for (const name of missing)
        candidates.set(name, { path: join(stage, name), where: `${path}: ${download.members[name]}` });
    }
    for (const [name, path] of found) {
      await copyRegular(path, join(stage, name), 'a file of a dataset');
      candidates.set(name, { path: join(stage, name), where: path });
    }
  } catch (error) {
    await rm(stage, { recursive: true, force: true });
    throw storageError(error, paths.root);
  }
  return install(paths, entry, stage, candidates, { how: 'import', from: folder });
}

/** Files of `folder` and below, nearest first, each level by name. */
async function filesBelow(folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw refusal({
      where: folder,
      expected: 'a folder with the files of a dataset',
      found: reason(error),
      remedy: 'Check the path.',
    });
  });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const files = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(folder, entry.name));
  if (depth === 0) return files;
  const deeper = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => filesBelow(join(folder, entry.name), depth - 1).catch(() => [])),
  );
  return [...files, ...deeper.flat()];
}

function firstNamed(present: readonly string[], names: readonly string[]): string | null {
  for (const name of names) {
    const path = present.find((candidate) => basename(candidate).toLowerCase() === name.toLowerCase());
    if (path !== undefined) return path;
  }
  return null;
}

/** An archive in the folder that has everything still missing. */
function archiveFor(
  entry: CatalogueEntry,
  missing: readonly string[],
  present: readonly string[],
): { download: Download; path: string } | null {
  for (const download of entry.downloads) {
    const path = download.archive === 'none' ? null : firstNamed(present, archiveNames(download));
    if (path !== null && missing.every((name) => Object.hasOwn(download.members, name))) return { download, path };
  }
  return null;
}

function archiveNames(download: Download): string[] {
  return [download.name, ...download.mirrors.map((mirror) => basename(new URL(mirror).pathname))];
}

function archives(entry: CatalogueEntry): string {
  const names = entry.downloads.filter((download) => download.archive !== 'none').map((download) => download.name);
  return names.length === 0 ? '' : `, or the archive ${names.join(', ')}`;
}

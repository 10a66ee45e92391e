import { cpSync, existsSync, readdirSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { sha256OfFile } from '../../base/file-hash.ts';
import { makeFolder } from '../../base/files.ts';
import { EngineError } from '../types.ts';
import { buildAddons } from './addons.ts';
import { lastLines, runCommand } from './commands.ts';
import { partialFolder, publish } from './files.ts';
import {
  findLibrary,
  LIBRARY_RECORD,
  librarySchema,
  PACKAGE_TENSORFLOW_VERSION,
  readRecord,
  sizesMatch,
  type LibraryRecord,
} from './located.ts';
import { addonFolder, libraryFolder } from './layout.ts';
import { writeLibraryRecord, type Work } from './wheel-source.ts';

/**
 * Runs tfjs-node's own install script in a copy of the package (libtensorflow 2.9.1 and a prebuilt addon) and moves
 * what it fetched into the cache. Answers the folder. @throws EngineError when the script fails, most often because its
 * server can't be reached
 */
export async function provisionFromPackage(work: Work): Promise<string> {
  const { where, progress, signal } = work;
  const target = libraryFolder(where, PACKAGE_TENSORFLOW_VERSION, 'cpu');
  if (findLibrary(where, target)) return target;
  const record = readRecord(join(target, LIBRARY_RECORD), librarySchema);
  const partial = partialFolder(target);
  try {
    let binding: string | null = null;
    if (!record || !sizesMatch(target, record.files)) {
      progress.phase(`Fetching libtensorflow ${PACKAGE_TENSORFLOW_VERSION} by tfjs-node’s own script`);
      const copy = join(partial, 'package');
      cpSync(where.tfjsNode, copy, {
        recursive: true,
        filter: (source) => !source.includes(`${join(where.tfjsNode, 'deps')}`),
      });
      // The script requires its dependencies and calls node-pre-gyp by name.
      const modules = nodeModulesOf(where.tfjsNode);
      symlinkSync(modules, join(partial, 'node_modules'), 'junction');
      const path = [join(modules, '.bin'), dirname(where.node), where.env['PATH'] ?? ''].join(delimiter);
      const result = await runCommand([where.node, join(copy, 'scripts', 'install.js'), 'cpu', 'download'], {
        cwd: copy,
        env: { ...where.env, PATH: path },
        signal,
        timeoutMs: 30 * 60_000,
      });
      binding = join(copy, 'lib', 'napi-v8', 'tfjs_binding.node');
      if (result.code !== 0 || !existsSync(join(copy, 'deps', 'lib')))
        throw new EngineError(
          `tfjs-node’s own download failed: ${lastLines(result.output.replace(/\[?=*\s*\]?\s*\d+%\s*\S*s?/g, ''))}`,
        );
      const library = join(partial, 'library');
      makeFolder(library);
      renameSync(join(copy, 'deps'), join(library, 'deps'));
      if (existsSync(binding)) renameSync(binding, join(library, 'prebuilt.node'));
      const files: LibraryRecord['files'] = {};
      for (const name of readdirSync(join(library, 'deps', 'lib'))) {
        const file = join(library, 'deps', 'lib', name);
        if (statSync(file).isFile())
          files[`deps/lib/${name}`] = { bytes: statSync(file).size, sha256: await sha256OfFile(file, signal) };
      }
      writeLibraryRecord(library, {
        source: 'package-download',
        tensorflow: PACKAGE_TENSORFLOW_VERSION,
        variant: 'cpu',
        archives: [],
        files,
        provisioned: new Date().toISOString(),
      });
      publish(library, target);
    }
    const prebuilt = join(target, 'prebuilt.node');
    const include = join(target, 'deps', 'include');
    await buildAddons(
      {
        target: addonFolder(where, target),
        libraries: join(target, 'deps', 'lib'),
        include: existsSync(include) ? include : null,
        runPath: where.platform === 'darwin' ? '@loader_path/../../deps/lib' : '$ORIGIN/../../deps/lib',
        readyBinding: existsSync(prebuilt) ? prebuilt : null,
      },
      work,
    );
    return target;
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

function nodeModulesOf(packageFolder: string): string {
  // …/node_modules/@tensorflow/tfjs-node-gpu
  return dirname(dirname(packageFolder));
}

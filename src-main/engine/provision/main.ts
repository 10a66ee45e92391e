/**
 * Entry for bootstrap: makes TensorFlow, LightGBM and XGBoost available and says how it went on standard error. With
 * `--answer FILE` that file gets what a later start only has to find unchanged. Exit code 0 also with wasm only; 130
 * when interrupted.
 */
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { surroundings } from './layout.ts';
import { LIGHTGBM_SOURCE } from './lightgbm.ts';
import type { Provisioned } from './located.ts';
import { provisionNative } from './native-library.ts';
import { provision } from './provision.ts';
import { terminalProgress } from './progress.ts';
import { XGBOOST_SOURCE } from './xgboost.ts';

const abort = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => abort.abort());
const progress = terminalProgress(process.stderr);
try {
  const { found, attempts, line } = await provision({
    progress,
    signal: abort.signal,
    force: process.argv.includes('--force'),
  });
  progress.end();
  const answer = process.argv.indexOf('--answer');
  const file = process.argv[answer + 1];
  if (answer > 0 && file !== undefined && found) writeFileSync(file, JSON.stringify({ files: sizes(found) }));
  if (attempts.length > 0 || !found) process.stderr.write(`${line}\n`);
  for (const source of [LIGHTGBM_SOURCE, XGBOOST_SOURCE])
    await provisionNative(source, { where: surroundings(), progress, signal: abort.signal }).catch((error: unknown) => {
      if (abort.signal.aborted) throw error;
      // Only its methods are missing then, which say so themselves.
      process.stderr.write(
        `${source.name} is not available: ${error instanceof Error ? error.message : String(error)}\n`,
      );
    });
  progress.end();
} catch (error) {
  progress.end();
  if (abort.signal.aborted) {
    process.stderr.write('Setting up TensorFlow was interrupted; the next start goes on with it.\n');
    process.exitCode = 130;
  } else {
    process.stderr.write(`Setting up TensorFlow failed: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

function sizes(found: Provisioned): Record<string, number> {
  const libraries = readdirSync(found.libraries)
    .map((name) => join(found.libraries, name))
    .filter((file) => statSync(file).isFile());
  return Object.fromEntries(
    [found.binding, ...(found.session === null ? [] : [found.session]), ...libraries].map((file) => [
      file,
      statSync(file).size,
    ]),
  );
}

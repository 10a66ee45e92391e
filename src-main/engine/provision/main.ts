/** Entry for bootstrap: makes TensorFlow available and says how it went on standard error. Exit code 0 also with wasm only; 130 when interrupted. */
import { provision } from './provision.ts';
import { terminalProgress } from './progress.ts';

const abort = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => abort.abort());
const progress = terminalProgress(process.stderr);
try {
  const { found, attempts, line } = await provision({ progress, signal: abort.signal, force: process.argv.includes('--force') });
  progress.end();
  if (attempts.length > 0 || !found) process.stderr.write(`${line}\n`);
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

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { makeFolder } from '../base/files.ts';
import { findProgram, lastLines, runCommand } from '../engine/provision/commands.ts';
import { cacheRoot, surroundings } from '../engine/provision/layout.ts';
import type { Surroundings } from '../engine/provision/layout.ts';

export const PEERS = fileURLToPath(new URL('./peers/', import.meta.url));

/** Which packages: `requirements.txt`, or `requirements-avalanche.txt` on top of it. */
export type PeerSet = 'peers' | 'avalanche';

const stampSchema = z.record(z.string(), z.string());
const SETS = {
  peers: { files: ['requirements.txt'], about: 'PyTorch and JAX' },
  avalanche: { files: ['requirements.txt', 'requirements-avalanche.txt'], about: 'PyTorch, JAX and Avalanche' },
} as const satisfies Record<PeerSet, { files: readonly string[]; about: string }>;

/** Newest first; the pinned packages have wheels for these. */
const PYTHONS = ['python3.13', 'python3.12', 'python3.11', 'python3', 'python'];

export interface PeerPython {
  readonly python: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * The Python of the virtual environment `bench-peers` in the user's cache, with the packages of `set` at their pinned
 * versions; made and filled by pip where it is not there yet. An interrupted set-up goes on at the next one: only a
 * finished one is written down. Throws with the reason and the remedy.
 */
export async function peerPython(
  set: PeerSet,
  say: (line: string) => void,
  where: Surroundings = surroundings(),
): Promise<PeerPython> {
  const folder = join(cacheRoot(where), 'bench-peers');
  const python = where.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
  const stamp = join(folder, 'touchstone.json');
  const key = requirementsKey(SETS[set].files.map((file) => readFileSync(join(PEERS, file), 'utf8')));
  const done = readStamp(stamp);
  const ready: PeerPython = { python, env: peerEnvironment(where.env) };
  if (existsSync(python) && done[set] === key) return ready;

  makeFolder(folder);
  if (!existsSync(python) || (await runCommand([python, '-m', 'pip', '--version'])).code !== 0) {
    const base = await workingPython(where);
    say(`Making a virtual environment for the peers in ${folder}.`);
    const made = await runCommand([base, '-m', 'venv', '--clear', folder]);
    if (made.code !== 0)
      throw new Error(
        `python -m venv failed: ${lastLines(made.output)}. Install Python's venv module (Debian: python3-venv).`,
      );
  }
  say(
    `Installing ${SETS[set].about} with pip (once; on Linux some 3 GB to download and 7 GB on disk, ` +
      "because PyTorch's wheel brings CUDA). Interrupt it whenever you like: the next run goes on.",
  );
  const installed = await runCommand([
    python,
    '-m',
    'pip',
    'install',
    '--disable-pip-version-check',
    '--progress-bar',
    'off',
    ...SETS[set].files.flatMap((file) => ['-r', join(PEERS, file)]),
  ]);
  if (installed.code !== 0) throw new Error(`pip could not install ${SETS[set].about}: ${lastLines(installed.output)}`);
  writeFileSync(stamp, JSON.stringify({ ...done, [set]: key }));
  return ready;
}

/** What a set's stamp must say: a hash of its requirements. */
export function requirementsKey(texts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 16);
}

function readStamp(file: string): Record<string, string> {
  if (!existsSync(file)) return {};
  try {
    return stampSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // Cut off by an interruption: as good as absent.
    return {};
  }
}

/**
 * No switches of this process or the person's shell: thread counts are the peers' own business, and nothing may be
 * logged or sent.
 */
function peerEnvironment(env: Surroundings['env']): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(
    ([name]) => !/^(TF_|OMP_|MKL_|KMP_|OPENBLAS_|XLA_|JAX_|TORCH_|PYTHON|NODE_OPTIONS$)/.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    WANDB_MODE: 'disabled',
    PYTHONWARNINGS: 'ignore',
    PYTHONUNBUFFERED: '1',
    PYTHONDONTWRITEBYTECODE: '1',
  };
}

/** The first Python that runs: version managers put names on PATH that only say which version is missing. */
async function workingPython(where: Surroundings): Promise<string> {
  for (const name of PYTHONS) {
    const program = findProgram(where, name);
    if (
      program !== null &&
      (await runCommand([program, '-c', 'import sys, venv; sys.exit(sys.version_info < (3, 11))'])).code === 0
    )
      return program;
  }
  throw new Error('No Python 3.11 or newer with its venv module was found. Install one and run the benchmark again.');
}

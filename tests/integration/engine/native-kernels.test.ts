import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { z } from 'zod';
import { findCompiler, runCommand } from '../../../src-main/engine/provision/commands.ts';
import { surroundings } from '../../../src-main/engine/provision/layout.ts';

const folder = mkdtempSync(join(tmpdir(), 'touchstone-kernels-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const findings = z.object({ sets: z.number(), worst: z.number(), sameBits: z.boolean() });

const native = fileURLToPath(new URL('../../../src-main/engine/kernels/native/', import.meta.url));
const sources = [
  fileURLToPath(new URL('native-kernels.cc', import.meta.url)),
  ...['chain.cc', 'kernels.cc', 'kernels-avx2.cc', 'kernels-avx512.cc'].map((name) => join(native, name)),
];

it(
  'the kernels compute their definitions with every set of instructions, the same bits with each, ' +
    'and stay inside their arrays',
  async () => {
    const compiler = findCompiler(surroundings()) ?? 'c++';
    const program = join(folder, 'check');
    const build = (...checks: string[]): Promise<{ code: number | null; output: string }> =>
      runCommand([
        compiler,
        '-std=c++17',
        '-O1',
        '-ffp-contract=off',
        ...checks,
        `-I${native}`,
        ...sources,
        '-o',
        program,
      ]);
    // Not every compiler comes with the libraries of its checks.
    const checked = await build('-fsanitize=address,undefined', '-fno-sanitize-recover=all');
    const built = checked.code === 0 ? checked : await build();
    expect(built.code, built.output).toBe(0);
    const run = await runCommand([program]);
    expect(run.code, run.output).toBe(0);
    const flags = process.arch === 'x64' && existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '';
    const { sets, worst, sameBits } = findings.parse(JSON.parse(run.output));
    expect(sets).toBe(/ avx2 /.test(flags) ? (/ avx512vl /.test(flags) ? 2 : 1) : 0);
    // sums of up to 1,200 terms of size one
    expect(worst).toBeLessThan(3e-4);
    expect(sameBits).toBe(true);
  },
  180_000,
);

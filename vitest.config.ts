import { tmpdir } from 'node:os';
import path from 'node:path';
import { defineConfig } from 'vitest/config';
import SlowestTests from './tests/slowest-tests.ts';

// A test that forgets to name a data folder must not touch a person's; programs that tests start inherit it.
process.env['TOUCHSTONE_DATA'] = path.join(tmpdir(), `touchstone-tests-${process.pid}`);

const env = {
  TOUCHSTONE_DATA: process.env['TOUCHSTONE_DATA'],
  TF_CPP_MIN_LOG_LEVEL: '2',
  TF_NUM_INTRAOP_THREADS: '1',
  TF_NUM_INTEROP_THREADS: '1',
};

/**
 * `unit`: one function or class at a time, seconds. `integration`: child processes, TensorFlow, whole studies. Forks,
 * because the native addon is one per process; two at a time, because trials use every core themselves.
 */
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    globalSetup: 'tests/global-setup.ts',
    reporters:
      process.env['TOUCHSTONE_TEST_REPORT'] === undefined
        ? ['default', new SlowestTests()]
        : ['default', new SlowestTests(), 'json'],
    ...(process.env['TOUCHSTONE_TEST_REPORT'] === undefined
      ? {}
      : { outputFile: { json: process.env['TOUCHSTONE_TEST_REPORT'] } }),
    projects: [
      { test: { name: 'unit', include: ['tests/unit/**/*.test.ts'], testTimeout: 20_000, hookTimeout: 30_000, env } },
      {
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          env,
        },
      },
    ],
  },
});

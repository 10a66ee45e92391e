import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';
import type { TestOptions } from './fixtures.ts';

/**
 * The same specs on two launchers: Chromium against the loopback shell, and Electron. `PLAYWRIGHT_CHROMIUM` names the
 * browser (else the system's, else Playwright's own); `ELECTRON_OVERRIDE_DIST_PATH` the unpacked Electron (else the one
 * that npm installed).
 */
const chromium = [process.env['PLAYWRIGHT_CHROMIUM'], '/usr/bin/chromium'].find(
  (file) => file !== undefined && existsSync(file),
);

export default defineConfig<TestOptions>({
  testDir: '.',
  outputDir: '../../test-results',
  globalSetup: './global-setup.ts',
  // Trials of the program itself use every core; specs side by side would only measure each other.
  workers: 1,
  fullyParallel: false,
  forbidOnly: process.env['CI'] !== undefined,
  retries: 0,
  timeout: 180_000,
  expect: { timeout: 20_000 },
  reporter: [['list'], ['json', { outputFile: '../../test-results/e2e.json' }]],
  use: { trace: 'retain-on-failure', screenshot: 'only-on-failure', viewport: { width: 1280, height: 800 } },
  projects: [
    { name: 'prepare', testMatch: /prepare\.setup\.ts$/, timeout: 600_000 },
    {
      name: 'browser',
      testIgnore: /\.electron\.spec\.ts$/,
      dependencies: ['prepare'],
      use: {
        shell: 'browser',
        browserName: 'chromium',
        launchOptions: chromium === undefined ? {} : { executablePath: chromium },
      },
    },
    { name: 'electron', testIgnore: /\.browser\.spec\.ts$/, dependencies: ['prepare'], use: { shell: 'electron' } },
  ],
});

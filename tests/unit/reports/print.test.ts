import path from 'node:path';
import { expect, it } from 'vitest';
import { findChromium, PrintError, printWithChromium } from '../../../src-main/reports/print.ts';

const only = (...there: string[]) => ({ runs: (file: string) => there.includes(file) });

it('the Chromium is the one that is named, else one that is installed', () => {
  const env = { PATH: '/usr/bin:/opt/bin', TOUCHSTONE_CHROMIUM: '/own/chrome' };
  expect(findChromium({ platform: 'linux', env, ...only('/own/chrome', '/opt/bin/chromium') })).toBe('/own/chrome');
  expect(findChromium({ platform: 'linux', env, ...only('/opt/bin/google-chrome') })).toBe('/opt/bin/google-chrome');
  expect(findChromium({ platform: 'linux', env: {}, ...only('/snap/bin/chromium') })).toBe('/snap/bin/chromium');
  const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
  expect(findChromium({ platform: 'darwin', env: {}, ...only(mac) })).toBe(mac);
  const edge = path.win32.join('C:\\Program Files', 'Microsoft\\Edge\\Application\\msedge.exe');
  expect(findChromium({ platform: 'win32', env: { ProgramFiles: 'C:\\Program Files' }, ...only(edge) })).toBe(edge);
  expect(findChromium({ platform: 'linux', env, runs: () => false })).toBeNull();
});

it('without a Chromium it says what to install', async () => {
  const nothing = { platform: 'linux', env: {}, runs: () => false };
  const told = await printWithChromium('<p>x</p>', nothing).catch((error: unknown) => error);
  expect(told).toBeInstanceOf(PrintError);
  expect(told).toMatchObject({ remedy: expect.stringMatching(/Install Chromium.*TOUCHSTONE_CHROMIUM.*HTML/) });
});

it('one that does not print is named with its last words', async () => {
  const machine = { platform: 'linux', env: { TOUCHSTONE_CHROMIUM: process.execPath }, runs: () => true };
  const told = await printWithChromium('<p>x</p>', machine).catch((error: unknown) => error);
  expect(told).toMatchObject({ message: expect.stringContaining(`${process.execPath} did not print the report`) });
});

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './places.ts';

/** A display of our own where there is none (Linux without a desktop); returns how to end it. */
async function startDisplay(): Promise<() => void> {
  const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1920x1080x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const channel = server.stdio[3];
  const display = await new Promise<string>((resolve, reject) => {
    server.once('error', (error) =>
      reject(new Error(`No display and no Xvfb (${error.message}). Install xvfb, or run with a display.`)),
    );
    server.once('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)));
    channel?.once('data', (bytes: Buffer) => resolve(bytes.toString().trim()));
  });
  process.env['DISPLAY'] = `:${display}`;
  return () => {
    server.kill();
  };
}

export default async function setUp(): Promise<(() => void) | undefined> {
  for (const file of ['out/renderer/index.html', 'out/main/index.cjs', 'out/preload/index.cjs']) {
    if (!existsSync(path.join(ROOT, file))) throw new Error(`${file} is missing: run "npm run build" first.`);
  }
  return process.platform === 'linux' && process.env['DISPLAY'] === undefined ? startDisplay() : undefined;
}

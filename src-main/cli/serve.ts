import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { wholeNumber } from '../base/numbers.ts';
import type { RunningServer } from '../server/server.ts';
import { WorkbenchError } from '../workbench/contract/contract.ts';
import type { WorkbenchClient } from '../workbench/contract/contract.ts';
import { pendingClient } from '../workbench/pending-client.ts';
import { EXIT } from './exit-codes.ts';
import { startAtLastPort } from './last-port.ts';
import { jsonOption } from './options.ts';
import { runCommand } from './shell.ts';
import type { Shell } from './shell.ts';
import { openWindow } from './window.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** `touchstone serve` and `touchstone open`: the interface; and the entry of workers. */
export function addShells(program: Command, shell: Shell): void {
  program
    .command('serve')
    .description('serve the interface on 127.0.0.1 and print its address')
    .option('-p, --port <port>', 'port; unless given that of the last time, or any free one')
    .addOption(jsonOption())
    .action((options: { port?: string; json: boolean }) =>
      runCommand(shell, options.json, () => serve(shell, options)),
    );
  program
    .command('open')
    .description('open the window, or serve the interface where there is no display; options go to Electron')
    .allowUnknownOption()
    .allowExcessArguments()
    .action((_options: unknown, command: Command) =>
      runCommand(shell, false, () =>
        openWindow(command.args, { root: ROOT, err: shell.err, serve: () => serve(shell, {}) }),
      ),
    );
  program
    .command('worker', { hidden: true })
    .description('(a trial worker; the Workbench starts it)')
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async () => {
      await import('../worker/main.ts');
    });
}

async function serve(shell: Shell, options: { port?: string; json?: boolean }): Promise<number> {
  const port = options.port === undefined ? undefined : wholeNumber(options.port, { least: 0, most: 65535 });
  if (port === null)
    throw new WorkbenchError({
      kind: 'invalid-input',
      message: `A port is a number from 1 to 65535, not "${options.port ?? ''}".`,
      remedy: null,
      details: null,
    });
  // Listened for before the address is known to anybody, who may end it as soon as they read it.
  const asked = new Promise<'asked'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve('asked'));
  });
  const opening = Promise.withResolvers<WorkbenchClient>();
  // Who has asked already hears of a failure by its call; nobody may have.
  opening.promise.catch(() => undefined);
  let server: RunningServer | null = null;
  const listen = async (): Promise<void> => {
    server ??= await startAtLastPort(shell.dataFolder, {
      client: pendingClient(opening.promise),
      rendererFolder: path.join(ROOT, 'out', 'renderer'),
      port,
      onLog: (message) => shell.err(message),
    });
    if (options.json === true) shell.out(JSON.stringify({ url: server.url, port: server.port }));
    else
      shell.out(
        `Touchstone is at ${server.url}\nCtrl-C ends it; running trials go on from their checkpoints at ` +
          'the next start.',
      );
  };
  try {
    return await shell.withWorkbench(
      async (client, opened) => {
        opening.resolve(client);
        if (opened.how === 'socket') await listen();
        const gone = new Promise<'gone'>((resolve) => opened.onGone(() => resolve('gone')));
        if ((await Promise.race([asked, gone])) === 'gone')
          shell.err(
            'The Touchstone that held the data folder was closed, so this one ends too. Start it again to go on.',
          );
        await server?.close();
        return EXIT.ok;
      },
      { runQueue: true, again: false, onFolder: listen },
    );
  } catch (error) {
    opening.reject(error);
    throw error;
  }
}

import type { Command } from 'commander';
import { EXIT } from './exit-codes.ts';
import { jsonOption } from './options.ts';
import { answer } from './shell.ts';
import type { Shell } from './shell.ts';

/** `touchstone doctor`: what was found on this machine. */
export function addDoctor(program: Command, shell: Shell): void {
  program
    .command('doctor')
    .description('what was found on this machine, and what would make it faster')
    .option('--speed', 'also run a two-second speed test', false)
    .addOption(jsonOption())
    .action((options: { speed: boolean; json: boolean }) =>
      answer(
        shell,
        options.json,
        (client) => client.call('system.doctor', { speedTest: options.speed }),
        (findings) =>
          findings.map(
            ({ topic, level, message, remedy }) =>
              `${{ ok: '✓', note: '·', warning: '!', error: '✗' }[level]} ${topic}: ` +
              `${message}${remedy === null ? '' : `\n    ${remedy}`}`,
          ),
        (findings) => (findings.some(({ level }) => level === 'error') ? EXIT.failure : EXIT.ok),
      ),
    );
}

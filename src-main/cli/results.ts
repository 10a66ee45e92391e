import { placeText } from '../base/places.ts';
import type { Command } from 'commander';
import { secondText } from '../base/dates.ts';
import { jsonOption } from './options.ts';
import { answer } from './shell.ts';
import type { Shell } from './shell.ts';
import { table } from './text.ts';

/** `touchstone trial`: what was measured. */
export function addResults(program: Command, shell: Shell): void {
  program
    .command('trial <id>')
    .description('everything that one trial measured')
    .addOption(jsonOption())
    .action((id: string, options: { json: boolean }) =>
      answer(
        shell,
        options.json,
        (client) => client.call('trial.get', { id }),
        (trial) => [
          `${trial.spec.method} on ${trial.spec.suite}, ${placeText(trial.spec)}, ${trial.spec.backend}: ` +
            `${trial.state}\n${trial.command}\n`,
          table(
            ['metric', 'value'],
            trial.metrics.map(({ id: metric, value }) => [metric, value.toPrecision(6)]),
          ),
          ...trial.log.map(({ at, message }) => `${secondText(at)} ${message}`),
        ],
      ),
    );
}

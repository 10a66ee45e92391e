import type { Command } from 'commander';
import { formatBytes } from '../metrics/format.ts';
import { EXIT } from './exit-codes.ts';
import { givenPath } from './given-path.ts';
import { jsonOption } from './options.ts';
import { answer } from './shell.ts';
import type { Shell } from './shell.ts';
import { table } from './text.ts';

/** `touchstone data …`: the data sets that suites are made of. */
export function addData(program: Command, shell: Shell): void {
  const data = program.command('data').description('data sets: what is here, get, import, verify');
  data
    .command('list')
    .description('every data set and where it comes from')
    .addOption(jsonOption())
    .action((options: { json: boolean }) =>
      answer(
        shell,
        options.json,
        (client) => client.call('data.list', {}),
        (sets) =>
          table(
            ['id', 'state', 'train', 'test', 'size', 'licence', 'title'],
            sets.map((set) => [
              set.id,
              set.state,
              String(set.rows.train),
              String(set.rows.test),
              formatBytes(set.bytes),
              set.licence,
              set.title,
            ]),
            new Set([2, 3, 4]),
          ),
      ),
    );
  data
    .command('get <id>')
    .description('download a data set; goes on where an earlier attempt ended')
    .addOption(jsonOption())
    .action((id: string, options: { json: boolean }) =>
      answer(
        shell,
        options.json,
        async (client) => {
          client.subscribe((event) => {
            if (event.kind === 'data' && event.state === 'downloading' && process.stderr.isTTY && !options.json)
              process.stderr.write(
                `\r\u001b[2K${formatBytes(event.done)}${event.total === null ? '' : ` of ${formatBytes(event.total)}`} ${event.message}`,
              );
          });
          const info = await client.call('data.get', { id });
          if (process.stderr.isTTY && !options.json) process.stderr.write('\r\u001b[2K');
          return info;
        },
        (info) => `${info.title} is here.`,
      ),
    );
  data
    .command('import <id> <folder>')
    .description('install a data set from its published files in a folder, or a table of your own under a new id')
    .addOption(jsonOption())
    .action((id: string, folder: string, options: { json: boolean }) =>
      answer(
        shell,
        options.json,
        (client) => client.call('data.import', { id, folder: givenPath(folder) }),
        (info) => `${info.title} is here: ${info.rows.train} training and ${info.rows.test} test examples.`,
      ),
    );
  data
    .command('verify [id]')
    .description('compare files with their checksums')
    .addOption(jsonOption())
    .action((id: string | undefined, options: { json: boolean }) =>
      answer(
        shell,
        options.json,
        (client) => client.call('data.verify', id === undefined ? {} : { id }),
        (verdicts) => verdicts.map((verdict) => `${verdict.ok ? '✓' : '✗'} ${verdict.id}: ${verdict.message}`),
        (verdicts) => (verdicts.every(({ ok }) => ok) ? EXIT.ok : EXIT.dataMissing),
      ),
    );
}

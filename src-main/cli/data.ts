import type { Command } from 'commander';
import { touchstoneCommand } from '../base/command-line.ts';
import { formatBytes } from '../metrics/format.ts';
import { previewLines } from '../datasets/tables/preview.ts';
import { removalText, studiesNeeding } from '../workbench/removal.ts';
import { tableOptionsOf, withTableOptions } from './data-options.ts';
import type { TableArguments } from './data-options.ts';
import type { DatasetInfo } from '../workbench/contract/contract.ts';
import { mayGo, YES } from './confirm.ts';
import { EXIT } from './exit-codes.ts';
import { givenPath } from './given-path.ts';
import { jsonOption } from './options.ts';
import { answer, runCommand } from './shell.ts';
import type { Shell } from './shell.ts';
import { table } from './text.ts';

const IMPORT_HELP = `
A table is CSV, TSV, ARFF or Parquet, also gzipped. Each column is printed with what it was taken for; nothing is stored while
something is not clear.
Examples:
  touchstone data import churn telco.csv --target Churn
  touchstone data import wine wine.data --target 1 --test 0.25
  touchstone data import adult adult.data --target 15 --test adult.test`;

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
                `\r\u001b[2K${formatBytes(event.done)}${event.total === null ? '' : ` of ${formatBytes(event.total)}`} ` +
                  `${event.message}`,
              );
          });
          const info = await client.call('data.get', { id });
          if (process.stderr.isTTY && !options.json) process.stderr.write('\r\u001b[2K');
          return info;
        },
        (info) => `${info.title} is here.`,
      ),
    );
  withTableOptions(data.command('preview <id> <file>'))
    .description('how a table would be understood that is imported under this id; nothing is stored')
    .addOption(jsonOption())
    .action((id: string, file: string, options: TableArguments & { json: boolean }) =>
      answer(
        shell,
        options.json,
        (client) => client.call('data.preview', { id, path: givenPath(file), options: tableOptionsOf(options) }),
        previewLines,
      ),
    );
  withTableOptions(data.command('import <id> <path>'))
    .description('install a data set from its published files in a folder, or a table of your own under a new id')
    .addOption(jsonOption())
    .addHelpText('after', IMPORT_HELP)
    .action((id: string, given: string, options: TableArguments & { json: boolean }) =>
      answer(
        shell,
        options.json,
        (client) => client.call('data.import', { id, path: givenPath(given), options: tableOptionsOf(options) }),
        ({ info, preview }) => [
          ...(preview === null ? [] : previewLines(preview)),
          `${info.title} is here: ${info.rows.train} training and ${info.rows.test} test examples.`,
          ...nextStep(info),
        ],
      ),
    );
  data
    .command('remove <id>')
    .description('remove a data set that was imported or downloaded; results that were computed with it stay')
    .option(...YES, false)
    .addOption(jsonOption())
    .action((id: string, options: { yes: boolean; json: boolean }) =>
      runCommand(shell, options.json, () => removeDataset(shell, id, options)),
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

/** Says what goes with a data set and asks before it goes. */
async function removeDataset(
  shell: Shell,
  id: string,
  { yes, json }: { readonly yes: boolean; readonly json: boolean },
): Promise<number> {
  return shell.withWorkbench(async (client) => {
    const [sets, suites, studies] = await Promise.all([
      client.call('data.list', {}),
      client.call('catalogue.suites', {}),
      client.call('study.list', {}),
    ]);
    const set = sets.find((one) => one.id === id);
    // What is not here, or cannot go, is refused without a question.
    const canGo = set !== undefined && set.state !== 'absent' && set.state !== 'shipped';
    const what = canGo ? removalText(set, studiesNeeding(id, suites, studies)) : '';
    if (canGo && !(await mayGo(shell, what, 'Remove it?', yes))) return EXIT.ok;
    const removed = await client.call('data.remove', { id });
    if (json) shell.out(JSON.stringify(removed, null, 2));
    else shell.out(`${id} is removed (${formatBytes(removed.bytes)}); results that were computed with it stay.`);
    return EXIT.ok;
  });
}

/** What a person may do with a table that was just imported. */
function nextStep({ id, kind }: DatasetInfo): string[] {
  if (kind !== 'table') return [];
  const command = touchstoneCommand('run', `rows/${id}`, '--methods', 'sgd,deep-ensemble', '--seeds', '0-4');
  return [`It is a suite by itself: ${command}`];
}

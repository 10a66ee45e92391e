import type { Command } from 'commander';
import { acrossSuites } from '../metrics/across-suites.ts';
import type { AcrossSuites } from '../metrics/across-suites.ts';
import { acrossSentences, acrossTable } from '../reports/across-suites.ts';
import { WorkbenchError } from '../workbench/contract/contract.ts';
import type { WorkbenchClient } from '../workbench/contract/contract.ts';
import { collectionsHere, expanded } from './collections.ts';
import { EXIT } from './exit-codes.ts';
import { jsonOption } from './options.ts';
import { runCommand } from './shell.ts';
import type { Shell } from './shell.ts';
import { table } from './text.ts';
import { viewFrom } from './view-options.ts';

interface Options {
  readonly suites?: string[];
  readonly metric?: string;
  readonly hide?: string[];
  readonly json: boolean;
}

/** `touchstone across`: configurations compared over suites, every suite with the same weight. */
export function addAcross(program: Command, shell: Shell): void {
  program
    .command('across [study]')
    .description(
      'compare over suites: mean rank, win rate, improvability, normalised score, Elo, Friedman’s test and critical ' +
        'differences, by the first metric of each suite',
    )
    .option('--suites <suites...>', 'only these suites, or those of a collection')
    .option('--metric <metric>', 'by this metric on every suite')
    .option('--hide <rows...>', 'leave these configurations out, by name or key')
    .addOption(jsonOption())
    .action((study: string | undefined, options: Options) =>
      runCommand(shell, options.json, () =>
        shell.withWorkbench(async (client) => {
          const across = await compared(client, study, options);
          shell.out(options.json ? JSON.stringify(across, null, 2) : acrossText(across));
          return EXIT.ok;
        }),
      ),
    );
}

async function compared(client: WorkbenchClient, study: string | undefined, options: Options): Promise<AcrossSuites> {
  const { collections } = collectionsHere();
  const suites = options.suites && [...expanded(options.suites, collections, () => true).suites];
  const board = await client.call('leaderboard.get', { study, suites });
  const hidden = new Set(viewFrom(board, { hide: options.hide, reverse: false }).hidden);
  const rows = board.rows.filter(({ key }) => !hidden.has(key));
  const across = acrossSuites({ ...board, rows }, options.metric ?? null);
  if (across === null)
    throw new WorkbenchError({
      kind: 'refused',
      message: 'There are no two suites on which all of two or more configurations were measured.',
      remedy: 'Name a study, leave configurations out with --hide, or name the suites.',
      details: null,
    });
  return across;
}

function acrossText(across: AcrossSuites): string {
  const { head, rows } = acrossTable(across);
  const groups = (across.critical?.groups ?? []).map(
    (group) => `Not apart: ${group.map((place) => across.rows[place].name).join(', ')}.`,
  );
  const right = new Set(head.map((_, at) => at).slice(1));
  return [table(head, rows, right), ...acrossSentences(across), ...groups].join('\n');
}

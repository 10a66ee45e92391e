import type { Command } from 'commander';
import type { Leaderboard, LeaderboardQuery, WorkbenchClient } from '../workbench/contract/contract.ts';
import { EXIT } from './exit-codes.ts';
import { jsonOption } from './options.ts';
import { runCommand } from './shell.ts';
import type { Shell } from './shell.ts';
import { leaderboardText } from './text.ts';
import { addViewOptions, viewFrom } from './view-options.ts';
import type { ViewOptions } from './view-options.ts';

interface Options extends ViewOptions {
  readonly suites?: string[];
  readonly metrics?: string[];
  readonly older: boolean;
  readonly json: boolean;
}

/** `touchstone leaderboard`: methods side by side, with the view that its options ask for. */
export function addLeaderboard(program: Command, shell: Shell): void {
  const command = program
    .command('leaderboard [study]')
    .description('the leaderboard of a study, or over all results')
    .option('--suites <suites...>', 'only these suites')
    .option('--metrics <metrics...>', 'only these metrics')
    .option('--older', 'also what was measured with earlier versions, in rows of its own', false);
  addViewOptions(command)
    .addOption(jsonOption())
    .action((study: string | undefined, options: Options) =>
      runCommand(shell, options.json, () =>
        shell.withWorkbench(async (client) => {
          const query = {
            study,
            costsBySuite: true,
            suites: names(options.suites),
            metrics: names(options.metrics),
            ...(options.older ? { older: true } : {}),
          };
          const plain = await client.call('leaderboard.get', query);
          const view = viewFrom(plain, options);
          const board = await withBaseline(client, query, plain, view.baseline);
          if (options.json) shell.out(JSON.stringify(board, null, 2));
          else if (board.rows.length > 0) shell.out(leaderboardText(board, view));
          else shell.out(nothingYet(study, query.suites));
          return EXIT.ok;
        }),
      ),
    );
}

/** The same leaderboard with differences to a row, where one was asked for. */
async function withBaseline(
  client: WorkbenchClient,
  query: LeaderboardQuery,
  plain: Leaderboard,
  baseline: string | null,
): Promise<Leaderboard> {
  return baseline === null ? plain : client.call('leaderboard.get', { ...query, baseline });
}

/** Names with blanks or commas between them. */
const names = (given: readonly string[] | undefined): string[] | undefined =>
  given?.flatMap((text) => text.split(',')).filter((name) => name !== '');

function nothingYet(study: string | undefined, suites: readonly string[] | undefined): string {
  const where = suites === undefined ? '' : ` of ${suites.join(', ')}`;
  return (
    `No results${where}${study === undefined ? '' : ' in this study'} ` +
    `yet.${where === '' && study === undefined ? ' `touchstone run --quick` makes some.' : ''}`
  );
}

import { STATE_WORDS } from '../results/states.ts';
import type { Command } from 'commander';
import { minuteText } from '../base/dates.ts';
import { formatBytes } from '../metrics/format.ts';
import type { Output, StudySummary } from '../workbench/contract/contract.ts';
import { seedsArgument } from './arguments.ts';
import { askedConfigurations } from './configurations.ts';
import { mayGo, YES } from './confirm.ts';
import { EXIT } from './exit-codes.ts';
import { jsonOption } from './options.ts';
import { follow, Interrupts } from './follow.ts';
import { answer, runCommand } from './shell.ts';
import type { Shell } from './shell.ts';
import { studyLine, table } from './text.ts';

/** `touchstone study …`: studies that were made, and what can be done with them. */
export function addStudies(program: Command, shell: Shell): void {
  const study = program.command('study').description('studies: list, show, resume, pause, cancel, add, delete');
  study
    .command('list')
    .description('every study, newest first')
    .addOption(jsonOption())
    .action((options: { json: boolean }) =>
      answer(
        shell,
        options.json,
        (client) => client.call('study.list', {}),
        (studies) =>
          studies.length === 0
            ? 'No studies yet. `touchstone run --quick` runs a first one.'
            : table(
                ['id', 'state', 'made', 'trials', 'name'],
                studies.map((one) => [
                  one.id.slice(0, 8),
                  one.state,
                  minuteText(one.createdAt),
                  studyLine(one),
                  one.name,
                ]),
              ),
      ),
    );
  study
    .command('show <id>')
    .description('one study with its trials')
    .addOption(jsonOption())
    .action((id: string, options: { json: boolean }) =>
      answer(
        shell,
        options.json,
        (client) => client.call('study.get', { id }),
        (detail) => [
          `${detail.name} (${detail.id}): ${detail.state}, ${studyLine(detail)}\n`,
          table(
            ['trial', 'state', 'suite', 'method', 'seed', 'fold', 'result', 'seconds'],
            detail.trials.map((trial) => [
              trial.id.slice(0, 8),
              STATE_WORDS[trial.state],
              trial.spec.suite,
              trial.spec.method,
              String(trial.spec.seed),
              trial.spec.fold === null ? '' : String(trial.spec.fold),
              trial.failure?.message ?? (trial.headline === null ? '' : trial.headline.toFixed(4)),
              trial.seconds === null ? '' : trial.seconds.toFixed(1),
            ]),
            new Set([4, 5, 7]),
          ),
        ],
      ),
    );
  study
    .command('resume <id>')
    .description('go on with a paused or interrupted study; failed trials run again with --retry')
    .option('--retry', 'also failed and cancelled trials', false)
    .option('--diverged', 'also diverged trials, which come to the same end unless something has changed', false)
    .addOption(jsonOption())
    .action((id: string, options: { retry: boolean; diverged: boolean; json: boolean }) =>
      runCommand(shell, options.json, () =>
        shell.withWorkbench(
          async (client, opened) => {
            const interrupts = new Interrupts();
            const found = await client.call('study.get', { id });
            const { diverged } = options;
            const resumed =
              options.retry || diverged
                ? await client.call('study.retry', { id: found.id, diverged })
                : await client.call('study.resume', { id: found.id });
            return follow(shell, client, opened, resumed, { json: options.json }, interrupts);
          },
          { again: false },
        ),
      ),
    );
  study
    .command('add <id>')
    .description('add suites, methods or seeds to a study: every suite with every method and seed, old and new')
    .option('--suites <suites...>', 'suites that it does not have')
    .option('-m, --methods <methods...>', 'methods with their values, as for `touchstone run`')
    .option('-s, --seeds <seeds>', 'seeds: 5-9 or 5,7')
    .addOption(jsonOption())
    .action((id: string, options: AddOptions) => runCommand(shell, options.json, () => addToStudy(shell, id, options)));
  study
    .command('pause <id>')
    .description('pause a study that another Touchstone runs')
    .addOption(jsonOption())
    .action((id: string, options: { json: boolean }) =>
      answer(
        shell,
        options.json,
        (client) => client.call('study.pause', { id }),
        (paused) => (paused.state === 'paused' ? `${paused.name}: paused` : endedText(paused)),
      ),
    );
  study
    .command('cancel <id>')
    .description('stop a study; what is finished stays')
    .addOption(jsonOption())
    .action((id: string, options: { json: boolean }) =>
      answer(
        shell,
        options.json,
        (client) => client.call('study.cancel', { id }),
        (cancelled) =>
          cancelled.state === 'cancelled'
            ? `${cancelled.name}: cancelled, ${cancelled.counts.done} finished trials stay.`
            : endedText(cancelled),
      ),
    );
  study
    .command('delete <id>')
    .description('forget a study; with --results also the results that no other study uses')
    .option('--results', 'delete results too', false)
    .option(...YES, false)
    .addOption(jsonOption())
    .action((id: string, options: { results: boolean; yes: boolean; json: boolean }) =>
      runCommand(shell, options.json, () => deleteStudy(shell, id, options)),
    );
}

/** What there is to say where nothing was left to be stopped. */
function endedText({ name, state }: StudySummary): string {
  return state === 'done' || state === 'failed' || state === 'cancelled'
    ? `${name} is ${state} already: it stays as it is.`
    : `${name}: ${state}`;
}

interface AddOptions {
  readonly suites?: string[];
  readonly methods?: string[];
  readonly seeds?: string;
  readonly json: boolean;
}

/** Adds to a study and shows it until it ends. */
async function addToStudy(shell: Shell, id: string, options: AddOptions): Promise<number> {
  return shell.withWorkbench(
    async (client, opened) => {
      const interrupts = new Interrupts();
      const methods = await askedConfigurations(client, options.methods ?? []);
      const seeds = options.seeds === undefined ? [] : seedsArgument(options.seeds);
      const study = await client.call('study.extend', { id, suites: options.suites ?? [], methods, seeds });
      return follow(shell, client, opened, study, { json: options.json }, interrupts);
    },
    { again: false },
  );
}

/** Says what goes with a study and asks before it goes; without a terminal only `--yes` deletes. */
async function deleteStudy(
  shell: Shell,
  id: string,
  { results, yes, json }: { results: boolean; yes: boolean; json: boolean },
): Promise<number> {
  return shell.withWorkbench(async (client) => {
    const going = await client.call('study.deletion', { id, results });
    if (!(await mayGo(shell, deletionText(going, results), 'Delete it?', yes))) return EXIT.ok;
    const deleted = await client.call('study.delete', { id: going.id, results });
    if (json) shell.out(JSON.stringify(deleted, null, 2));
    else shell.out(`Deleted "${going.name}"; ${plural(deleted.deletedTrials, 'trial')} went with it.`);
    return EXIT.ok;
  });
}

/** `The study "x" (1a2b3c4d) goes, and with it 12 trials, 10 of them finished (3.4 MB). …` */
export function deletionText(
  { id, name, trials, finished, bytes }: Output<'study.deletion'>,
  results: boolean,
): string {
  const head = `The study "${name}" (${id.slice(0, 8)}) goes`;
  if (trials === 0) return `${head}; no trial goes with it.`;
  const ofThem = finished === 0 ? 'none of them finished' : `${finished} of them finished, ${formatBytes(bytes)}`;
  return `${head}, and with it ${plural(trials, 'trial')} (${ofThem}).${results ? '' : ' Finished results stay.'}`;
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

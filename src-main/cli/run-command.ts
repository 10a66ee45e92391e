import { Option } from 'commander';
import type { Command } from 'commander';
import type { StudyRequest } from '../workbench/contract/contract.ts';
import { jsonOption } from './options.ts';
import { runStudy } from './run.ts';
import { runCommand } from './shell.ts';
import type { Shell } from './shell.ts';

/** `touchstone run`: a study from its request to its leaderboard. */
export function addRun(program: Command, shell: Shell): void {
  program
    .command('run [suites...]')
    .description(
      'run a study: suites × methods × seeds, with each suite’s upper and lower reference, and print its leaderboard',
    )
    .option(
      '-m, --methods <methods...>',
      'methods with their values: er, ewc:lambda=100, der:alpha=0.3:memory=200; commas or spaces ' +
        'between; several values ' +
        ("are a sweep: 'ewc:lambda=1|10|100', 'ewc:lambda=1e-3..1e1 log 5'; a value with , : = | ; in it, " +
          'or a quotation mark ') +
        `(written twice), stands in quotation marks: 'mine:labels="a,b":note="5"" disk"'`,
    )
    .option('-s, --seeds <seeds>', 'seeds: 0-4 or 0,2,5', '0-4')
    .addOption(
      new Option('-b, --backend <backend>', 'where to compute')
        .choices(['auto', 'tensorflow-gpu', 'tensorflow-cpu', 'webgpu', 'wasm'])
        .default('auto'),
    )
    .option('-n, --name <name>', 'name of the study')
    .option('--no-references', 'without the upper and lower reference (joint, naive, …)')
    .option(
      '--tune <how>',
      'random:20 = try 20 settings of each method on held-out training rows first, then run the best one as asked; ' +
        'grid = choose among the values that --methods names, grid:lambda = in this field alone',
    )
    .addOption(
      new Option('--on <rows>', 'what --tune judges settings by: validation, rows held out of the training rows')
        .choices(['validation'])
        .default('validation'),
    )
    .option('--quick', 'the first-look study on real digits; needs no suites and methods', false)
    .option('--detach', 'leave it to the Touchstone that runs already, and end', false)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExamples:\n  touchstone run --quick\n  touchstone run split-mnist/class-il --methods ' +
        'er,der,gdumb --seeds 0-9\n  touchstone run split-mnist/task-il -m ewc:lambda=100 ewc:lambda=1000 ' +
        '-s 0,1\n  touchstone run tabular-classification -m lightgbm,tabm -s 0\n  ' +
        'touchstone run iid-tabular-quick/car -m sgd --tune random:20 --on validation' +
        "\n  touchstone run shared-start-digits-generated-quick -m 'task-arithmetic:lambda=0..1 linear 21' --tune grid",
    )
    .action(
      (
        suites: string[],
        options: {
          methods?: string[];
          seeds: string;
          backend: StudyRequest['backend'];
          name?: string;
          references: boolean;
          tune?: string;
          quick: boolean;
          detach: boolean;
          json: boolean;
        },
      ) => runCommand(shell, options.json, () => runStudy(shell, suites, options)),
    );
}

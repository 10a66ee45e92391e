import { Command, CommanderError } from 'commander';
import { dataFolder } from '../workbench/data-folder.ts';
import { programVersion } from '../workbench/open.ts';
import { addAcross } from './across.ts';
import { addCatalogue } from './catalogue.ts';
import { addClaims } from './claims.ts';
import { addCollections } from './collections.ts';
import { addData } from './data.ts';
import { addDoctor } from './doctor.ts';
import { addEnsemble } from './ensemble.ts';
import { EXIT, EXIT_HELP } from './exit-codes.ts';
import { addReports } from './reports.ts';
import { addLeaderboard } from './leaderboard.ts';
import { addMerge } from './merge.ts';
import { addResults } from './results.ts';
import { addRun } from './run-command.ts';
import { addShells } from './serve.ts';
import { processShell } from './shell.ts';
import { addStep } from './step.ts';
import { addSuite } from './suite.ts';
import { addStudies } from './studies.ts';
import { addSystems } from './systems.ts';

// A reader that has seen enough (`| head`) is no error.
process.stdout.on('error', () => process.exit());
const shell = processShell();
const program = new Command('touchstone');

program
  .description(
    'Compares continual-learning, model-merging and ensembling methods on the same suites, budget, seeds and data.',
  )
  .version(programVersion())
  .addHelpText(
    'after',
    `\nThe data folder is ${dataFolder()} (change it with TOUCHSTONE_DATA).\nTOUCHSTONE_WORKERS: ` +
      'trials at once. TOUCHSTONE_KEEP_PROBABILITIES: keep per-sample probabilities of that many newest ' +
      `trials only.\nTOUCHSTONE_CHROMIUM: the Chromium that prints PDF reports.\n\n${EXIT_HELP}`,
  )
  .showSuggestionAfterError()
  // An option belongs to the command that it stands behind: `claims run x --json` is not `claims --json`.
  .enablePositionalOptions()
  .exitOverride();
for (const add of [
  addDoctor,
  addData,
  addCatalogue,
  addSystems,
  addCollections,
  addSuite,
  addRun,
  addStudies,
  addLeaderboard,
  addAcross,
  addResults,
  addClaims,
  addReports,
  addMerge,
  addEnsemble,
  addStep,
  addShells,
])
  add(program, shell);

try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Help and version are no errors; anything else was said by commander already.
  process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
}
// Whatever still holds the loop (a socket's keep-alive, a warm worker) has nothing left to do; what was written to a
// pipe must still arrive.
if (process.exitCode !== undefined) {
  await Promise.all(
    [process.stdout, process.stderr].map(
      (stream) =>
        new Promise<void>((resolve) => {
          stream.write('', () => resolve());
        }),
    ),
  );
  process.exit();
}
